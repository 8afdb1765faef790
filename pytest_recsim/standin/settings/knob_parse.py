"""Reading single environment variables as the service does: every parser returns a value or raises ValueError.

The message of the ValueError completes the sentence "NAME is 'value', ...".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from pytest_recsim.standin.settings.orgs import canonical_org

Parser = Callable[[str], Any]
_TRUE = frozenset({"1", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "f", "false", "n", "no"})
_DURATION = re.compile(r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+")
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def flag(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("which is not a bool (1/t/true/y/yes or 0/f/false/n/no)")


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("which is not a number") from None
    if not math.isfinite(value):
        raise ValueError("which is not a finite number")
    return value


def number(low: float = 0.0, high: float = math.inf, *, above: bool = False) -> Parser:
    """Parse a number in low..high; ``above`` leaves ``low`` itself out."""
    allowed = (
        f"a number {'>' if above else '>='} {low:g}"
        if math.isinf(high)
        else f"a number from {low:g} to {high:g}"
    )

    def parse(text: str) -> float:
        value = _finite(text)
        if not low <= value <= high or (above and value == low):
            raise ValueError(f"but must be {allowed}")
        return value

    return parse


def whole(low: int = 0) -> Parser:
    def parse(text: str) -> int:
        try:
            value = int(text.strip())
        except ValueError:
            raise ValueError("which is not a whole number") from None
        if value < low:
            raise ValueError(f"but must be a whole number >= {low}")
        return value

    return parse


def duration(text: str) -> float:
    """Return seconds for a Go duration above zero, e.g. ``2s`` or ``1m30s``."""
    spelling = text.strip()
    seconds = sum(float(size) * _SECONDS[unit] for size, unit in _PART.findall(spelling))
    if _DURATION.fullmatch(spelling) is None or spelling.startswith("-") or seconds <= 0:
        raise ValueError("but must be a duration above zero such as 2s, 250ms or 1m30s")
    return seconds


def choice(*words: str) -> Parser:
    def parse(text: str) -> str:
        if text.strip().lower() not in words:
            raise ValueError(f"but must be one of {', '.join(words)}")
        return text.strip().lower()

    return parse


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def prefixes(text: str) -> list[str]:
    found = [word.lower() for word in words(text)]
    if not found:
        raise ValueError("but must name at least one tag prefix")
    return found


def event_types(text: str) -> list[int]:
    try:
        types = [int(word) for word in words(text)]
    except ValueError:
        raise ValueError("but must be a comma-separated list of event type codes") from None
    if any(not -32768 <= code <= 32767 for code in types):
        raise ValueError("but event type codes go from -32768 to 32767")
    return types


def pairs(parse_value: Parser) -> Parser:
    """Parse ``name=value,name=value``; names are folded to lower case."""

    def parse(text: str) -> dict[str, Any]:
        found = {}
        for entry in words(text):
            name, equals, value = entry.partition("=")
            if not equals or not name.strip():
                raise ValueError(f"but {entry!r} is not name=value")
            found[name.strip().lower()] = parse_value(value.strip())
        return found

    return parse


def unless_dash(parse_table: Parser) -> Parser:
    """Parse a table for which ``-`` is one way to say that it is empty."""
    return lambda text: {} if text.strip() == "-" else parse_table(text)


def weights(text: str) -> tuple[float, float, float]:
    parts = text.split("|")
    if len(parts) != 3:
        raise ValueError(f"but {text!r} is not alpha|beta|gamma")
    alpha, beta, gamma = map(_finite, parts)
    return alpha, beta, gamma


def presets(text: str) -> dict[str, dict[str, float]] | None:
    """Parse starter presets; None for anything malformed, which silently means the default."""
    try:
        table = json.loads(text)
        return {
            str(segment).strip().lower(): {
                str(category).strip().lower(): float(weight) for category, weight in shares.items()
            }
            for segment, shares in table.items()
        }
    except (ValueError, TypeError, AttributeError):
        return None


def api_keys(text: str) -> dict[str, frozenset[str]]:
    """Parse ``key:*`` or ``key:org1|org2``, comma-separated."""
    found = {}
    for entry in words(text):
        key, colon, orgs = entry.partition(":")
        if not colon or not key.strip() or not orgs.strip():
            # The entry may hold a secret, so it is not repeated.
            raise ValueError("but every entry must read key:* or key:org1|org2")
        names = (org.strip() for org in orgs.split("|"))
        found[key.strip()] = frozenset(canonical_org(name) or name for name in names if name)
    return found
