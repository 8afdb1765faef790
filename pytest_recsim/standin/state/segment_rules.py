"""The rule language of segments: objects with one operator (contract 9.2)."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Mapping
from typing import Any

from pytest_recsim.standin.settings.clock import DAY, parse_rfc3339

_MISSING = object()
OPERATORS = frozenset(
    {"any", "all", "not", "eq", "neq", "gt", "gte", "lt", "lte", "in", "contains", "exists", "gte_days_since"}
)


def well_formed(rule: Any) -> bool:
    """Tell whether a rule has one known operator with operands of the right shape, all the way down."""
    if not isinstance(rule, dict) or len(rule) != 1:
        return False
    (operator, operand) = next(iter(rule.items()))
    if operator in ("any", "all"):
        return isinstance(operand, list) and all(map(well_formed, operand))
    if operator == "not":
        return well_formed(operand)
    if operator == "exists":
        return isinstance(operand, str)
    if operator not in OPERATORS or not isinstance(operand, list) or len(operand) != 2:
        return False
    return isinstance(operand[0], str) and (operator != "in" or isinstance(operand[1], list))


def holds(rule: Any, facts: Mapping[str, Any], now: int) -> bool:
    """Evaluate a well-formed rule over ``{"user": ..., "ctx": ..., "request": ...}``; an empty rule holds."""
    if not rule:
        return True
    operator, operand = next(iter(rule.items()))
    if operator == "any":
        return any(holds(part, facts, now) for part in operand)
    if operator == "all":
        return all(holds(part, facts, now) for part in operand)
    if operator == "not":
        return not holds(operand, facts, now)
    if operator == "exists":
        return look_up(operand, facts) is not _MISSING
    return _compare(operator, look_up(operand[0], facts), operand[1], now)


def look_up(path: str, facts: Mapping[str, Any]) -> Any:
    """Follow a dotted path; a null or a gap counts as missing."""
    value: Any = facts
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
        if value is None:
            return _MISSING
    return value


def _compare(operator: str, have: Any, want: Any, now: int) -> bool:
    if have is _MISSING:
        return operator == "neq"
    if operator == "gte_days_since":
        moment = parse_rfc3339(have) if isinstance(have, str) else None
        return moment is not None and _is_number(want) and now - moment >= want * DAY
    return _TESTS[operator](have, want)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(have: Any, want: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(have, bool) == isinstance(want, bool) and bool(have == want)


def _contains(have: Any, want: Any) -> bool:
    if isinstance(have, str):
        return isinstance(want, str) and want in have
    return isinstance(have, list) and any(_equal(member, want) for member in have)


def _ordered(holds_for: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Compare two numbers or two strings; anything else does not hold."""

    def test(have: Any, want: Any) -> bool:
        both = (_is_number(have) and _is_number(want)) or (isinstance(have, str) and isinstance(want, str))
        return both and holds_for(have, want)

    return test


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "neq": lambda have, want: not _equal(have, want),
    "gt": _ordered(op.gt),
    "gte": _ordered(op.ge),
    "lt": _ordered(op.lt),
    "lte": _ordered(op.le),
    "in": lambda have, want: any(_equal(have, member) for member in want),
    "contains": _contains,
}
