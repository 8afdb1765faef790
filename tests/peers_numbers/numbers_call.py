"""What an adapter says of its library: the calls that a user makes, and which of our metrics each one stands beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numbers_slates import Slate


class CannotError(Exception):
    """The library has no way to take this slate; the message says why."""


@dataclass(frozen=True)
class Call:
    """One public call of a library.

    Attributes:
        text: as a user writes it, with k for the cut-off.
        metric: our metric that it is compared with.
        score: the call made on a slate.
    """

    text: str
    metric: str
    score: Callable[[Slate], float]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def refuse_repeats_in_lists(slate: Slate) -> None:
    """For libraries that take a list as a table from item to score."""
    if any(len(set(items)) < len(items) for items in slate.lists.values()):
        raise CannotError("a list is a table from item to score, which cannot hold an item twice")


def plain(grade: float) -> float | int:
    """Whole grades as integers, which is what the libraries ask for."""
    return int(grade) if grade == int(grade) else grade
