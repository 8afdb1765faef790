"""What people do: sessions of visits, each a walk down the funnel from view to purchase.

Many people walk side by side, each on a stream of chance of its own, so that nobody's walk depends on who else is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.sources.calendar import DAY
from pytest_recsim.sources.tastes import tastes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_recsim.sources.calendar import Sessions
    from pytest_recsim.sources.market import Market
    from pytest_recsim.sources.people import Person
    from pytest_recsim.sources.streams import Streams

    Whole = NDArray[np.int64]
    Truth = NDArray[np.bool_]

COMPANION = 0.25
BY_THE_WAY = 0.1
RETURN_AFTER_PURCHASE = 0.3
RECENT = 12
NOISE_CLICK = 0.1
SESSION_PACE = 13
NONE = -1
PER_VISIT, PER_EVENT, PER_SESSION = 20, 12, 4
"""Most numbers of chance that are drawn: in a visit; altogether, per event and, beyond these, per session."""
STEPS = ("view", "click", "custom", "add", "purchase")


class Happenings(NamedTuple):
    """Events before they are written out, as int64 arrays of the same length; ``order`` is each person's own."""

    second: Whole
    person: Whole
    order: Whole
    item: Whole
    type: Whole


class Crowd:
    """p people walking through the market; keeps where each is, and what each has seen and bought.

    Args:
        people: those with events to make.
        market: which all meet.
        streams: of chance, one per person.
        sessions: of these people.
    """

    def __init__(
        self, people: Sequence[Person], market: Market, streams: Streams, sessions: Sessions
    ) -> None:
        self.market, self.tastes, self.streams, self.sessions = (
            market,
            tastes_of(people, market),
            streams,
            sessions,
        )
        self.goods = market.goods
        names = [segment.name for segment in market.template.segments]
        self.segment = np.array([names.index(person.segment.name) for person in people])
        self.noise = np.array([person.segment.noise for person in people])
        self.loyalty = np.array([person.segment.loyalty for person in people])
        self.drift = np.array([person.drift for person in people])
        self.index = np.array([person.index for person in people])
        self.session = sessions.first - 1
        self.todo = sessions.events.copy()
        self.most = PER_EVENT * self.todo + PER_SESSION * sessions.times
        self.clock, self.left, self.order, self.current, self.taste, self.day, self.intent, self.seen = (
            np.zeros((8, len(people)), dtype=np.int64)
        )
        self.pace = np.ones(len(people))
        self.recent = np.full((len(people), RECENT), NONE)
        self.bought = np.zeros((len(people), len(self.goods.place)), dtype=np.bool_)
        self.done: list[tuple[Whole, ...]] = []

    def walk(self) -> Happenings:
        """Let everybody make all events, in the order of doing of each."""
        who = np.arange(len(self.todo))
        while who.size:
            self.streams.fill(who, PER_VISIT, self.most)
            self._open(who[self.left[who] == 0])
            self._visit(who)
            who = who[self.todo[who] > 0]
        return Happenings(*(np.concatenate(parts) for parts in zip(*self.done, strict=True)))

    def _open(self, who: Whole) -> None:
        """Start the next session; gaps between events (at most 130 s) shrink when there are many: all fit into half an hour."""
        self.session[who] += 1
        start, size = self.sessions.start[self.session[who]], self.sessions.size[self.session[who]]
        day = start // DAY
        taste = np.where(day < self.drift[who], who, self.tastes.later[who])
        self.clock[who], self.left[who], self.day[who], self.taste[who] = start, size, day, taste
        self.pace[who] = np.minimum(1.0, SESSION_PACE / size)
        self.current[who] = NONE
        self.intent[who] = self.streams.index(who, self.tastes.shelves[taste].cumsum(axis=1))

    def _visit(self, who: Whole) -> None:
        item, wanted = self._next(who)
        steps = self._funnel(who, item, wanted)
        steps &= steps.cumsum(axis=1) <= self.left[who][:, None]
        for step, name in enumerate(STEPS):
            there = np.flatnonzero(steps[:, step])
            self._do(who[there], item[there], EVENT_TYPES[name])
        self._remember(who, item)
        bought = steps[:, STEPS.index("purchase")]
        self.bought[who[bought], item[bought]] = True
        events = steps.sum(axis=1)
        self.left[who] -= events
        self.todo[who] -= events
        self._wait(who, 10, 90)

    def _do(self, who: Whole, item: Whole, kind: int) -> None:
        self.done.append((self.clock[who], self.index[who], self.order[who], item, np.full(len(who), kind)))
        self.order[who] += 1
        self._wait(who, 5, 40)

    def _wait(self, who: Whole, low: int, high: int) -> None:
        pause = self.pace[who] * self.streams.whole(who, low, high)
        self.clock[who] += np.maximum(1, pause.astype(np.int64))

    def _next(self, who: Whole) -> tuple[Whole, Truth]:
        """The next item of each, and whether it was chosen (False: stumbled upon)."""
        stumbled = self.streams.chance(who, self.noise[who])
        item = np.full(len(who), NONE)
        item[stumbled] = self.streams.index(who[stumbled], self.market.on_sale[self.day[who[stumbled]]])
        for way in (self._return, self._beside, self._by_taste):
            rest = np.flatnonzero(item == NONE)
            item[rest] = way(who[rest])
        return item, ~stumbled

    def _on_sale(self, who: Whole, item: Whole) -> Truth:
        found: Truth = self.market.pull[self._tide(who), self.goods.place[item]] > 0.0
        return found

    def _tide(self, who: Whole) -> Whole:
        """The row of ``Market.pull`` that each is moved by."""
        found: Whole = self.segment[who] * self.market.days + self.day[who]
        return found

    def _return(self, who: Whole) -> Whole:
        """One of the 12 latest items, newer ones more likely; bought ones mostly rest."""
        found = np.full(len(who), NONE)
        back = np.flatnonzero(self.streams.chance(who, self.loyalty[who]) & (self.seen[who] > 0))
        some = who[back]
        spot = self.streams.take(some) * self.streams.take(some) * self.seen[some]
        item = self.recent[some, spot.astype(np.int64)]
        resting = self.bought[some, item]
        resting[resting] = ~self.streams.chance(some[resting], RETURN_AFTER_PURCHASE)
        found[back] = np.where(~resting & self._on_sale(some, item), item, NONE)
        return found

    def _beside(self, who: Whole) -> Whole:
        """An item that the page of the current one leads to."""
        found = np.full(len(who), NONE)
        there = np.flatnonzero(self.current[who] != NONE)
        there = there[self.streams.chance(who[there], COMPANION)]
        some = who[there]
        companions = self.market.companions[self.current[some]]
        item = companions[np.arange(len(some)), self.streams.whole(some, 0, companions.shape[1] - 1)]
        found[there] = np.where(self._on_sale(some, item), item, NONE)
        return found

    def _by_taste(self, who: Whole) -> Whole:
        """Within the shelf the session is about, or anywhere with the shelf weights of the taste."""
        found = np.full(len(who), NONE)
        shelf = np.where(self.streams.chance(who, BY_THE_WAY), NONE, self.intent[who])
        for place, (begin, end) in enumerate(zip(self.goods.bounds[:-1], self.goods.bounds[1:], strict=True)):
            there = np.flatnonzero(shelf == place)
            cumulative = self._drawn_to(who[there], slice(begin, end)).cumsum(axis=1)
            alive = cumulative[:, -1] > 0.0
            spot = self.streams.index(who[there[alive]], cumulative[alive])
            found[there[alive]] = self.goods.placed[begin:end][spot]
        there = np.flatnonzero(found == NONE)
        found[there] = self._anywhere(who[there])
        return found

    def _anywhere(self, who: Whole) -> Whole:
        weights = self._drawn_to(who, slice(None)).take(self.goods.place, axis=1)
        weights *= self.tastes.shelves[self.taste[who]].take(self.goods.category, axis=1)
        return self.streams.index(who, weights.cumsum(axis=1))

    def _drawn_to(self, who: Whole, places: slice) -> NDArray[np.float64]:
        """How much each is drawn to the items at these places of the shelves: float64[who, places]."""
        found: NDArray[np.float64] = self.tastes.suits[self.taste[who], places]
        found *= self.market.pull[self._tide(who), places]
        return found

    def _funnel(self, who: Whole, item: Whole, wanted: Truth) -> Truth:
        """view, then perhaps click, custom, add, purchase; the better the item suits, the further down: bool[who, steps]."""
        taste, chance = self.taste[who], self.streams.chance
        favourite = self.tastes.favourite[taste, self.goods.category[item]]
        liking = 0.5 * favourite + 0.5 * self.tastes.styled[taste, self.goods.style[item]]
        steps = np.zeros((len(who), len(STEPS)), dtype=np.bool_)
        steps[:, 0] = True
        steps[:, 1] = chance(who, np.where(wanted, 0.2 + 0.5 * liking, NOISE_CLICK))
        clicked = np.flatnonzero(steps[:, 1])
        steps[clicked, 2] = chance(who[clicked], 0.05)
        steps[clicked, 3] = chance(who[clicked], 0.2 + 0.2 * liking[clicked])
        added = np.flatnonzero(steps[:, 3])
        steps[added, 4] = chance(who[added], 0.4)
        return steps

    def _remember(self, who: Whole, item: Whole) -> None:
        """Put the item before the others that were seen lately; more than those are never asked for."""
        self.current[who] = item
        recent = self.recent[who]
        same = recent == item[:, None]
        known = same.any(axis=1)
        depth = np.where(known, same.argmax(axis=1), RECENT)
        moved = np.concatenate([item[:, None], recent[:, :-1]], axis=1)
        self.recent[who] = np.where(np.arange(RECENT) <= depth[:, None], moved, recent)
        self.seen[who] = np.minimum(self.seen[who] + ~known, RECENT)
