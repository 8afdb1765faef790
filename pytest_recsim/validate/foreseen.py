"""A run on the embedded stand-in as far as data and knobs decide it; nothing is asked.

It has the face of `sim` that scenarios choose their subjects by. In the place of answers stand lists of the most popular
items: a guess, good for whatever does not hang on what is listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.profiles.knobs import KNOBS, default_value
from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.observe.quality import evaluated_users
from pytest_recsim.plan.model import K, Plan
from pytest_recsim.prepare.probe import probe_source
from pytest_recsim.prepare.seed import Material
from pytest_recsim.record.asked import Limit
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.simulation.checks.needs import NEW
from pytest_recsim.simulation.measure.basis import Basis
from pytest_recsim.simulation.measure.rivals import Rivals, rivals_of
from pytest_recsim.simulation.session.catalogue import Catalogue
from pytest_recsim.simulation.truth.applied import Applied
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.knobs_in_effect import KnobsInEffect
from pytest_recsim.simulation.truth.relevance import Truth
from pytest_recsim.simulation.truth.slates import Lists, Slates
from pytest_recsim.simulation.truth.tastes import folded

if TYPE_CHECKING:
    from pytest_recsim.data.fixtures.model import Fixture, Item
    from pytest_recsim.simulation.session.simulation import Simulation

MINUTE_US = 60_000_000


@dataclass(frozen=True)
class Guess:
    """A list that nobody answered: who would get it, and the ids."""

    ask: Ask
    ids: tuple[str, ...]

    def rank(self, item_id: str) -> int | None:
        """The 1-based position of an item, None when it is not listed."""
        return self.ids.index(item_id) + 1 if item_id in self.ids else None


class Foreseen(Catalogue, Truth):
    """One plan with its data, before a service is there.

    Attributes:
        applied: the stand-in gets every knob, so the profile is in effect for everybody.
        probe_id: nothing is written, so there is no probe item; nor is there ``probe_source``.
    """

    applied = Applied()
    probe_id: str | None = None
    probe_source: str | None = None

    def __init__(self, plan: Plan, fixture: Fixture) -> None:
        self._plan = plan
        table = fixture.columns
        material = Material(fixture, table, split_events(table, plan.split, plan.window_days))
        newest = material.span_us[1] if material.span_us else 0
        self._world = Dataset(plan, material, KnobsInEffect(plan, _defaults()), 0, newest + MINUTE_US)

    @property
    def plan(self) -> Plan:
        return self._plan

    @property
    def world(self) -> Dataset:
        return self._world

    @property
    def sim(self) -> Simulation:
        """The same, for functions that are written for a simulation and ask for no more than there is here."""
        return cast("Simulation", self)

    def limit(self, key: str, segment: str | None = None) -> Limit:
        return self.plan.limit(key, segment)

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Positions of the users whose lists are judged."""
        world = self.world
        users = evaluated_users(self.plan, world.fixture, world.material.columns, world.material.split)
        return tuple(world.fixture.user_index[user] for user in users)

    @cached_property
    def popular(self) -> Rivals:
        """The baselines of these users; the items of popularity stand in for lists."""
        return rivals_of(Slates(self.world, self.rows, np.full((len(self.rows), K), PADDING, dtype=np.int32)))

    @cached_property
    def lists(self) -> dict[str, Exchange]:
        items, users = self.world.fixture.items, self.world.fixture.users
        names = [users[row].user_id for row in self.rows]
        ids = [
            tuple(items[item].item_id for item in row if item >= 0) for row in self.popular.popular.tolist()
        ]
        guesses: Mapping[str, Any] = {
            name: Guess(Ask(name), found) for name, found in zip(names, ids, strict=True)
        }
        return cast("dict[str, Exchange]", guesses)

    def is_established(self, user_id: str) -> bool:
        """Whether the service will take a user for an established one: that follows from the seeded events."""
        segment = self.users[user_id].segment.lower()
        recent = (self.world.recent_counts or {}).get(user_id, 0)
        return recent >= self.world.effective.min_events and segment != NEW

    @cached_property
    def fresh(self) -> Item | None:
        """The item that S8's probe will look like; it is written before the first list, and may be on any."""
        material = self.world.material
        return probe_source(material.fixture, material.columns, material.split)

    @cached_property
    def carriers(self) -> dict[str, frozenset[str]]:
        """Tag as filters compare it -> the available items that carry it."""
        found: dict[str, set[str]] = {}
        for item in self.available:
            for tag in self.items[item].tags:
                found.setdefault(folded(tag), set()).add(item)
        return {tag: frozenset(items) for tag, items in found.items()}

    @cached_property
    def spelled(self) -> Counter[str]:
        """Tag as it is spelled -> how many available items with it popularity can find."""
        offered = self.available & self.offered
        return Counter(tag for item in offered for tag in set(self.items[item].tags))

    def some(self, users: Sequence[str]) -> dict[str, Exchange]:
        """The guessed lists of some users."""
        return {user: self.lists[user] for user in users}

    def basis(self, lengths: Sequence[int], *, fresh: bool = False) -> Basis:
        """The guessed lists, each cut to its length, as what figures are computed from.

        Args:
            lengths: per evaluated user.
            fresh: whether S8's item, which is none of the catalogue, stands at the end.
        """
        lists: Lists = self.popular.popular.copy()
        ends = np.asarray(lengths, dtype=np.int64)[:, None]
        lists[np.arange(K)[None, :] >= ends] = PADDING
        if fresh and self.fresh is not None:
            lists[np.arange(K)[None, :] == ends] = UNKNOWN
        clamped = int(self.world.effective.value("RECOMMENDATION_MAX_K") or 0)
        return Basis(Slates(self.world, self.rows, lists), self.world.popularity, clamped)


def _defaults() -> dict[str, Any]:
    """What the stand-in's configuration shows of knobs that nobody has set."""
    knobs = (knob for knob in KNOBS.values() if knob.admin_key and not knob.admin_echo)
    return {str(knob.admin_key): default_value(knob) for knob in knobs if knob.default is not None}
