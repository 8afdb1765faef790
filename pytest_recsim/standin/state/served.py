"""Which rules a request sees where the service is known to see old ones (contract 8.5, 18)."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from random import Random

    from pytest_recsim.standin.settings.quirks import Quirks
    from pytest_recsim.standin.state.rulebook import Rule


class Rules(Protocol):
    """Where the rules of a request come from."""

    def active(self, org: str, namespace: str, surface: str, segment_id: str, now: int) -> list[Rule]: ...


class Lagging:
    """A service that goes on with the rules it knew, 0.8 to 1.2 times ``refresh`` seconds after it is first asked."""

    def __init__(self, rules: Rules, refresh: float, chance: Random) -> None:
        self._rules = rules
        self._refresh = refresh
        self._chance = chance
        self._shown: dict[tuple[str, ...], list[Rule]] = {}
        self._next: dict[tuple[str, ...], tuple[list[Rule], float]] = {}

    def active(self, org: str, namespace: str, surface: str, segment_id: str, now: int) -> list[Rule]:
        """Return the rules that a request on this surface is subject to, as they were a moment ago."""
        key, instant = (org, namespace, surface, segment_id), time.monotonic()
        rules = self._rules.active(org, namespace, surface, segment_id, now)
        shown = self._shown.setdefault(key, rules)
        if shown == rules:
            self._next.pop(key, None)
            return shown
        coming, due = self._next.get(key, (shown, 0.0))
        if coming != rules:
            due = instant + self._refresh * self._chance.uniform(0.8, 1.2)
            self._next[key] = rules, due
        if instant >= due:
            self._shown[key] = rules
            del self._next[key]
        return self._shown[key]


class Replicas:
    """Two copies of the service behind one address, asked in turn.

    The second one reads rules again only when what it holds is ``refresh`` seconds old, whatever the service's clock.
    """

    def __init__(self, first: Rules, stored: Rules, refresh: float) -> None:
        self._first = first
        self._stored = stored
        self._refresh = refresh
        self._held: dict[tuple[str, ...], tuple[float, list[Rule]]] = {}
        self._second = False

    def active(self, org: str, namespace: str, surface: str, segment_id: str, now: int) -> list[Rule]:
        """Return the rules that a request on this surface is subject to, as one of the two copies sees them."""
        self._second = not self._second
        if not self._second:
            return self._first.active(org, namespace, surface, segment_id, now)
        key, instant = (org, namespace, surface, segment_id), time.monotonic()
        read, rules = self._held.get(key, (-math.inf, []))
        if instant - read >= self._refresh:
            rules = self._stored.active(org, namespace, surface, segment_id, now)
            self._held[key] = (instant, rules)
        return rules


def served(rules: Rules, refresh: float, quirks: Quirks) -> Rules:
    """Return where lists take their rules from; ``refresh`` is the age in seconds at which a cache reads again."""
    first = rules if quirks.lag is None else Lagging(rules, refresh, quirks.lag)
    return Replicas(first, rules, refresh) if quirks.replica else first
