"""A slate written so that another tool has no choice left: then it gives our number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numbers_slates import Slate

SCALE = 1_000_000
"""Gains are written as whole numbers of millionths, because some tools take no others; NDCG is a ratio, so it cancels."""


def prepared(slate: Slate) -> Slate:
    """Gains instead of grades, pairs added up, falling scores, no user without holdout, no empty list, no repeats."""
    grades = slate.grades_of_all
    return replace(
        slate,
        lists={user: falling(slate.lists.get(user, ())) for user in grades},
        holdout=tuple(
            (user, item, gain(grade)) for user, mine in grades.items() for item, grade in mine.items()
        ),
        tied=False,
    )


def gain(grade: float) -> int:
    """2^grade - 1 in millionths, and at least one, so that a hit stays a hit."""
    return max(1, round(SCALE * (2**grade - 1)))


def falling(items: tuple[str, ...]) -> tuple[str, ...]:
    """The places of a list under names of their own; an empty list has one place that nobody wants."""
    names = [
        item if item not in items[:place] else f"{item} at {place + 1}" for place, item in enumerate(items)
    ]
    return tuple(names) or ("nothing",)
