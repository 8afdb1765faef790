"""A profile out of a service's admin config document: what it shows, what it does not, and what it only echoes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_recsim.data.profiles.diff import same_value
from pytest_recsim.data.profiles.editing import quoted_value
from pytest_recsim.data.profiles.knobs import KNOBS, Knob, parse_value
from pytest_recsim.record.masking import safe

EMPTY_KINDS = ("csv", "csv_int", "pairs", "weights")
"""Members that a service leaves out of its document when there is nothing in them."""
_WEIGHTS = ("blend_alpha", "blend_beta", "blend_gamma")


@dataclass(frozen=True)
class Fetched:
    """What a document says.

    Attributes:
        values: knob -> text, in the order of the table of knobs.
        hidden: knobs that the document has no member for.
        unsure: knobs that it shows, and that ranking need not follow since somebody posted the document.
        wrong: sentences on members whose values no profile can hold.
    """

    values: Mapping[str, str]
    hidden: tuple[str, ...]
    unsure: tuple[str, ...]
    wrong: tuple[str, ...]


def fetched(document: Mapping[str, Any], *, posted: bool) -> Fetched:
    """Read a document.

    Args:
        document: the admin config.
        posted: somebody has posted it since the service started; what is only echoed is then not known.
    """
    values: dict[str, str] = {}
    hidden, unsure, wrong = list[str](), list[str](), list[str]()
    for name, knob in KNOBS.items():
        there, value = _member(document, knob)
        if not there:
            hidden.append(name)
        elif posted and (knob.admin_echo or (name == "RULES_ENABLE" and value)):
            unsure.append(name)
        else:
            try:
                values[name] = _text(knob, value)
            except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError):
                wrong.append(f"{name}: the service shows {safe(str(value))[:80]}, which no profile can hold")
    return Fetched(values, tuple(hidden), tuple(unsure), tuple(wrong))


def profile_text(values: Mapping[str, str], head: Sequence[str]) -> str:
    """Return a profile file: each knob below what it means."""
    lines = [*(f"# {line}" for line in head)]
    for name, value in values.items():
        lines += ["", f"# {KNOBS[name].meaning}", f"{name}={quoted_value(value)}"]
    return "\n".join(lines) + "\n"


def _member(document: Mapping[str, Any], knob: Knob) -> tuple[bool, Any]:
    found: Any = document
    for part in (knob.admin_key or "").split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _left_out(document, knob)
        found = found[part]
    return found is not None, found


def _left_out(document: Mapping[str, Any], knob: Knob) -> tuple[bool, Any]:
    """What a missing member means: nothing in it, where the service would leave that out."""
    inside = (knob.admin_key or "").rpartition(".")[0]
    shown = bool(knob.admin_key) and (not inside or inside in document)
    return (True, ()) if shown and knob.kind in EMPTY_KINDS and not knob.filled else (False, None)


def _text(knob: Knob, value: Any) -> str:
    """The value as a profile has it.

    Raises:
        ValueError, TypeError, AttributeError, LookupError, ArithmeticError: it cannot be written, or would be read as something else.
    """
    text = _written(knob, value)
    read = parse_value(knob, text)
    if value and knob.kind in ("csv", "csv_int") and not same_value(read, tuple(value)):
        raise ValueError
    if value and knob.kind == "pairs" and read != dict(value):
        raise ValueError
    return text


def _written(knob: Knob, value: Any) -> str:
    if knob.kind == "bool":
        return {True: "true", False: "false"}[value]
    if knob.kind in ("csv", "csv_int"):
        return ",".join(map(str, value))
    if knob.kind == "pairs":
        return ",".join(f"{name}={_number(one)}" for name, one in dict(value).items())
    if knob.kind == "weights":
        parts = {name: "|".join(_number(one[key]) for key in _WEIGHTS) for name, one in dict(value).items()}
        return ",".join(f"{name}={part}" for name, part in parts.items())
    if knob.kind == "duration":
        return f"{_number(value)}s"
    return value if isinstance(value, str) else _number(value)


def _number(value: Any) -> str:
    """The shortest text that is read as this very number."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
