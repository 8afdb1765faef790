"""Checks in passing: every answer is looked at once, cheaply, and nothing it breaks is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from math import isfinite

from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.watch.expectations import NEW_USERS, Expectations, tag_values
from pytest_recsim.service.watch.list_length import DEFAULT_K, left_out
from pytest_recsim.service.watch.violations import Violation, WatchSummary

NO_ANCHORS = "(no_recent_activity)"
EXCLUSION = ("rule_exclude_events", "purchased_window_days")


class Watch:
    """Collects breaches of the contract and of availability (contract sections 5.4, 12).

    Args:
        known: item -> whether it is available, for every item that may be recommended; None = not checked.
        expectations: what else is known about users, tags and caps.
    """

    def __init__(self, known: Mapping[str, bool] | None, expectations: Expectations | None = None) -> None:
        self._expected = expectations or Expectations()
        self._known = known
        self._free = {id_ for id_, available in known.items() if available} if known is not None else None
        self._brands = tag_values(self._expected.tags, self._expected.brand_prefixes)
        self._categories = tag_values(self._expected.tags, self._expected.category_prefixes)
        self._answers = self._slots = self._unavailable = 0
        self._checked: Counter[str] = Counter()
        self._found: dict[tuple[str, str], Violation] = {}

    def see(self, exchange: Exchange) -> None:
        """Check one exchange; well under 50 microseconds for a sound list of 20."""
        self._answers += 1
        self._slots += len(exchange.ids)
        self._shape(exchange)
        if self._free is not None:
            self._availability(exchange, self._free)
        hint = (exchange.answer.segment_id or self._expected.segments.get(exchange.ask.user_id, "")).lower()
        self._recent(exchange, hint)
        self._anchors(exchange, hint)
        if exchange.ask.surface in self._expected.rule_free_surfaces:
            self._order(exchange, hint)
            self._caps(exchange)
            self._hidden(exchange, hint)
            self._full(exchange)

    def summary(self) -> WatchSummary:
        """Return what was seen so far."""
        found = tuple(self._found.values())
        return WatchSummary(self._answers, self._slots, self._unavailable, dict(self._checked), found)

    def _shape(self, exchange: Exchange) -> None:
        ids, items = exchange.ids, exchange.answer.items
        if len(set(ids)) != len(ids):
            twice = next(id_ for id_, times in Counter(ids).items() if times > 1)
            self._note("contract", "duplicate ids", f"`{twice}` is listed more than once", exchange)
        k = exchange.ask.k or DEFAULT_K
        if len(ids) > k:
            self._note(
                "contract", "more than k items", f"{len(ids)} items were returned for k = {k}", exchange
            )
        final = exchange.answer.trace.extras.policy.final_count
        if len(ids) != final:
            detail = f"{len(ids)} items, but policy.final_count says {final}"
            self._note("contract", "length differs from final_count", detail, exchange)
        if not all(isfinite(item.score) for item in items):
            self._note("contract", "score not finite", "a score is infinite or not a number", exchange)

    def _availability(self, exchange: Exchange, free: set[str]) -> None:
        self._checked["availability"] += 1
        if free.issuperset(exchange.ids):
            return
        known = self._known or {}
        wrong = [id_ for id_ in exchange.ids if id_ not in free]
        self._unavailable += len(wrong)
        for what, ids in (
            ("unknown item", [id_ for id_ in wrong if id_ not in known]),
            ("unavailable item", [id_ for id_ in wrong if id_ in known]),
        ):
            if ids:
                shown = f"`{ids[0]}` at rank {exchange.rank(ids[0])}"
                self._note(
                    "availability", what, f"{shown}, {len(ids)} of {len(exchange.ids)} slots", exchange
                )

    def _recent(self, exchange: Exchange, hint: str) -> None:
        overrides = exchange.ask.overrides or {}
        expected = self._expected.recent_count(exchange.ask.user_id, hint)
        window = self._expected.profile_window_days
        if expected is None or overrides.get("profile_window_days", window) != window:
            return
        self._checked["recent_event_count"] += 1
        got = exchange.answer.trace.extras.recent_event_count
        if got != expected:
            detail = f"recent_event_count {got}, but the seeded events of this user make {expected}"
            self._note("contract", "recent_event_count does not fit the user", detail, exchange)

    def _order(self, exchange: Exchange, hint: str) -> None:
        least = self._expected.min_events
        recent = exchange.answer.trace.extras.recent_event_count
        if least is None or hint == NEW_USERS or recent < least:
            return
        self._checked["order"] += 1
        keys = [(-item.score, item.item_id) for item in exchange.answer.items]
        if keys != sorted(keys):
            position = next(rank for rank, (one, next_) in enumerate(pairwise(keys), 2) if next_ < one)
            detail = f"rank {position} should stand before rank {position - 1} (score descending, ties by id)"
            self._note("contract", "scores do not descend", detail, exchange)

    def _caps(self, exchange: Exchange) -> None:
        for name, (cap, values) in self._caps_of(exchange).items():
            if not cap or not values:
                continue
            self._checked[name] += 1
            held = Counter([value for id_ in exchange.ids for value in values.get(id_, ())])
            if held and max(held.values()) > cap:
                value, times = held.most_common(1)[0]
                self._note("contract", f"{name} exceeded", f"{times} items of `{value}`, cap {cap}", exchange)

    def _caps_of(self, exchange: Exchange) -> dict[str, tuple[int | None, Mapping[str, tuple[str, ...]]]]:
        """Return each cap in effect (0 is off, None unknown) with the values that it counts."""
        expected, asked = self._expected, exchange.ask.overrides or {}
        # a matched segment's profile replaces the caps, and we do not know its values
        known = exchange.answer.profile_id is None
        return {
            name: (asked.get(name, by_profile if known else None), values)
            for name, by_profile, values in (
                ("brand_cap", expected.brand_cap, self._brands),
                ("category_cap", expected.category_cap, self._categories),
            )
        }

    def _anchors(self, exchange: Exchange, hint: str) -> None:
        """Hold the explanation's seed items to the user's own history."""
        mine = (self._expected.touched or {}).get(exchange.ask.user_id)
        first = exchange.answer.items[0] if exchange.answer.items else None
        if not mine or first is None or first.explain is None or not first.explain.anchors:
            return
        if hint == NEW_USERS and not self._has_anchors(exchange, mine):
            return
        self._checked["anchors"] += 1
        strange = [id_ for id_ in first.explain.anchors if id_ not in mine and id_ != NO_ANCHORS]
        if strange:
            detail = f"`{strange[0]}` is explained as an item of this user's history, but is none"
            self._note("contract", "anchors are not the user's own", detail, exchange)

    def _has_anchors(self, exchange: Exchange, mine: frozenset[str]) -> bool:
        """Whether a new user's own items serve as anchors for sure; starter interests do where none is available."""
        return exchange.answer.trace.extras.recent_event_count > 0 and mine <= (self._free or frozenset())

    def _hidden(self, exchange: Exchange, hint: str) -> None:
        hidden = (self._expected.hidden or {}).get(exchange.ask.user_id)
        asked, told = exchange.ask.overrides or {}, self._expected.exclusion
        # Mode `request` sends the whole profile with every question: what is sent as it is changes nothing.
        changed = any(name in asked and asked[name] != told.get(name) for name in EXCLUSION)
        if not hidden or changed or hint == NEW_USERS or exchange.answer.profile_id is not None:
            return
        self._checked["hidden items"] += 1
        if shown := hidden.intersection(exchange.ids):
            one = min(shown, key=exchange.ids.index)
            detail = f"`{one}` at rank {exchange.rank(one)}, which the user's own events exclude"
            self._note("contract", "items hidden from the user", detail, exchange)

    def _full(self, exchange: Exchange) -> None:
        hidden = (self._expected.hidden or {}).get(exchange.ask.user_id, frozenset())
        caps = list(self._caps_of(exchange).values())
        if any(cap is None for cap, _ in caps):
            return
        if any(cap for cap, _ in caps) and exchange.answer.trace.extras.candidate_sources is None:
            return  # a revision that does not say what was offered
        self._checked["length"] += 1
        if missing := left_out(exchange, self._expected, caps, hidden):
            k = exchange.ask.k or DEFAULT_K
            detail = f"{len(exchange.ids)} items for k = {k}, although {missing}"
            self._note("contract", "shorter than it could be", detail, exchange)

    def _note(self, kind: str, what: str, detail: str, exchange: Exchange) -> None:
        seen = self._found.get((kind, what))
        if seen is not None:
            self._found[kind, what] = replace(seen, count=seen.count + 1)
            return
        self._found[kind, what] = Violation(kind, what, 1, detail, exchange.ask.user_id, exchange.curl())
