"""What the page and its JSON are made of: everybody's numbers with ours, and the reasons worked out."""

from __future__ import annotations

import platform
from dataclasses import asdict
from typing import Any

from numbers_ours import ours
from numbers_reasons import NEAR, reasons
from numbers_slates import SLATES, Slate

Facts = dict[str, Any]


def document(libraries: dict[str, Facts]) -> Facts:
    """What is kept, JSON-ready: `libraries` has what numbers_score printed for each."""
    return {
        "python": platform.python_version(),
        "libraries": [
            {"library": name, "package": said["package"], "version": said["version"]}
            for name, said in libraries.items()
        ],
        "slates": [slate_facts(slate) for slate in SLATES.values()],
        "rows": [explained(row) for said in libraries.values() for row in said["rows"]],
        "recipes": [row for said in libraries.values() for row in said["recipes"]],
    }


def slate_facts(slate: Slate) -> Facts:
    return asdict(slate) | {"ours": {name: round(value, 9) for name, value in ours(slate).items()}}


def explained(row: Facts) -> Facts:
    """The row with its reasons, `because`: none where the number is ours.

    Raises:
        ValueError: no part of the call's definition gives its number.
    """
    if row["value"] is None:
        return row | {"because": {}}
    slate = SLATES[row["slate"]]
    found = reasons(slate, row["library"], row["call"], row["metric"], row["value"])
    if found is None:
        raise ValueError(f"nothing in numbers_reasons explains {row}")
    return row | {"because": found}


def differs(row: Facts, slates: dict[str, Facts]) -> bool:
    """Whether the library gives a number that is not ours."""
    return row["value"] is not None and abs(row["value"] - slates[row["slate"]]["ours"][row["metric"]]) > NEAR
