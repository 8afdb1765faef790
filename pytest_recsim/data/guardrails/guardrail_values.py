"""From a marked YAML value to a threshold or a setting; ValueError carries the sentence."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.guardrails.guardrail_keys import (
    CHECKS,
    CHOICES,
    MAX_WEIGHT,
    OWN_CHECK,
    SEVERITIES,
    ThresholdKey,
    threshold_key,
)
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.instants import parse_instant
from pytest_recsim.data.input.names import wrong_namespace
from pytest_recsim.data.input.problems import nearest
from pytest_recsim.data.input.yamlmarks import Marked

DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
UUID = "[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
OFF = math.nan
"""The value of an optional threshold that is switched off; no other threshold is ever NaN."""
_DAY = re.compile(DAY)
_UUID = re.compile(UUID)


def kind(value: object) -> str:
    """Return a wrong value in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`, a truth value"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f'text "{quoted(value)}"' if isinstance(value, str) else quoted(value)


def unknown(key: str, allowed: Iterable[str]) -> str:
    """Return the sentence for an unknown key."""
    names = list(allowed)
    hint = nearest(key, names) or "; must be one of " + ", ".join(names)
    return f"`{quoted(key)}`: unknown key{hint}"


def threshold(name: str, marked: Marked) -> tuple[float | None, str | None]:
    """Return value and severity of a threshold, a number or a ``{value, severity}``; None = inherited, NaN = off."""
    key = threshold_key(name)
    if not isinstance(marked.value, dict):
        return _number(key, marked.value), None
    fields = marked.value
    for field in fields:
        if field not in {"value", "severity"}:
            raise ValueError(f"`{key.name}`: {unknown(field, ('value', 'severity'))}")
    if not fields:
        raise ValueError(
            f"`{key.name}` is an empty mapping; must be {key.allowed}, or a value and a severity"
        )
    severity = choice("severity", fields["severity"].value, SEVERITIES) if "severity" in fields else None
    return _number(key, fields["value"].value) if "value" in fields else None, severity


def setting(name: str, marked: Marked) -> Any:
    """Return the value of ``verdict``, ``relevance``, ``split`` or ``weights``."""
    if name in CHOICES:
        return choice(name, marked.value, CHOICES[name])
    return _split(marked.value) if name == "split" else _weights(marked.value)


def check_name(value: object) -> str:
    """Return the name of a check: one of ours, ``own.min_...`` or ``test_mine.py::test_name``."""
    if isinstance(value, str) and re.fullmatch(OWN_CHECK, value):
        return value
    return choice("check", value, CHECKS)


def choice(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    hint = nearest(value, allowed) if isinstance(value, str) else ""
    raise ValueError(f"`{name}` is {kind(value)}; must be one of {', '.join(allowed)}{hint}")


def text(name: str, value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError(f"`{name}` is {kind(value)}; must be non-empty text")


def day(name: str, value: object) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) and _DAY.fullmatch(value) else "")
    except ValueError:
        raise ValueError(f"`{name}` is {kind(value)}; must be a date such as 2027-01-31") from None


def org_id(value: object) -> str:
    """Return a tenant's id in its usual spelling: a UUID, hyphenated or 32 hex digits, not all zeros."""
    if isinstance(value, str) and _UUID.fullmatch(value) and uuid.UUID(value).int:
        return str(uuid.UUID(value))
    raise ValueError(f"`org_id` is {kind(value)}; must be a UUID that is not all zeros")


def namespace(value: object) -> str:
    """Return a namespace that the service takes for the same in rows, rules and overrides."""
    if wrong := wrong_namespace(value):
        raise ValueError(f"`namespace` is {kind(value)}; {wrong}")
    return str(value)


def _number(key: ThresholdKey, value: object) -> float:
    if key.optional and value is False:  # what YAML makes of `off`
        return OFF
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if right and key.low <= value <= key.high and (not key.integer or value == int(value)):  # type: ignore[operator, call-overload] # `right` has just said so
        return float(value)  # type: ignore[arg-type] # likewise
    raise ValueError(f"`{key.name}` is {kind(value)}; must be {key.allowed}")


def _split(value: object) -> float | datetime:
    wanted = "must be a share above 0 and below 1, or an RFC 3339 instant with offset"
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except ValueError as error:
            raise ValueError(f"`split` is {kind(value)}: {str(error).partition(';')[0]}; {wanted}") from None
    if isinstance(value, float) and 0 < value < 1:
        return value
    raise ValueError(f"`split` is {kind(value)}; {wanted}")


def _weights(value: object) -> Mapping[str, float]:
    wanted = f"must be numbers 0 to {MAX_WEIGHT:g} for {', '.join(EVENT_TYPES)}"
    if not isinstance(value, dict) or not value:
        raise ValueError(f"`weights` is {kind(value)}; {wanted}")
    for name, marked in value.items():
        number = marked.value
        if name not in EVENT_TYPES:
            raise ValueError(f"`weights`: {unknown(name, EVENT_TYPES)}")
        right = isinstance(number, int | float) and not isinstance(number, bool) and not math.isnan(number)
        if not right or not 0 <= number <= MAX_WEIGHT:
            raise ValueError(f"`weights.{name}` is {kind(number)}; {wanted}")
    return {name: float(marked.value) for name, marked in value.items()}
