"""From the text of a knob to its value, and what is allowed when it has none."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.profiles.knob_table import Knob

Value = (
    bool
    | int
    | float
    | str
    | tuple[str, ...]
    | tuple[int, ...]
    | dict[str, float]
    | dict[str, tuple[float, float, float]]
    | dict[str, dict[str, float]]
)

_TRUE = frozenset({"1", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "f", "false", "n", "no"})
_FLOAT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INT = re.compile(r"[+-]?[0-9]{1,18}")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS: Mapping[str, float] = MappingProxyType(
    {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
)
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*['\"]?\s*[=:]")
_INT16 = range(-(2**15), 2**15)


def bounds(knob: Knob) -> str:
    """Return the knob's range in words, or an empty string when it has none."""
    if knob.low is not None and knob.high is not None:
        return f"{knob.low:g} to {knob.high:g}"
    return "" if knob.low is None else f"{'>' if knob.low_open else '>='} {knob.low:g}"


def allowed(knob: Knob) -> str:
    """Return what the knob takes, in words."""
    texts = {
        "float": f"a number {bounds(knob)}".strip(),
        "int": f"a whole number {bounds(knob)}".strip(),
        "bool": "true or false (1/t/true/y/yes, 0/f/false/n/no)",
        "text": "printable text",
        "choice": " or ".join(knob.choices),
        "csv": f"names separated by commas{', at least one' if knob.filled else ''}",
        "csv_int": "event type codes separated by commas, each -32768 to 32767",
        "pairs": f"name=number pairs separated by commas, each name once, numbers {bounds(knob)}",
        "weights": "name=alpha|beta|gamma entries separated by commas, each name once",
        "presets": 'JSON such as {"new_users":{"books":0.2}}',
        "duration": f"a Go duration such as 250ms or 1m30s, {bounds(knob)}",
    }
    return texts[knob.kind]


def parse_value(knob: Knob, text: str) -> Value:
    """Return the value of a knob's text; durations in seconds, lists as tuples.

    Raises:
        ValueError: the text is not allowed; its message is a sentence such as
            ``MMR_LAMBDA=1.7: must be a number 0 to 1``.
    """
    try:
        return _PARSERS[knob.kind](knob, text.strip())
    except (ValueError, RecursionError, msgspec.MsgspecError):
        pass
    hint = (
        "; leave the line out to keep the service's default" if not text.strip() and not knob.required else ""
    )
    raise ValueError(f"{knob.name}={_shown(text)}: must be {allowed(knob)}{hint}")


def _shown(text: str) -> str:
    """A quote that is closed too late swallows the lines behind it, and those may hold secrets."""
    if len(text.strip().splitlines()) > 1 or _ASSIGNMENT.search(text):
        return "(more than one setting, not shown)"
    return quoted(text)


def default_value(knob: Knob) -> Value | None:
    """Return what the service assumes when the knob is left out; None when that is nothing."""
    return None if knob.default is None else parse_value(knob, knob.default)


def _in_range(knob: Knob, number: float) -> bool:
    if not math.isfinite(number) or (knob.high is not None and number > knob.high):
        return False
    return knob.low is None or number > knob.low or (number == knob.low and not knob.low_open)


def _float(knob: Knob, text: str) -> float:
    number = float(text) if _FLOAT.fullmatch(text) else math.nan
    if not _in_range(knob, number):
        raise ValueError
    return number + 0.0  # -0.0 would have a hash of its own


def _int(knob: Knob, text: str) -> int:
    if not _INT.fullmatch(text) or not _in_range(knob, int(text)):
        raise ValueError
    return int(text)


def _bool(_: Knob, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError
    return text.lower() in _TRUE


def _text(_: Knob, text: str) -> str:
    if not text.isprintable():
        raise ValueError
    return text


def _choice(knob: Knob, text: str) -> str:
    if text not in knob.choices:
        raise ValueError
    return text


def _parts(text: str) -> list[str]:
    if not text.isprintable():
        raise ValueError
    return [part.strip() for part in text.split(",") if part.strip()]


def _csv(knob: Knob, text: str) -> tuple[str, ...]:
    names = tuple(name.lower() if knob.filled else name for name in _parts(text))
    if knob.filled and not names:
        raise ValueError
    return names


def _csv_int(_: Knob, text: str) -> tuple[int, ...]:
    parts = _parts(text)
    if not all(_INT.fullmatch(part) and int(part) in _INT16 for part in parts):
        raise ValueError
    return tuple(map(int, parts))


def _entries(text: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    for part in _parts(text):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals) or name in entries:
            raise ValueError
        entries[name] = value
    return entries


def _pairs(knob: Knob, text: str) -> dict[str, float]:
    return {} if text == "-" else {name: _float(knob, value) for name, value in _entries(text).items()}


def _weights(knob: Knob, text: str) -> dict[str, tuple[float, float, float]]:
    found: dict[str, tuple[float, float, float]] = {}
    for name, value in _entries(text).items():
        alpha, beta, gamma = (_float(knob, part.strip()) for part in value.split("|"))
        found[name] = (alpha, beta, gamma)
    return found


def _presets(_: Knob, text: str) -> dict[str, dict[str, float]]:
    # The service falls back to its default on bad JSON without a word, so this is the only place that tells.
    return msgspec.json.decode(text, type=dict[str, dict[str, float]])


def _duration(knob: Knob, text: str) -> float:
    pieces = _DURATION.findall(text)
    if not pieces or "".join(number + unit for number, unit in pieces) != text:
        raise ValueError
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in pieces)
    if not _in_range(knob, seconds):
        raise ValueError
    return seconds


_PARSERS: Mapping[str, Callable[[Knob, str], Value]] = MappingProxyType(
    {
        "float": _float,
        "int": _int,
        "bool": _bool,
        "text": _text,
        "choice": _choice,
        "csv": _csv,
        "csv_int": _csv_int,
        "pairs": _pairs,
        "weights": _weights,
        "presets": _presets,
        "duration": _duration,
    }
)
