"""When things happen: how many events a person makes, in which sessions, at which hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from pytest_recsim.sources.dice import Dice, apportion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.sources.people import Person

HOURS = (1, 1, 1, 1, 1, 2, 3, 5, 6, 6, 7, 7, 8, 7, 6, 6, 7, 8, 10, 12, 12, 10, 6, 3)
WEEKEND = 1.3
NO_EVENT = 0.12
NEW_CONTINUE = 0.85
NEW_MOST = 15
NEW_STAY = 21.0
LEAST = 4
HEAVIEST = 6.0
LONGEST = timedelta(minutes=30)
DAY = 86_400
_HOURS = list(accumulate(float(weight) for weight in HOURS))


def budgets(people: Sequence[Person], dice: Dice, events: int) -> list[int]:
    """Events per person, ``events`` in total.

    Newcomers make none (12 %) or 1 to 15 (geometric, mean about 6). Everybody else makes 4 plus a share of the rest in
    proportion to the segment's activity times a Pareto factor (shape 2, at most 6).
    """
    made = [_first_steps(dice) if person.is_new else LEAST for person in people]
    weights = [0.0 if person.is_new else person.segment.activity * dice.heavy(HEAVIEST) for person in people]
    rest = apportion(max(events - sum(made), 0), weights)
    return [own + extra for own, extra in zip(made, rest, strict=True)]


def sessions(person: Person, dice: Dice, budget: int, start: datetime, days: int) -> list[tuple[int, int]]:
    """(second since ``start``, number of events) of each session, in order of time; the events add up to ``budget``."""
    if budget == 0:
        return []
    count = max(1, int(budget / person.segment.session + 0.5))
    begins = sorted(_moment(person, dice, start, days, first=number == 0) for number in range(count))
    sizes = [0] * count
    for number in range(budget):
        sizes[number if number < count else dice.whole(0, count - 1)] += 1
    return list(zip(begins, sizes, strict=True))


def _first_steps(dice: Dice) -> int:
    if dice.chance(NO_EVENT):
        return 0
    made = 1
    while made < NEW_MOST and dice.chance(NEW_CONTINUE):
        made += 1
    return made


def _moment(person: Person, dice: Dice, start: datetime, days: int, *, first: bool) -> int:
    """A second within the stay. Newcomers' first session is on arrival, the others follow within three weeks."""
    latest = days * DAY - int(LONGEST.total_seconds())
    if person.is_new:
        later = 0.0 if first else NEW_STAY * dice.unit()
        day = person.arrival + later
    else:
        day = dice.between(person.arrival, person.leave)
        while (start + timedelta(days=int(day))).weekday() < 5 and dice.chance(1.0 - 1.0 / WEEKEND):
            day = dice.between(person.arrival, person.leave)
    second = int(day) * DAY + dice.index(_HOURS) * 3600 + dice.whole(0, 3599)
    return min(max(second, int(person.arrival * DAY)), latest - dice.whole(0, 3600))
