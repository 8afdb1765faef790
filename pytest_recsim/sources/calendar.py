"""When things happen: how many events a person makes, in which sessions, at which hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.sources.dice import Dice, apportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_recsim.sources.people import People
    from pytest_recsim.sources.streams import Streams

    Whole = NDArray[np.int64]

HOURS = (1, 1, 1, 1, 1, 2, 3, 5, 6, 6, 7, 7, 8, 7, 6, 6, 7, 8, 10, 12, 12, 10, 6, 3)
WEEKEND = 1.3
NO_EVENT = 0.12
NEW_CONTINUE = 0.85
NEW_MOST = 15
NEW_STAY = 21.0
LEAST = 4
HEAVIEST = 6.0
LONGEST = 1800
DAY = 86_400
MOMENT = 3
"""Most numbers of chance that are drawn at once for a session."""
_HOURS = np.array(HOURS).cumsum(dtype=np.float64)


def budgets(people: People, dice: Dice, events: int) -> list[int]:
    """Events per person, ``events`` in total.

    Newcomers make none (12 %) or 1 to 15 (geometric, mean about 6). Everybody else makes 4 plus a share of the rest in
    proportion to the segment's activity times a Pareto factor (shape 2, at most 6).
    """
    new = people.new.tolist()
    made = [_first_steps(dice) if fresh else LEAST for fresh in new]
    activity = people.trait("activity").tolist()
    weights = [0.0 if fresh else act * dice.heavy(HEAVIEST) for fresh, act in zip(new, activity, strict=True)]
    rest = apportion(max(events - sum(made), 0), weights)
    return [own + extra for own, extra in zip(made, rest, strict=True)]


class Sessions(NamedTuple):
    """Who comes when: the sessions of p people, one person's after the other's, each person's in order of time.

    Attributes:
        events: int64[p], how many each makes, at least one.
        first: int64[p], position of each one's first session.
        start: int64[sessions], seconds since the window begins.
        size: int64[sessions], events, at least one.
    """

    events: Whole
    first: Whole
    start: Whole
    size: Whole


def session_counts(people: People, who: Whole, budget: Whole) -> Whole:
    """How many sessions each of these has for a budget of events, at least one."""
    found: Whole = np.maximum(1, (budget / people.trait("session")[who] + 0.5).astype(np.int64))
    return found


def sessions(stay: Stay, count: Whole, budget: Whole) -> Sessions:
    """Spread each one's budget of events over so many sessions, none of which is without any."""
    streams = stay.streams
    first = count.cumsum() - count
    begins, owner = np.zeros(count.sum(), dtype=np.int64), np.repeat(np.arange(len(count)), count)
    for number in range(count.max(initial=0)):
        who = np.flatnonzero(count > number)
        begins[first[who] + number] = stay.moments(who, first=number == 0)
    more = budget - count
    streams.ready(np.arange(len(count)), more)
    spot = np.repeat(first, more) + (streams.runs(more) * np.repeat(count, more)).astype(np.int64)
    sizes = 1 + np.bincount(spot, minlength=len(begins))
    return Sessions(budget, first, begins[np.lexsort((begins, owner))], sizes)


def _first_steps(dice: Dice) -> int:
    if dice.chance(NO_EVENT):
        return 0
    made = 1
    while made < NEW_MOST and dice.chance(NEW_CONTINUE):
        made += 1
    return made


class Stay:
    """When some people are there, decided by their streams of chance, in a window that begins on that weekday."""

    def __init__(self, people: People, who: Whole, streams: Streams, weekday: int, days: int) -> None:
        self.streams, self.weekday = streams, weekday
        self.new, self.arrival = people.new[who], people.arrival[who]
        self.length = people.leave[who] - self.arrival
        self.latest = days * DAY - LONGEST

    def moments(self, who: Whole, *, first: bool) -> Whole:
        """A second within the stay of each.

        Newcomers' first session is on arrival, the others follow within three weeks.
        """
        streams = self.streams
        day = self.arrival[who]
        new = self.new[who]
        streams.ready(who, MOMENT)
        if not first:
            day[new] += NEW_STAY * streams.take(who[new])
        day[~new] = self._days(who[~new])
        streams.ready(who, MOMENT)
        hour = streams.index(who, np.broadcast_to(_HOURS, (len(who), len(_HOURS))))
        second = day.astype(np.int64) * DAY + hour * 3600 + streams.whole(who, 0, 3599)
        second = np.maximum(second, (self.arrival[who] * DAY).astype(np.int64))
        found: Whole = np.minimum(second, self.latest - streams.whole(who, 0, 3600))
        return found

    def _days(self, who: Whole) -> NDArray[np.float64]:
        """Saturdays and Sundays are 1.3 times as likely as the others."""
        day = np.empty(len(who))
        again = np.arange(len(who))
        while again.size:
            some = who[again]
            self.streams.ready(some, MOMENT)
            day[again] = self.arrival[some] + self.length[some] * self.streams.take(some)
            again = again[(self.weekday + day[again].astype(np.int64)) % 7 < 5]
            again = again[self.streams.chance(who[again], 1.0 - 1.0 / WEEKEND)]
        return day
