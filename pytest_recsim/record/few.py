"""Names in a sentence: the first few, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence


def first_few(things: Sequence[object], most: int, between: str = ", ") -> str:
    """Return the first ones as text, with how many more there are."""
    shown = between.join(map(str, things[:most]))
    return f"{shown} and {len(things) - most} more" if len(things) > most else shown
