"""What people do: sessions of visits, each a walk down the funnel from view to purchase."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.sources.calendar import DAY
from pytest_recsim.sources.people import Person, Taste, weigh

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_recsim.sources.dice import Dice
    from pytest_recsim.sources.market import Market

COMPANION = 0.25
BY_THE_WAY = 0.1
RETURN_AFTER_PURCHASE = 0.3
RECENT = 12
NOISE_CLICK = 0.1
SESSION_PACE = 13


class Happening(NamedTuple):
    """One event before it is written out; sorts by time, then person, then order of doing."""

    second: int
    person: int
    order: int
    item: int
    type: int


class Visitor:
    """One person walking through the market; keeps what the person has seen and bought."""

    def __init__(self, person: Person, market: Market, dice: Dice) -> None:
        self.person, self.market, self.dice = person, market, dice
        self.seen: list[int] = []
        self.bought: set[int] = set()
        self.order = 0
        self._suits: dict[Taste, list[float]] = {}

    def session(self, start: int, events: int) -> Iterator[Happening]:
        """Yield ``events`` happenings; gaps (at most 130 s) shrink when there are many: all fit into half an hour."""
        day, clock, current = start // DAY, start, None
        pace = min(1.0, SESSION_PACE / events)
        taste = self.person.taste_on(day)
        intent = self.dice.weighted(taste.categories)
        while events:
            current, wanted = self._next(day, taste, intent, current)
            steps = self._funnel(current, taste, wanted=wanted)[:events]
            for step in steps:
                yield Happening(clock, self.person.index, self.order, current, EVENT_TYPES[step])
                self.order += 1
                clock += max(1, int(pace * self.dice.whole(5, 40)))
            self._remember(current, steps)
            events -= len(steps)
            clock += max(1, int(pace * self.dice.whole(10, 90)))

    def _next(self, day: int, taste: Taste, intent: int, current: int | None) -> tuple[int, bool]:
        """The next item, and whether it was chosen (False: stumbled upon)."""
        pull = self.market.pull[self.person.segment.name][day]
        if self.dice.chance(self.person.segment.noise):
            return self.dice.weighted([1.0 if attraction else 0.0 for attraction in pull]), False
        if self.dice.chance(self.person.segment.loyalty):
            back = self._return(pull)
            if back is not None:
                return back, True
        if current is not None and self.dice.chance(COMPANION):
            beside = self.dice.one(self.market.companions[current])
            if pull[beside]:
                return beside, True
        return self._by_taste(pull, taste, None if self.dice.chance(BY_THE_WAY) else intent), True

    def _return(self, pull: Sequence[float]) -> int | None:
        """One of the 12 latest items, newer ones more likely; bought ones mostly rest."""
        if not self.seen:
            return None
        latest = self.seen[-RECENT:]
        item = latest[-1 - int(self.dice.unit() * self.dice.unit() * len(latest))]
        resting = item in self.bought and not self.dice.chance(RETURN_AFTER_PURCHASE)
        return None if resting or not pull[item] else item

    def _by_taste(self, pull: Sequence[float], taste: Taste, shelf: int | None) -> int:
        """Within the shelf the session is about, or anywhere (None) with the shelf weights of the taste."""
        suits = self._suit(taste)
        if shelf is not None:
            items = self.market.shelves[shelf]
            cumulative = list(accumulate(suits[item] * pull[item] for item in items))
            if cumulative[-1] > 0.0:
                return items[self.dice.index(cumulative)]
        return self.dice.weighted(
            [
                suit * attraction * taste.categories[product.category]
                for suit, attraction, product in zip(suits, pull, self.market.products, strict=True)
            ]
        )

    def _suit(self, taste: Taste) -> list[float]:
        if taste not in self._suits:
            world = self.market
            self._suits[taste] = weigh(world.products, taste, self.person.segment, world.template)
        return self._suits[taste]

    def _funnel(self, item: int, taste: Taste, *, wanted: bool) -> list[str]:
        """view, then perhaps click, custom, add, purchase; the better the item suits, the further down."""
        product = self.market.products[item]
        liking = 0.5 * (product.category in taste.favourites) + 0.5 * (product.style in taste.styles)
        steps = ["view"]
        if self.dice.chance(0.2 + 0.5 * liking if wanted else NOISE_CLICK):
            steps.append("click")
            if self.dice.chance(0.05):
                steps.append("custom")
            if self.dice.chance(0.2 + 0.2 * liking):
                steps.append("add")
                if self.dice.chance(0.4):
                    steps.append("purchase")
        return steps

    def _remember(self, item: int, steps: Sequence[str]) -> None:
        if item in self.seen:
            self.seen.remove(item)
        self.seen.append(item)
        if "purchase" in steps:
            self.bought.add(item)
