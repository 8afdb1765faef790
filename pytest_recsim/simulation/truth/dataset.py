"""The fixture as the judge sees it: arrays over evaluated users and items, and look-ups by id for scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random

import numpy as np
import numpy.typing as npt

from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.fixtures.weights import event_weights
from pytest_recsim.judge.baseline import no_popularity, popularity_order, popularity_scores
from pytest_recsim.plan.model import Plan
from pytest_recsim.prepare.clock import MICROSECONDS_A_DAY
from pytest_recsim.prepare.seed import Material
from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.reason import Reason
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.contract.records import EventType
from pytest_recsim.simulation.truth.knobs_in_effect import KnobsInEffect

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEW_USERS = "new_users"
LONGEST_RUN_US = 2 * 3_600_000_000
EVENT_TYPES = tuple(
    EventType(type=code, weight=weight) for code, weight in enumerate((0.1, 0.3, 0.7, 1.0, 0.2))
)
"""The service's own, where it does not list others (contract 2.3); relevance weighs events by another table."""


@dataclass(frozen=True)
class Dataset:
    """Everything that follows from fixture, split, clock and the knobs in effect; nothing is asked for here."""

    plan: Plan
    material: Material
    effective: KnobsInEffect
    shift_us: int
    now_us: int
    types: tuple[EventType, ...] = EVENT_TYPES

    @property
    def fixture(self) -> Fixture:
        return self.material.fixture

    @cached_property
    def weights(self) -> Floats:
        """Relevance weight of every event of the fixture; types without a weight count nothing."""
        return event_weights(self.material.columns.type, self.plan.limit("weights").value)

    @cached_property
    def available(self) -> Bools:
        return np.array([item.available for item in self.fixture.items], dtype=bool)

    @cached_property
    def seeded_counts(self) -> Ints:
        """Seeded events per item."""
        items = self.material.columns.item[self.material.split.seeded]
        return np.bincount(items, minlength=len(self.fixture.items)).astype(np.int64)

    @cached_property
    def seeded_weights(self) -> Floats:
        """Sum of weight x value over an item's seeded events, undecayed."""
        seeded = self.material.split.seeded
        columns = self.material.columns
        return np.bincount(
            columns.item[seeded],
            weights=self.weights[seeded] * columns.value[seeded],
            minlength=len(self.fixture.items),
        ).astype(np.float64)

    @cached_property
    def worth(self) -> Floats:
        """Weight x value of every seeded event as the service counts it, undecayed."""
        columns, seeded = self.material.columns, self.material.split.seeded
        weights = np.zeros(len(seeded))
        for kind in self.types:
            if kind.is_active:
                weights[columns.type[seeded] == kind.type] += kind.weight
        return np.asarray(weights * columns.value[seeded], dtype=np.float64)

    @cached_property
    def offered(self) -> Bools:
        """Available items that popularity offers for sure: events that count for the service, none against them."""
        items, width = self.material.columns.item[self.material.split.seeded], len(self.fixture.items)
        gain = np.bincount(items[self.worth > 0], minlength=width)
        loss = np.bincount(items[self.worth < 0], minlength=width)
        return np.asarray(self.available & (gain > 0) & (loss == 0), dtype=bool)

    @cached_property
    def offerable(self) -> Bools:
        """Available items that popularity may offer: whether events that add nothing do is the service's affair."""
        return self.available & (self.seeded_counts > 0)

    @cached_property
    def id_rank(self) -> Ints:
        """Rank of every item's id in bytewise order, the tie-break of all orders."""
        ids = sorted(range(len(self.fixture.items)), key=lambda i: self.fixture.items[i].item_id.encode())
        rank = np.empty(len(ids), dtype=np.int64)
        rank[ids] = np.arange(len(ids))
        return rank

    @cached_property
    def popularity(self) -> npt.NDArray[np.int32]:
        """Available items, best first: the order of the judge's baseline and of every scenario."""
        return popularity_order(self._popularity_scores, self.available, self.id_rank)

    @cached_property
    def no_popularity(self) -> Reason:
        """Why nothing can be compared with popularity, empty when it can."""
        return no_popularity(len(self.material.split.seeded), self._popularity_scores, self.available)

    @cached_property
    def root(self) -> Reason:
        """Why these data can show next to nothing, empty when they can show something."""
        split, times = self.material.split, self.material.columns.ts
        rows = len(split.seeded) + len(split.holdout)
        alike = rows > 1 and len(np.unique(times[np.concatenate([split.seeded, split.holdout])])) == 1
        found = {
            "nothing_available": not self.available.any(),
            "no_events": not rows,
            "one_instant": alike,
            "no_holdout": not len(split.holdout),
            "nothing_seeded": not len(split.seeded),
            "no_weight": self.no_popularity.cause == "no_weight",
        }
        cause = next((name for name, holds in found.items() if holds), "")
        return Reason(CAUSES[cause][0], cause, CAUSES[cause][1]) if cause else Reason()

    @cached_property
    def _popularity_scores(self) -> Floats:
        seeded, columns = self.material.split.seeded, self.material.columns
        parts = self.weights[seeded] * columns.value[seeded]
        return popularity_scores(columns.item[seeded], parts, len(self.fixture.items))

    @cached_property
    def history(self) -> dict[int, Ints]:
        """User position -> its distinct seeded items, the latest first."""
        columns, seeded = self.material.columns, self.material.split.seeded
        order = seeded[np.argsort(-columns.ts[seeded], kind="stable")]
        found: dict[int, dict[int, None]] = {}
        for user, item in zip(columns.user[order].tolist(), columns.item[order].tolist(), strict=True):
            found.setdefault(user, {})[item] = None
        return {user: np.fromiter(items, dtype=np.int64) for user, items in found.items()}

    @cached_property
    def hidden_pairs(self) -> dict[int, frozenset[int]]:
        """User position -> items that the purchase exclusion hides (contract 12.4)."""
        return self._hidden(0)

    @cached_property
    def surely_hidden(self) -> dict[int, frozenset[int]]:
        """The same without what leaves the window while a run on a real clock goes on."""
        return self.hidden_pairs if self.plan.stand_in else self._hidden(LONGEST_RUN_US)

    def by_user(self, items: Mapping[int, Iterable[int]]) -> dict[str, frozenset[str]]:
        """Turn positions into ids."""
        names = [item.item_id for item in self.fixture.items]
        return {
            self.fixture.users[user].user_id: frozenset(names[item] for item in found)
            for user, found in items.items()
        }

    def _hidden(self, later_us: int) -> dict[int, frozenset[int]]:
        if not self.effective.value("RULE_EXCLUDE_EVENTS"):
            return {}
        columns, seeded = self.material.columns, self.material.split.seeded
        if not self.effective.known("EXCLUDE_EVENT_TYPES"):
            return {}
        kinds = self.effective.value("EXCLUDE_EVENT_TYPES")  # none configured means every type
        days = float(int(self.effective.value("PURCHASED_WINDOW_DAYS") or 0))
        if not days:
            return {}
        counted = seeded[
            columns.ts[seeded] + self.shift_us >= self.now_us + later_us - days * MICROSECONDS_A_DAY
        ]
        if kinds:
            counted = counted[np.isin(columns.type[counted], kinds)]
        found: dict[int, set[int]] = {}
        for user, item in zip(columns.user[counted].tolist(), columns.item[counted].tolist(), strict=True):
            if self.fixture.users[user].segment.lower() != NEW_USERS:  # exclusion is forced off for them
                found.setdefault(user, set()).add(item)
        return {user: frozenset(items) for user, items in found.items()}

    def in_turn(self, users: Iterable[str], dice: Random) -> list[str]:
        """Ids of users in random order, one of every segment in turn; the same for the same dice."""
        shuffled = sorted(users)
        dice.shuffle(shuffled)
        turns: dict[str, int] = {}
        keyed = []
        for user in shuffled:
            segment = self.fixture.users[self.fixture.user_index[user]].segment
            turns[segment] = turns.get(segment, -1) + 1
            keyed.append((turns[segment], segment, user))
        return [user for _, _, user in sorted(keyed, key=lambda entry: entry[:2])]

    def established_answer(self, exchange: Exchange) -> bool:
        """Whether an answer was made for an established user: enough recent items, and no new user."""
        user = self.fixture.users[self.fixture.user_index[exchange.ask.user_id]]
        enough = exchange.answer.trace.extras.recent_event_count >= self.effective.min_events
        return enough and user.segment.lower() != NEW_USERS

    @cached_property
    def recent_counts(self) -> dict[str, int] | None:
        """User id -> distinct items touched in the profile window (contract 12.2), None if that is unknown.

        A real service's clock runs on: users whose oldest item leaves the window soon are left out.
        """
        window = self.effective.value("PROFILE_WINDOW_DAYS")
        if window is None:
            return None
        counts = self._recent(float(window or 30), 0)
        later = counts if self.plan.stand_in else self._recent(float(window or 30), LONGEST_RUN_US)
        return {
            user.user_id: int(count)
            for user, count, then in zip(self.fixture.users, counts, later, strict=True)
            if count == then
        }

    def _recent(self, window_days: float, later_us: int) -> Ints:
        """Distinct items per user within the window as it lies ``later_us`` after the run's start."""
        columns, seeded = self.material.columns, self.material.split.seeded
        since = self.now_us + later_us - window_days * MICROSECONDS_A_DAY
        recent = seeded[columns.ts[seeded] + self.shift_us >= since]
        width = len(self.fixture.items)
        pairs = np.unique(columns.user[recent].astype(np.int64) * width + columns.item[recent])
        return np.bincount(pairs // max(width, 1), minlength=len(self.fixture.users)).astype(np.int64)
