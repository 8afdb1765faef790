"""Popularity and co-visitation as they have to follow from the seeded events (contract 12.3, 12.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pytest_recsim.prepare.clock import MICROSECONDS_A_DAY
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.contract.wire import ScoredItem
from pytest_recsim.simulation.truth.dataset import LONGEST_RUN_US, Dataset, Floats, Ints

CLOSE = 0.01  # a real service's clock runs on while we measure
NEIGHBOURS = 200
FALLBACK_DAYS = 14.0
WINDOW_DAYS = 30.0


@dataclass(frozen=True)
class ExpectedSignals:
    """What raw signals of an answer at level ``full`` are held to.

    Attributes:
        now_us: the instant that the answers were made for.
    """

    world: Dataset
    now_us: int
    _pairs: dict[int, tuple[Floats, Floats]] = field(default_factory=dict)

    @property
    def told(self) -> str:
        names = {"half-life": self.half_life_days, "co-visitation window": self._window_days}
        unknown = [name for name, value in names.items() if value is None]
        return f"not compared, for it is unknown: {', '.join(unknown)}" if unknown else "compared"

    @property
    def half_life_days(self) -> float | None:
        value = self.world.effective.value("POPULARITY_HALFLIFE_DAYS")
        return None if value is None else float(value) or FALLBACK_DAYS

    @property
    def _window_days(self) -> float | None:
        value = self.world.effective.value("COVIS_WINDOW_DAYS")
        return None if value is None else float(value) or WINDOW_DAYS

    def popularity_holds(self, shown: Exchange, item: ScoredItem) -> bool:
        """Whether the raw popularity told is the decayed sum over the item's events.

        Not told is not wrong: the item came from another source. Items of a sparse user's own history that
        popularity does not offer carry the highest value of the pool.
        """
        told = (
            item.explain.blend.raw.pop
            if item.explain and item.explain.blend and item.explain.blend.raw
            else 0
        )
        position = self.world.fixture.item_index.get(item.item_id)
        if (
            told == 0
            or position is None
            or self.half_life_days is None
            or shown.answer.profile_id is not None
        ):
            return True
        own = item.explain is not None and item.item_id in item.explain.anchors
        if own and not self.world.established_answer(shown):
            return True
        true = float(self._popularity[position])
        return abs(told - true) <= CLOSE * abs(true)

    def covisits_hold(self, shown: Exchange, item: ScoredItem) -> bool:
        """Whether the raw co-visitation told is that with the strongest of the anchors told."""
        explain = item.explain
        if explain is None or explain.blend is None or explain.blend.raw is None or not explain.blend.beta:
            return True
        index = self.world.fixture.item_index
        position = index.get(item.item_id)
        if position is None or self._window_days is None or shown.answer.profile_id is not None:
            return True
        anchors = [index[anchor] for anchor in explain.anchors if anchor in index]
        low, high = self._bounds(anchors, position)
        return low <= explain.blend.raw.cooc <= high

    @cached_property
    def _popularity(self) -> Floats:
        columns, seeded = self.world.material.columns, self.world.material.split.seeded
        kinds = columns.type[seeded]
        weights = np.zeros(len(seeded))
        half_life = np.full(len(seeded), self.half_life_days)
        for kind in self.world.types:
            mine = kinds == kind.type
            weights[mine] = kind.weight if kind.is_active else 0.0
            if kind.half_life_days is not None:
                half_life[mine] = kind.half_life_days
        age_days = (self.now_us - self.world.shift_us - columns.ts[seeded]) / MICROSECONDS_A_DAY
        counted = weights * columns.value[seeded] * 0.5 ** (age_days / half_life)
        width = len(self.world.fixture.items)
        return np.bincount(columns.item[seeded], counted, width).astype(np.float64)

    def _bounds(self, anchors: Iterable[int], item: int) -> tuple[float, float]:
        """Return the least and the most that the co-visitation of an item can be."""
        pairs = [self._neighbours(anchor) for anchor in anchors]
        least = max((float(low[item]) for low, _ in pairs), default=0.0)
        return least, max((float(high[item]) for _, high in pairs), default=0.0)

    def _neighbours(self, anchor: int) -> tuple[Floats, Floats]:
        """Return, per item, how many pairs it has with an anchor for sure, and at most.

        Only an anchor's 200 strongest neighbours are seen, which of equal ones is left open; and on a real clock
        events leave the window while we measure.
        """
        if anchor not in self._pairs:
            later = 0 if self.world.plan.stand_in else LONGEST_RUN_US
            high, low = self._count(anchor, 0), self._count(anchor, later)
            if np.count_nonzero(high) > NEIGHBOURS:
                weakest = np.partition(high, -NEIGHBOURS)[-NEIGHBOURS]
                low = np.where(high > weakest, low, 0.0)
                high = np.where(high >= weakest, high, 0.0)
            self._pairs[anchor] = (low, high)
        return self._pairs[anchor]

    def _count(self, anchor: int, later_us: int) -> Floats:
        users, items = self._recent(later_us)
        width = len(self.world.fixture.items)
        visits = np.bincount(users[items == anchor], minlength=len(self.world.fixture.users))
        pairs = np.bincount(items, visits[users], width).astype(np.float64)
        pairs[anchor] = 0.0
        return pairs

    def _recent(self, later_us: int) -> tuple[Ints, Ints]:
        """Users and items of the seeded events within the window."""
        columns, seeded = self.world.material.columns, self.world.material.split.seeded
        window_us = int((self._window_days or WINDOW_DAYS) * MICROSECONDS_A_DAY)
        began = self.world.now_us  # answers were made since then, before `now_us`
        inside = seeded[columns.ts[seeded] + self.world.shift_us >= began + later_us - window_us]
        return columns.user[inside].astype(np.int64), columns.item[inside].astype(np.int64)
