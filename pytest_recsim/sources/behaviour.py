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
    from numpy.typing import NDArray

    from pytest_recsim.sources.calendar import Sessions
    from pytest_recsim.sources.market import Market
    from pytest_recsim.sources.people import People
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
PER_VISIT = 20
"""Most numbers of chance that are drawn in a visit."""
STEPS = ("view", "click", "custom", "add", "purchase")
KINDS = np.array([EVENT_TYPES[step] for step in STEPS])
AFTER_EVENT, AFTER_VISIT = (5, 40), (10, 90)
"""Seconds, from which to which."""


class Happenings(NamedTuple):
    """Events before they are written out, as int64 arrays of the same length, each person's in the order of doing."""

    second: Whole
    person: Whole
    item: Whole
    type: Whole


class Crowd:
    """p people walking through the market; keeps where each is, and what each has seen and bought.

    Args:
        people: everybody.
        those: int64[p], positions of who walks, with events to make.
        market: which all meet.
        streams: of chance, one per walker.
        sessions: of the walkers.
    """

    def __init__(
        self, people: People, those: Whole, market: Market, streams: Streams, sessions: Sessions
    ) -> None:
        self.market, self.streams, self.sessions = market, streams, sessions
        self.tastes, self.goods, self.index = tastes_of(people, those, market), market.goods, those
        self.segment, self.drift = people.segment[those], people.drift[those]
        self.noise, self.loyalty = people.trait("noise")[those], people.trait("loyalty")[those]
        self.session = sessions.first - 1
        self.todo = sessions.events.copy()
        self.clock, self.left, self.current, self.taste, self.day, self.intent, self.seen = np.zeros(
            (7, len(those)), dtype=np.int64
        )
        self.pace = np.ones(len(those))
        self.recent = np.full((len(those), RECENT), NONE)
        self.bought = np.zeros((len(those), len(self.goods.place)), dtype=np.bool_)
        self.done: list[tuple[Whole, ...]] = []

    def walk(self) -> Happenings:
        """Let everybody make all events."""
        who = np.arange(len(self.todo))
        while who.size:
            self.streams.ready(who, PER_VISIT)
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
        self._do(who, item, steps)
        self._remember(who, item)
        bought = steps[:, STEPS.index("purchase")]
        self.bought[who[bought], item[bought]] = True

    def _do(self, who: Whole, item: Whole, steps: Truth) -> None:
        """Note the events of a visit, with a pause after each and another one at its end."""
        number = steps.cumsum(axis=1)
        events, everybody = number[:, -1], np.arange(len(who))
        coming = self.streams.coming(who, len(STEPS) + 1)
        clock = np.empty(coming.shape, dtype=np.int64)
        clock[:, 0] = self.clock[who]
        clock[:, 1:] = self._pause(who, coming[:, :-1].T, AFTER_EVENT).T
        clock = clock.cumsum(axis=1)
        one, step = steps.nonzero()
        before = number[one, step] - 1
        self.done.append((clock[one, before], self.index[who[one]], item[one], KINDS[step]))
        self.streams.skip(who, events + 1)
        self.clock[who] = clock[everybody, events] + self._pause(who, coming[everybody, events], AFTER_VISIT)
        self.left[who] -= events
        self.todo[who] -= events

    def _pause(self, who: Whole, numbers: NDArray[np.float64], bounds: tuple[int, int]) -> Whole:
        """Whole seconds of each for numbers of chance, float64[..., who]."""
        low, high = bounds
        pause = self.pace[who] * (low + (numbers * (high - low + 1)).astype(np.int64))
        found: Whole = np.maximum(1, pause.astype(np.int64))
        return found

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
        found: Truth = self.market.pull.rows[self._tide(who), self.goods.place[item]] > 0.0
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
        there = np.flatnonzero(shelf != NONE)
        found[there] = self._on_shelf(who[there], shelf[there])
        there = np.flatnonzero(found == NONE)
        found[there] = self._anywhere(who[there])
        return found

    def _on_shelf(self, who: Whole, shelf: Whole) -> Whole:
        """An item of each one's shelf; -1, without a draw, where nothing of it is on sale."""
        first, last = self.goods.bounds[shelf], self.goods.bounds[shelf + 1] - 1
        weights = self.tastes.suits.shelves(self.taste[who], shelf)
        weights *= self.market.pull.shelves(self._tide(who), shelf)
        cumulative = weights.cumsum(axis=1)
        end = np.arange(len(who)), last - first
        total = cumulative[end]
        alive = total > 0.0
        mark = np.zeros(len(who))
        mark[alive] = self.streams.take(who[alive]) * total[alive]
        passed = cumulative <= mark[:, None]
        passed[end] = False
        return np.where(alive, self.goods.placed[first + passed.argmin(axis=1)], NONE)

    def _anywhere(self, who: Whole) -> Whole:
        weights = self.tastes.suits.rows[self.taste[who]]
        weights *= self.market.pull.rows[self._tide(who)]
        weights = weights.take(self.goods.place, axis=1)
        weights *= self.tastes.shelves[self.taste[who]].take(self.goods.category, axis=1)
        return self.streams.index(who, weights.cumsum(axis=1))

    def _funnel(self, who: Whole, item: Whole, wanted: Truth) -> Truth:
        """view, then perhaps click, custom, add, purchase; the better the item suits, the further down: bool[who, steps]."""
        taste = self.taste[who]
        favourite = self.tastes.favourite[taste, self.goods.category[item]]
        liking = 0.5 * favourite + 0.5 * self.tastes.styled[taste, self.goods.style[item]]
        coming = self.streams.coming(who, 4)
        clicked = coming[:, 0] < np.where(wanted, 0.2 + 0.5 * liking, NOISE_CLICK)
        custom = clicked & (coming[:, 1] < 0.05)
        added = clicked & (coming[:, 2] < 0.2 + 0.2 * liking)
        purchased = added & (coming[:, 3] < 0.4)
        self.streams.skip(who, 1 + 2 * clicked + added)
        return np.stack([np.ones_like(clicked), clicked, custom, added, purchased], axis=1)

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
