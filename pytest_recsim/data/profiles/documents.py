"""What a configuration document means: lists are sets, numbers are numbers, a member left out is an empty one."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_recsim.data.profiles.knobs import is_secret
from pytest_recsim.record.masking import MASK, masked_value

Document = Mapping[str, Any]
SHOWN = 200
"""Characters of a value in a sentence; a list of segment profiles is longer than anybody reads there."""


def equal(one: Any, other: Any) -> bool:
    """Whether two values mean the same: the service keeps lists as sets, in any order (contract 18)."""
    if not one or not other:
        return not one and not other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return same(one, other)
    if _is_list(one) and _is_list(other):
        return _within(one, other) and _within(other, one)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return close(one, other)
    return bool(one == other)


def close(one: float, other: float, least: float = 0.0) -> bool:
    """Whether two numbers are one but for their last digits, or differ by ``least`` at most."""
    try:
        return one == other or math.isclose(one, other, rel_tol=1e-9, abs_tol=least)
    except OverflowError:  # JSON has whole numbers of any length
        return False


def same(one: Document, other: Document) -> bool:
    """Whether two documents mean the same."""
    return not differing(one, other)


def differing(one: Document, other: Document) -> list[str]:
    """Return the members in which two documents differ, sorted."""
    return sorted(key for key in one.keys() | other.keys() if not equal(one.get(key), other.get(key)))


@dataclass(frozen=True)
class Difference:
    """A member that is not what it should be.

    Attributes:
        there, should: the values, None where there is none.
    """

    name: str
    there: Any
    should: Any

    def __str__(self) -> str:
        return f"{self.name} is {_text(self.name, self.there)}, should be {_text(self.name, self.should)}"


def differences(there: Document, should: Document, names: Collection[str]) -> list[Difference]:
    """Return these members with what they are and what they should be."""
    return [Difference(name, there.get(name), should.get(name)) for name in sorted(names)]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _within(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(any(equal(mine, theirs) for theirs in other) for mine in one)


def _text(name: str, value: Any) -> str:
    text = json.dumps(without_secrets(name, value), ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def without_secrets(name: str, value: Any) -> Any:
    """Return a member's value with everything masked that is a secret or sounds like one."""
    if is_secret(name) and value:
        return MASK
    if isinstance(value, Mapping):
        return {inner: without_secrets(inner, member) for inner, member in value.items()}
    return [without_secrets(name, member) for member in value] if _is_list(value) else masked_value(value)
