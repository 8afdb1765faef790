"""How sure a lift is: a seeded paired bootstrap over users, for the ratio of two means.

Every resample gives each user a random whole-number weight with mean, variance and third moment of Poisson(1),
which for sums over users is as good as drawing users with replacement and costs one random byte per weight.
The same weights serve both lists of a user (paired) and all metrics.

The interval is the studentised one ("bootstrap-t") of the logarithm of the ratio: ratios of small positive
means are skewed, their logarithm much less, and studentising corrects the rest. Two additions keep it
honest where few users decide. Half a typical hit is added to both sums, so that a resample without any hit has
a logarithm. And the standard error is widened by ``sqrt(1 + 1.5/m)``, m being the users that it rests on: the
hitting users on the side that has fewer, or the effective number behind the error (Kish's), whichever is less.
Percentile and BCa intervals were measured too and cover less: docs/metrics.md and docs/statistics.md have figures.
Source: Davison and Hinkley, Bootstrap Methods and their Application, 1997, chapters 2 and 5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

INTERVAL_TAIL = 0.025
"""Probability left out on each side of the 95 % interval."""
BLOCK_WEIGHTS = 1 << 21
"""Weights of a block of users: 8 MB of float32. Smaller blocks make BLAS threads meet too often on a busy machine."""
DRAWN_AT_ONCE = 1 << 18
"""Random bytes that become weights together, while they are still in the processor's cache. Bytes come in eights: a multiple of 8."""
ENDS_HOLD = 0.005
"""Standard error, by resampling alone, that an end of an interval may have: half of the second decimal, which is the last
one that anybody is shown."""
MOST_RESAMPLES = 64_000
MOST_WEIGHTS = 400_000_000
"""Users x resamples of one call: about a second."""
QUANTILE_SPREAD = 3.5
"""The 2.5 % quantile of R normal draws strays by 2.7 / sqrt(R) standard deviations (sqrt(0.025 x 0.975) / density
there); the tails of these draws are a little heavier."""
WIDENING = 1.5
"""Chosen by measurement: with 1 too many worlds fall short of 95 %, with 2 most lie above."""
WEIGHT_TABLE_COUNTS = (93, 98, 43, 17, 4, 1)
"""Of 256 random bytes, how many stand for weight 0, 1, 2 ...: mean 1, variance 1, third central moment 1.008."""


@dataclass(frozen=True)
class LiftDraws:
    """What the resamples say about one lift.

    Attributes:
        lift: ratio of the means - 1.
        log_ratio: logarithm of the ratio with half a hit added on both sides.
        error: standard error of ``log_ratio``, widened where few users decide.
        draws: ``float64[R]``, ascending: each resample's distance from ``log_ratio`` in its own standard errors.
    """

    lift: float
    log_ratio: float
    error: float
    draws: NDArray[np.float64]

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval, at least -1."""
        return self.lower(INTERVAL_TAIL)

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval; infinite when the resamples give none."""
        return self.upper(INTERVAL_TAIL)

    def lower(self, tail: float) -> float:
        """The lift that the true one is below with probability ``tail``."""
        cut = self._extremes(tail)
        bound = float(self._shifted[-cut]) if cut else -1.0
        return min(bound, self.lift)

    def upper(self, tail: float) -> float:
        """The lift that the true one is above with probability ``tail``; infinite with too few resamples."""
        cut = self._extremes(tail)
        bound = float(self._shifted[cut - 1]) if cut else math.inf
        return max(bound, self.lift)

    def p_reaches(self, threshold: float) -> float:
        """One-sided p-value of "the true lift is at least the threshold".

        At most ``tail`` exactly when ``upper(tail)`` is below the threshold.
        """
        if threshold <= self.lift or threshold <= -1:
            return 1.0
        as_extreme = int(np.count_nonzero(self._shifted >= threshold))
        return (1 + as_extreme) / (len(self.draws) + 1)

    def share_below(self, threshold: float) -> float:
        """Share of the resampled lifts that are below the threshold, on the scale of the interval."""
        return float(np.mean(self._shifted < threshold))

    @property
    def ends_error(self) -> float:
        """By how much the ends would stray with other resamples of the same users: the larger standard error of the two.

        Infinite when an end is. It is read off the draws: the place of a quantile among them is binomial.
        """
        half_step = math.sqrt(len(self.draws) * INTERVAL_TAIL * (1 - INTERVAL_TAIL))
        cut = self._extremes(INTERVAL_TAIL)
        if cut - half_step < 1:
            return math.inf
        places = [round(cut - half_step) - 1, round(cut + half_step) - 1]
        shifted = self._shifted
        ends = (shifted[places], shifted[[-1 - place for place in places]])
        return max(float(abs(end[0] - end[1])) / 2 for end in ends) if np.isfinite(ends).all() else math.inf

    def _extremes(self, tail: float) -> int:
        """How many draws lie beyond the bound, the outermost being number 1."""
        return math.floor(tail * (len(self.draws) + 1) * (1 + 1e-12))

    @cached_property
    def _shifted(self) -> NDArray[np.float64]:
        """Every draw as a lift, ``float64[R]``, descending."""
        if self.error == 0:
            return np.full(len(self.draws), math.expm1(self.log_ratio))
        with np.errstate(over="ignore"):
            return np.asarray(np.expm1(self.log_ratio - self.draws * self.error))


def bootstrap_lift(
    values: NDArray[np.float64],
    baseline: NDArray[np.float64],
    seed: int = 0,
    resamples: int = 1000,
    ends_hold: float = math.inf,
) -> tuple[LiftDraws, ...]:
    """Resample users and describe how the lift of each column varies.

    Args:
        values: ``float64[U, M]``, one metric per column, one user per row, none of them NaN or negative.
        baseline: ``float64[U, M]``, the same users and metrics for the baseline lists.
        seed: the same seed, users and resamples give the same answer.
        resamples: number of resamples R, at least.
        ends_hold: resample more often, up to a bound, until the ends stray by no more than this.

    Raises:
        ValueError: a value is negative, NaN or infinite, or a baseline column is zero throughout.
    """
    _check(values, baseline)
    hits = np.stack([np.count_nonzero(values, axis=0), np.count_nonzero(baseline, axis=0)])
    whole, half = _with_half_a_hit(np.stack([values.sum(axis=0), baseline.sum(axis=0)]), hits)
    x = values / whole[0]
    gap = x - baseline / whole[1]
    error = _error(gap, hits.min(axis=0))
    log_ratio = np.log(whole[0] / whole[1])
    resamples = max(resamples, _enough(log_ratio, error, ends_hold, len(values)))
    sums, half = _weighted_sums(x, gap, seed, resamples), half / whole
    lift = values.mean(axis=0) / baseline.mean(axis=0) - 1
    return tuple(
        LiftDraws(float(lift[m]), float(log_ratio[m]), float(error[m]), _draws(sums[:, :, m], half[:, m]))
        for m in range(values.shape[1])
    )


def _enough(log_ratio: NDArray[np.float64], error: NDArray[np.float64], ends_hold: float, users: int) -> int:
    """How many resamples make the upper ends, which stray more than the lower ones, hold; in thousands."""
    upper = np.exp(np.minimum(log_ratio + 1.96 * error, 50))
    wanted = float((QUANTILE_SPREAD * error * upper / ends_hold).max(initial=0.0)) ** 2
    bound = min(MOST_RESAMPLES, max(1000, MOST_WEIGHTS // max(users, 1)))
    return 1000 * math.ceil(min(wanted, bound) / 1000)


def _check(values: NDArray[np.float64], baseline: NDArray[np.float64]) -> None:
    for side in (values, baseline):
        if not (side.min(initial=0.0) >= 0 and side.max(initial=0.0) < np.inf):  # NaN fails both
            raise ValueError("metric values have to be finite and not negative")
    if not (baseline.max(axis=0, initial=0.0) > 0).all():
        raise ValueError("a lift over a baseline that is zero for everybody does not exist")


def _with_half_a_hit(
    sums: NDArray[np.float64], hits: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums plus half a typical hit, and the half hits, ``float64[2, M]`` each.

    A side without hits borrows the typical hit of the baseline.
    """
    typical = sums / np.maximum(hits, 1)
    half = np.where(hits > 0, typical, typical[1]) / 2
    return sums + half, half


def _error(gap: NDArray[np.float64], hits: NDArray[np.int64]) -> NDArray[np.float64]:
    """Standard error of the log ratio, widened for the few users that it rests on, ``float64[M]``.

    A sum of squares that one user dominates is a poor estimate however many users there are. Kish's effective
    number, (sum of squares)^2 / sum of fourth powers, sees that; it is at most the number of users.
    """
    squares = gap * gap
    total, fourth = squares.sum(axis=0), np.einsum("um,um->m", squares, squares)
    effective = np.divide(total * total, fourth, out=np.ones_like(total), where=fourth > 0)
    widened: NDArray[np.float64] = total * (1 + WIDENING / np.maximum(np.minimum(hits, effective), 1))
    return np.sqrt(widened)


def _draws(sums: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """One metric's draws in their order, ``float64[R]``, of its sums, ``[R, 5]``: no other metric's are held meanwhile."""
    draws = _studentised(sums, half)
    draws.sort()
    return draws


def _studentised(sums: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each resample's log ratio from the full sample's, in its own standard errors, ``float64[R]``.

    Written in x and gap = x - y instead of x and y: with nearly equal lists the variance would otherwise be a
    small difference of large float32 sums.
    """
    x, gap, xx, xgap, gapgap = sums.T
    upper = x + half[0]
    difference = gap + half[0] - half[1]
    lower = upper - difference
    slope = difference / upper
    error = np.sqrt(np.maximum(gapgap - 2 * slope * xgap + slope * slope * xx, 0)) / lower
    distance = -np.log1p(-slope)
    far: NDArray[np.float64] = np.where(distance == 0, 0.0, np.copysign(np.inf, distance))
    np.divide(distance, error, out=far, where=error > 0)
    return far


def _weighted_sums(
    x: NDArray[np.float64], gap: NDArray[np.float64], seed: int, resamples: int
) -> NDArray[np.float64]:
    """Sum x, gap and their three products under R sets of random user weights, ``float64[R, 5, M]``."""
    source = np.random.SFC64(seed)
    total = np.zeros((resamples, 5 * x.shape[1]))
    step = max(1, BLOCK_WEIGHTS // resamples)
    for start in range(0, len(x), step):
        a, b = x[start : start + step].astype(np.float32), gap[start : start + step].astype(np.float32)
        block = np.concatenate([a, b, a * a, a * b, b * b], axis=1)
        # All resamples at once: in parts, BLAS would add up in another order, and last digits with it.
        total += _weights(source, (resamples, len(block))) @ block
    return total.reshape(resamples, 5, -1)


def _weights(source: np.random.SFC64, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Random user weights: each byte counts how many steps of the table it has reached."""
    weights = np.empty(shape, dtype=np.float32)
    flat = weights.reshape(-1)
    for start in range(0, flat.size, DRAWN_AT_ONCE):
        some = flat[start : start + DRAWN_AT_ONCE]
        some[:] = _counted(source.random_raw(-(-some.size // 8)).view(np.uint8)[: some.size])
    return weights


def _counted(random_bytes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    weights, reached = np.zeros_like(random_bytes), np.empty(random_bytes.shape, dtype=np.bool_)
    for step in np.cumsum(WEIGHT_TABLE_COUNTS[:-1]).astype(np.uint8):
        np.greater_equal(random_bytes, step, out=reached)
        weights += reached.view(np.uint8)
    return weights
