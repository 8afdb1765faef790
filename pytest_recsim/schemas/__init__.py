"""The published JSON Schemas, one ``<name>.schema.json`` each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_ENDING = ".schema.json"


def names() -> tuple[str, ...]:
    """Return the names of all published schemas, sorted."""
    return tuple(sorted(path.name.removesuffix(_ENDING) for path in _FOLDER.glob(f"*{_ENDING}")))


def schema(name: str) -> dict[str, Any]:
    """Return one published schema; KeyError for a name that is not among ``names()``."""
    if name not in names():
        raise KeyError(name)
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}{_ENDING}").read_text(encoding="utf-8"))
    return found
