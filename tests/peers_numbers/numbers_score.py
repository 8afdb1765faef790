"""Score all slates with one library and write the rows as JSON: `ENV/bin/python numbers_score.py ranx OUT`."""

from __future__ import annotations

import importlib
import json
import math
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numbers_call import Call, CannotError
from numbers_prepare import prepared
from numbers_slates import RANKING, SLATES, Slate


def rows(library: str, calls: list[Call], slates: dict[str, Slate]) -> list[dict[str, Any]]:
    """One row per slate and call; `value` is None where the library cannot take the slate, and `cannot` says why."""
    return [
        {"slate": name, "library": library, "call": call.text, "metric": call.metric} | said(call, slate)
        for name, slate in slates.items()
        for call in calls
        if call.metric in slate.metrics
    ]


def said(call: Call, slate: Slate) -> dict[str, Any]:
    try:
        value = call.score(slate)
    except CannotError as error:
        return {"value": None, "cannot": str(error)}
    if not math.isfinite(value):
        return {"value": None, "cannot": f"the answer is {value}"}
    return {"value": round(value, 9), "cannot": ""}


def document(library: str) -> dict[str, Any]:
    """Everything that one library says: on the slates as they are, and on those that leave it no choice."""
    adapter = importlib.import_module(f"numbers_by_{library}")
    clear = {slate.name: prepared(slate) for slate in RANKING}
    return {
        "package": adapter.PACKAGE,
        "version": version(adapter.PACKAGE),
        "rows": rows(library, adapter.CALLS, SLATES),
        "recipes": rows(library, adapter.RECIPES, clear),
    }


if __name__ == "__main__":
    library, out = sys.argv[1:]
    del sys.argv[1:]  # some libraries read them too
    Path(out).write_text(json.dumps(document(library)))
