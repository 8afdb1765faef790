"""What a query string says."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

MOST = (1 << 63) - 1
_WHOLE = re.compile("[+-]?[0-9]{1,19}")


def query_of(raw: bytes) -> dict[str, str]:
    if not raw:
        return {}
    found: dict[str, str] = {}
    for key, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        found.setdefault(key, value)
    return found


def whole(text: str | None) -> int | None:
    """Return the 64-bit number that a query value spells in plain digits, or None."""
    if text is None or _WHOLE.fullmatch(text) is None:
        return None
    value = int(text)
    return value if -MOST - 1 <= value <= MOST else None


def whole_or(text: str | None, low: int, high: int, fallback: int) -> int:
    """Return the number that a query value spells, or the fallback for anything unusable."""
    value = whole(text)
    return fallback if value is None or not low <= value <= high else value
