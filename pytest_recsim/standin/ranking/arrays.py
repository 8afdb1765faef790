"""Array types and the small arithmetic that all signals share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_recsim.standin.settings.clock import DAY

if TYPE_CHECKING:
    from random import Random

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FALLBACK_HALF_LIFE_DAYS = 14.0
# Beyond this many doublings (events dated far in the future) a weight stays finite instead of overflowing.
_MOST_DOUBLINGS = 500.0
_EARLIEST = -(1 << 62)
_MOST_DAYS = 1e8
# Each step looks at the whole catalogue; the counts of a profile's tags need a few.
_MOST_STEPS = 64


class Extra(NamedTuple):
    """What a source other than popularity offers: items in id order, or at random, with their raw signal."""

    items: Ints
    signal: Floats

    def drawn(self, rng: Random | None) -> Extra:
        """Return the same in the order in which it joins the pool."""
        if rng is None:
            return self
        order = shuffled(np.arange(len(self.items)), rng)
        return Extra(self.items[order], self.signal[order])


def strict_arithmetic() -> np.errstate:
    """Raise FloatingPointError, as the database does, where a result would be infinite or no number."""
    return np.errstate(over="raise", invalid="raise", divide="raise")


def saturate(values: Floats) -> Floats:
    """Return x/(1+x) for x > 0, else 0."""
    positive = np.maximum(values, 0.0)
    positive /= positive + 1.0
    return positive


def settle(scores: Floats, decimals: int = 12) -> Floats:
    """Round so that the last bits of a sum cannot decide an order."""
    scale = 10.0**decimals
    settled = scores * scale
    np.rint(settled, out=settled)
    settled /= scale
    return settled


def decay(ts: Ints, now: int, half_life_days: Floats | float) -> Floats:
    """Return 0.5 ** (age / half-life) per instant; above 1 for the future."""
    doublings = (ts - now) / (half_life_days * DAY)
    return np.asarray(np.exp2(np.minimum(doublings, _MOST_DOUBLINGS)))


def window_start(now: int, days: float) -> int:
    """Return the first instant inside a window of that many days before ``now``."""
    return max(now - int(min(days, _MOST_DAYS) * DAY), _EARLIEST)


def ranges(starts: Ints, lengths: Ints) -> Ints:
    """Return the concatenated index ranges ``start .. start+length``."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - lengths), lengths))


def shuffled(values: Ints, rng: Random | None) -> Ints:
    """Return the values in random order; as they are without a generator."""
    return values if rng is None else np.random.default_rng(rng.getrandbits(64)).permutation(values)


def best_set(keys: NDArray[Any], count: int) -> Ints:
    """Return the positions, ascending, of the ``count`` largest keys; of equal keys the first ones."""
    if count >= len(keys):
        return np.arange(len(keys))
    threshold = np.partition(keys, len(keys) - count)[len(keys) - count]
    chosen = keys > threshold
    chosen[(keys == threshold).nonzero()[0][: count - np.count_nonzero(chosen)]] = True
    return np.asarray(chosen.nonzero()[0])


def best_counts(counts: NDArray[np.unsignedinteger], count: int) -> Ints:
    """Return the positions, ascending, of the ``count`` largest counts above 0; of equal ones the first.

    The same as ``best_set`` among those above 0. Counts are small whole numbers, so that stepping down from the
    highest finds the last one that gets in with a few comparisons, where sorting would move a whole catalogue.
    """
    least, inside = int(counts.max(initial=0)), 0
    if least > _MOST_STEPS:
        positive = counts.nonzero()[0]
        return np.asarray(positive[best_set(counts[positive], count)])
    while least > 0 and (reached := np.count_nonzero(counts >= least)) < count:
        least, inside = least - 1, int(reached)
    if least == 0:
        return np.asarray((counts > 0).nonzero()[0])
    chosen = counts > least
    chosen[(counts == least).nonzero()[0][: count - inside]] = True
    return np.asarray(chosen.nonzero()[0])


def largest(keys: Floats, count: int) -> Ints:
    """Return the positions of the ``count`` largest keys, largest first; equal keys by position."""
    chosen = best_set(keys, count)
    return np.asarray(chosen[np.argsort(-keys[chosen], kind="stable")])
