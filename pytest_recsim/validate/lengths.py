"""How short and how long a list can be, whatever the ranking: what the pool holds for sure, and what the caps leave of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pytest_recsim.plan.model import K
from pytest_recsim.service.watch.expectations import tag_values
from pytest_recsim.simulation.truth.room import CAPS, prefixes
from pytest_recsim.validate.foreseen import Foreseen

SHUFFLES = 30
"""Random orders in which lists are filled under the caps, beside that by popularity."""


@dataclass(frozen=True)
class Kind:
    """Brands or categories, with the most items of each that a list may hold.

    Attributes:
        cap: that number.
        values: item -> its brands or categories; items without are left out.
        room: items that a list has room for.
    """

    cap: int
    values: dict[str, tuple[str, ...]]
    room: int


@dataclass(frozen=True)
class Lengths:
    """Bounds on the lists of the evaluated users of a foreseen run."""

    foreseen: Foreseen
    _filled: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    _pools: dict[tuple[str, int], int] = field(default_factory=dict)

    def least(self, user: str, k: int = K, *, caps: bool) -> int:
        """Items that a user's list of ``k`` holds in any case; under caps as far as many orders of the pool tell."""
        return min(self._lengths(user, k, caps=caps))

    def typical(self, user: str, k: int = K, *, caps: bool) -> int:
        """Items that it holds if the pool is ranked by popularity, with what only has events that add nothing."""
        lengths = self._lengths(user, k, caps=caps)
        more = len(self._offerable) > len(self.foreseen.offered)
        return max(lengths[0], self._lengths_with_rest(user, k, caps=caps)) if more else lengths[0]

    def _lengths_with_rest(self, user: str, k: int, *, caps: bool) -> int:
        k = self._allowed(k)
        hidden = self.foreseen.hidden(user)
        pool = self.foreseen.surely_pooled(user, len(self._offerable), k) - len(hidden & self._offerable)
        order = [item for item in self.foreseen.popularity if item in self._offerable][: max(0, pool)]
        return self._under_caps(order, k) if caps else min(k, len(order))

    @cached_property
    def _offerable(self) -> frozenset[str]:
        sim = self.foreseen
        return frozenset(item for item in sim.available if sim.seeded_events[item])

    def _lengths(self, user: str, k: int, *, caps: bool) -> tuple[int, ...]:
        """The lengths of a user's list when the pool is ranked in one order after the other, popularity first."""
        k = self._allowed(k)
        pool = self._pool(user, k)
        if not caps or not self._kinds or pool <= 0:
            return (max(0, min(k, pool)),)
        if (pool, k) not in self._filled:
            self._filled[pool, k] = tuple(self._under_caps(order, k) for order in self._orders(pool))
        return self._filled[pool, k]

    def _pool(self, user: str, k: int) -> int:
        """Items that are in a user's pool for sure, and not hidden."""
        if (user, k) not in self._pools:
            sim = self.foreseen
            ranked = sim.surely_pooled(user, len(sim.offered), k)
            self._pools[user, k] = ranked - len(sim.hidden(user) & sim.offered)
        return self._pools[user, k]

    def most(self, user: str, k: int = K, *, caps: bool) -> int:
        """Items that it can hold at most."""
        room = min([kind.room for kind in self._kinds] if caps and self._kinds else [k])
        return max(0, min(self._allowed(k), room, self._left(user)))

    def fixed(self, user: str) -> bool:
        """Whether a list without caps has room for everything that could be on it."""
        return self._left(user) <= self._allowed(K)

    def _left(self, user: str) -> int:
        return len(self._candidates) - len(self.foreseen.hidden(user) & self._candidates)

    def _allowed(self, k: int) -> int:
        return min(k, int(self.foreseen.world.effective.value("RECOMMENDATION_MAX_K") or k))

    def _orders(self, pool: int) -> list[list[str]]:
        """The pool by popularity, and shuffled."""
        sim = self.foreseen
        first = [item for item in sim.popularity if item in sim.offered][:pool]
        dice = random.Random("lengths")
        return [first, *(dice.sample(first, len(first)) for _ in range(SHUFFLES))]

    def _under_caps(self, order: Sequence[str], k: int) -> int:
        """How many items of this order are listed when every one that the caps allow is taken, after the fresh one of S8."""
        probe = self.foreseen.fresh
        known = probe.item_id if probe is not None else ""
        taken = [Counter(kind.values.get(known, ())) for kind in self._kinds]
        listed = 0
        for item in order:
            mine = [kind.values.get(item, ()) for kind in self._kinds]
            pairs = zip(self._kinds, taken, mine, strict=True)
            if any(count[value] >= kind.cap for kind, count, values in pairs for value in values):
                continue
            for count, values in zip(taken, mine, strict=True):
                count.update(values)
            listed += 1
            if listed == k:
                break
        return listed

    @cached_property
    def _candidates(self) -> frozenset[str]:
        """Items that some source may bring in: by their events, or by their tags."""
        sim = self.foreseen
        tagged = (item for item in sim.available if any(map(str.strip, sim.items[item].tags)))
        return self._offerable | frozenset(tagged)

    @cached_property
    def _kinds(self) -> tuple[Kind, ...]:
        sim, found = self.foreseen, []
        tags = {item: sim.items[item].tags for item in sorted(sim.available)}
        for knob, prefix_knob, default, _ in CAPS:
            cap = int(sim.world.effective.value(knob) or 0)
            if cap:
                values = tag_values(tags, prefixes(sim.world.effective.value(prefix_knob), default))
                distinct = len({value for mine in values.values() for value in mine})
                found.append(Kind(cap, values, cap * distinct + len(tags) - len(values)))
        return tuple(found)
