"""Look-ups by id that scenarios need to choose their subjects."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import compress

from pytest_recsim.data.fixtures.model import Item, User
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.watch.expectations import RECENT_FLOOR
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.inferred import UNSET_FANOUT
from pytest_recsim.simulation.truth.room import prefixes
from pytest_recsim.simulation.truth.tastes import folded

STARTER_ANCHORS = 5
"""Anchors of a new user without any available item of their own, at most."""


class Catalogue(ABC):
    """Items, users and who of them is what; part of :class:`Simulation`."""

    @property
    @abstractmethod
    def plan(self) -> Plan: ...

    @property
    @abstractmethod
    def world(self) -> Dataset: ...

    @property
    @abstractmethod
    def lists(self) -> Mapping[str, Exchange]: ...

    @cached_property
    def items(self) -> dict[str, Item]:
        return {item.item_id: item for item in self.world.fixture.items}

    @cached_property
    def users(self) -> dict[str, User]:
        return {user.user_id: user for user in self.world.fixture.users}

    @cached_property
    def available(self) -> frozenset[str]:
        """Ids of available items; the probe item is not among them."""
        return frozenset(item_id for item_id, item in self.items.items() if item.available)

    @cached_property
    def popularity(self) -> tuple[str, ...]:
        """Available items, best first: sum of weight x value over seeded events, ties by id."""
        items = self.world.fixture.items
        return tuple(items[position].item_id for position in self.world.popularity.tolist())

    @cached_property
    def seeded_events(self) -> dict[str, int]:
        """Item id -> number of seeded events."""
        counts = self.world.seeded_counts.tolist()
        return dict(zip(self.items, counts, strict=True))

    @cached_property
    def offered(self) -> frozenset[str]:
        """Available items that the service's popularity offers for sure."""
        return frozenset(compress(self.items, self.world.offered.tolist()))

    def surely_ranked(self, user_id: str, eligible: int, k: int) -> int:
        """How many of the eligible popular items are candidates for a list of ``k`` in any case (contract 12.3).

        Popularity offers as many as the fanout lets it; a pool that is full keeps up to 20 places, a quarter at most,
        for items of other sources. A sparse or new user's own anchors, or starter anchors, stand before all of them.
        """
        k = min(k, int(self.world.effective.value("RECOMMENDATION_MAX_K") or k))
        return min(k, eligible, self.surely_pooled(user_id, eligible, k))

    def surely_pooled(self, user_id: str, eligible: int, k: int) -> int:
        """How many of them are in the pool in any case, from which a list of ``k`` is chosen."""
        value = self.world.effective.value
        established = self.is_established(user_id)
        fanout = max(k, self._least_fanout(established=established))
        fanout = min(fanout, int(value("RECOMMENDATION_MAX_FANOUT") or fanout))
        offered = min(eligible, fanout)
        anchors = 0 if established else self._most_anchors(user_id)
        reserved = min(max((offered + anchors) // 4, 1), 20)
        return min(offered, max(k, fanout) - reserved - anchors)

    def _least_fanout(self, *, established: bool) -> int:
        """How many candidates popularity gives at least; for sparse and new users as their lists show, if need be."""
        effective = self.world.effective
        general = int(effective.value("POPULARITY_FANOUT") or 0)
        if established:
            return general
        if effective.known("NEW_USER_POP_FANOUT"):
            return int(effective.value("NEW_USER_POP_FANOUT") or max(general, UNSET_FANOUT))
        return self._fanout_seen

    @cached_property
    def _fanout_seen(self) -> int:
        """The fewest candidates of popularity in the quality lists of sparse and new users; 0 without any."""
        shown = (answer for answer in self.lists.values() if not self.established_answer(answer))
        sources = (answer.answer.trace.extras.candidate_sources or {} for answer in shown)
        return min((found["popularity"].count for found in sources if "popularity" in found), default=0)

    def _most_anchors(self, user_id: str) -> int:
        """How many anchors a sparse or new user may have in the pool (contract 12.2, 12.3)."""
        effective = self.world.effective
        most = max(RECENT_FLOOR, effective.min_events + 1)
        own = min((self.world.recent_counts or {}).get(user_id, most), most)
        limit = int(effective.value("RECOMMENDATION_MAX_ANCHORS_INJECTED") or most)
        return min(max(own, STARTER_ANCHORS), limit)

    @property
    def most_excluded(self) -> int:
        """How many ids a request may exclude; the service drops the rest silently (contract 5.2)."""
        return int(self.world.effective.value("RECOMMENDATION_MAX_EXCLUDE_IDS") or sys.maxsize)

    def hidden(self, user_id: str) -> frozenset[str]:
        """Items that the purchase exclusion hides from a user (contract 12.4)."""
        position = self.world.fixture.user_index[user_id]
        items = self.world.fixture.items
        return frozenset(items[item].item_id for item in self.world.hidden_pairs.get(position, ()))

    # --- tags ---

    @cached_property
    def _prefixes(self) -> dict[str, tuple[str, ...]]:
        effective = self.world.effective
        return {
            kind: prefixes(effective.value(knob), default)
            for kind, knob, default in (
                ("brand", "BRAND_TAG_PREFIXES", ("brand",)),
                ("category", "CATEGORY_TAG_PREFIXES", ("category", "cat")),
            )
        }

    def _prefixed(self, item_id: str, kind: str) -> tuple[str, ...]:
        starts = tuple(f"{prefix}:" for prefix in self._prefixes[kind])
        return tuple(tag for tag in self.items[item_id].tags if tag.strip().lower().startswith(starts))

    def brand_tags(self, item_id: str) -> frozenset[str]:
        """The item's tags with a brand prefix, as stored."""
        return frozenset(self._prefixed(item_id, "brand"))

    def plain_tags(self, item_id: str) -> frozenset[str]:
        """The item's tags without blank ones and those that carry a brand or category prefix, as stored."""
        if item_id not in self._plain:
            prefixed = {*self._prefixed(item_id, "brand"), *self._prefixed(item_id, "category")}
            self._plain[item_id] = frozenset(filter(str.strip, self.items[item_id].tags)) - prefixed
        return self._plain[item_id]

    def folded_tags(self, item_id: str) -> frozenset[str]:
        """The item's tags as filters and rules compare them: trimmed, lower case."""
        if item_id not in self._folded:
            self._folded[item_id] = frozenset(map(folded, self.items[item_id].tags))
        return self._folded[item_id]

    @cached_property
    def tagged(self) -> Mapping[str, frozenset[str]]:
        """Tag, as stored -> the available items with it that popularity can find."""
        found: dict[str, list[str]] = {}
        for item in self.available & self.offered:
            for tag in self.items[item].tags:
                found.setdefault(tag, []).append(item)
        return {tag: frozenset(items) for tag, items in found.items()}

    @cached_property
    def _plain(self) -> dict[str, frozenset[str]]:
        """What ``plain_tags`` has said so far; an item may have thousands, and is asked about in every list."""
        return {}

    @cached_property
    def _folded(self) -> dict[str, frozenset[str]]:
        return {}

    def category_of(self, item_id: str) -> str | None:
        """The category field, else the first category-prefixed tag's value, else None."""
        if (field := self.items[item_id].category) is not None:
            return field
        tags = self._prefixed(item_id, "category")
        return tags[0].split(":", 1)[1].strip() if tags else None

    # --- people ---

    def established_answer(self, exchange: Exchange) -> bool:
        """Whether an answer was made for an established user: enough recent items and no new user."""
        return self.world.established_answer(exchange)

    def is_established(self, user_id: str) -> bool:
        return self.established_answer(self.lists[user_id])

    def established(self, n: int) -> list[str]:
        """Up to n established evaluated users, taken from the segments in turn, the same in every run."""
        return self._in_turn(filter(self.is_established, self.lists), "established")[:n]

    def sample(self, per_segment: int, segments: Sequence[str] | None = None) -> list[str]:
        """Up to ``per_segment`` evaluated users of each (or each named) segment, the same in every run."""
        found: dict[str, list[str]] = {}
        for user in self._in_turn(self.lists, "sample"):
            segment = self.users[user].segment
            if segments is None or segment in segments:
                found.setdefault(segment, []).append(user)
        return [user for name in sorted(found) for user in found[name][:per_segment]]

    def _in_turn(self, users: Iterable[str], purpose: str) -> list[str]:
        return self.world.in_turn(users, self.plan.rng(purpose))
