"""Decayed popularity and the user's decayed tag weights: both sum weight x value x decay over events."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.standin.http.errors import refused_by_database
from pytest_recsim.standin.ranking.arrays import (
    FALLBACK_HALF_LIFE_DAYS,
    Bools,
    Floats,
    Ints,
    decay,
    settle,
    shuffled,
)
from pytest_recsim.standin.settings.quirks import NONE, Quirks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from pytest_recsim.standin.ranking.catalogue import Catalogue
    from pytest_recsim.standin.ranking.eventlog import EventLog
    from pytest_recsim.standin.state.event_types import EventType

_KEPT = 64
_DECIMALS = 9


class Popular(NamedTuple):
    """Popularity per catalogue position, and the candidates (available, with a counted event), most popular first."""

    value: Floats
    order: Ints

    def drawn(self, rng: Random | None) -> Ints:
        """Return the candidates in order, equally popular ones in random order if asked for."""
        if rng is None:
            return self.order
        mixed = shuffled(self.order, rng)
        return np.asarray(mixed[np.argsort(-settle(self.value[mixed], _DECIMALS), kind="stable")])


class Layer(NamedTuple):
    """The events as one table of event types weighs them.

    ``base`` is weight x value per event, 0 for types without weight; ``half_life`` is the type's own in days, NaN
    where it has none.
    """

    base: Floats
    half_life: Floats
    counted: Bools

    def factor(self, ts: Ints, now: int, fallback_days: float, chosen: Bools | slice) -> Floats:
        own = self.half_life[chosen]
        return decay(ts[chosen], now, np.where(np.isnan(own), fallback_days, own))


def _layer(log: EventLog, types: Sequence[EventType]) -> Layer:
    base, half_life = np.zeros(len(log.type)), np.full(len(log.type), np.nan)
    counted = np.zeros(len(log.type), np.bool_)
    for kind in types:
        mine = log.type == kind.code
        base[mine] = kind.weight * log.value[mine]
        half_life[mine] = np.nan if kind.half_life_days is None else kind.half_life_days
        counted |= mine
    return Layer(base, half_life, counted)


def _tables(types: Sequence[EventType]) -> list[list[EventType]]:
    """Split rows so that no table names a type twice; more than one table only while event types leak."""
    tables: list[list[EventType]] = [[]]
    seen: dict[int, int] = {}
    for kind in types:
        place = seen[kind.code] = seen.get(kind.code, -1) + 1
        if place == len(tables):
            tables.append([])
        tables[place].append(kind)
    return tables


class Weighted:
    """The events weighed by the effective event types."""

    def __init__(
        self, log: EventLog, catalogue: Catalogue, types: Sequence[EventType], quirks: Quirks = NONE
    ) -> None:
        self._log = log
        self._catalogue = catalogue
        self._underflow = quirks.underflow
        self._layers = [_layer(log, table) for table in _tables(types)]
        self._kept: dict[tuple[int, float, int | None], Popular] = {}
        self._profiles_at: int | None = None
        self._for_profiles = self._layers[0].base

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
        size = self._catalogue.size + 1
        offered = np.zeros(size, np.bool_)
        sums = []
        for layer in self._layers:
            counted = layer.counted if since is None else layer.counted & (self._log.ts >= since)
            items, factor = self._log.item[counted], layer.factor(self._log.ts, now, half_life_days, counted)
            if self._underflow:
                _refuse_faded(factor[self._catalogue.available[items]])
            sums.append(np.asarray(np.bincount(items, layer.base[counted] * factor, size), np.float64))
            offered[items] = True
        value = reduce(np.add, sums)
        candidates = np.flatnonzero(offered & self._catalogue.available)
        order = candidates[np.argsort(-settle(value[candidates], _DECIMALS), kind="stable")]
        return Popular(value, order)

    def for_profiles(self, now: int, span: slice) -> Floats:
        """Return what the events of a span add to their user's tag profile; the last instant asked for is kept."""
        if self._profiles_at != now:
            self._for_profiles = reduce(np.add, [self._faded(layer, now) for layer in self._layers])
            self._profiles_at = now
        if self._underflow:
            for layer in self._layers:
                factor = layer.factor(self._log.ts, now, FALLBACK_HALF_LIFE_DAYS, span)
                _refuse_faded(factor[layer.counted[span] & self._catalogue.known[self._log.item[span]]])
        return self._for_profiles[span]

    def _faded(self, layer: Layer, now: int) -> Floats:
        return layer.base * layer.factor(self._log.ts, now, FALLBACK_HALF_LIFE_DAYS, slice(None))


def _refuse_faded(factor: Floats) -> None:
    """Fail as the database does on a decay too small for a number."""
    if not factor.all():
        raise refused_by_database("value out of range: underflow")
