"""Decayed popularity and the user's decayed tag weights: both sum weight x value x decay over events."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.arrays import FALLBACK_HALF_LIFE_DAYS, Floats, Ints, decay, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.standin.event_types import EventType
    from pytest_recsim.standin.ranking.catalogue import Catalogue
    from pytest_recsim.standin.ranking.eventlog import EventLog

_KEPT = 64
_DECIMALS = 9


class Popular(NamedTuple):
    """Popularity per catalogue position, and the candidates (available, with a counted event), most popular first."""

    value: Floats
    order: Ints


class Weighted:
    """The events weighed by the effective event types.

    ``base`` is weight x value per event, 0 for types without weight; ``own_half_life`` is NaN where the type has none.
    """

    def __init__(self, log: EventLog, catalogue: Catalogue, types: Sequence[EventType]) -> None:
        self._log = log
        self._catalogue = catalogue
        self.base = np.zeros(len(log.type))
        self.own_half_life = np.full(len(log.type), np.nan)
        self._counted = np.zeros(len(log.type), np.bool_)
        for kind in types:
            mine = log.type == kind.code
            self.base[mine] = kind.weight * log.value[mine]
            self.own_half_life[mine] = np.nan if kind.half_life_days is None else kind.half_life_days
            self._counted |= mine
        self._kept: dict[tuple[int, float, int | None], Popular] = {}
        self._profiles_at: int | None = None
        self._for_profiles = self.base

    def popular(self, now: int, half_life_days: float, since: int | None) -> Popular:
        """Return popularity at ``now``; only events at or after ``since`` count. Half-life 0 means 14 days."""
        key = (now, half_life_days, since)
        found = self._kept.get(key)
        if found is None:
            found = self._popular(now, half_life_days or FALLBACK_HALF_LIFE_DAYS, since)
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = found
        return found

    def _popular(self, now: int, half_life_days: float, since: int | None) -> Popular:
        counted = self._counted if since is None else self._counted & (self._log.ts >= since)
        items, ts = self._log.item[counted], self._log.ts[counted]
        own = self.own_half_life[counted]
        half_life = np.where(np.isnan(own), half_life_days, own)
        size = self._catalogue.size + 1
        value = np.asarray(
            np.bincount(items, self.base[counted] * decay(ts, now, half_life), size), np.float64
        )
        offered = np.zeros(size, np.bool_)
        offered[items] = True
        candidates = np.flatnonzero(offered & self._catalogue.available)
        order = candidates[np.argsort(-settle(value[candidates], _DECIMALS), kind="stable")]
        return Popular(value, order)

    def for_profiles(self, now: int) -> Floats:
        """Return what each event adds to its user's tag profile at ``now``; the last instant asked for is kept."""
        if self._profiles_at != now:
            own = self.own_half_life
            half_life = np.where(np.isnan(own), FALLBACK_HALF_LIFE_DAYS, own)
            self._for_profiles = self.base * decay(self._log.ts, now, half_life)
            self._profiles_at = now
        return self._for_profiles
