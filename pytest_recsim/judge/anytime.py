"""Intervals that hold at every moment of asking, so that asking may stop because of what they say.

An ordinary 95 % interval is right for a number of users that was chosen beforehand. Who looks after every batch and
stops at the first interval that leaves the threshold out, is wrong much more often. The intervals here are betting
confidence sequences (Waudby-Smith & Ramdas, 2020 and 2024): somebody who doubts a value bets against it on every user,
at odds that are fair or worse if the value is true. Then the stakes ever grow ``1/tail``-fold with a probability of at
most ``tail`` (Ville's inequality), whenever one looks. A value on which that has happened is out, for good.

Two kinds of doubt: about the mean of a finite population whose members are drawn without replacement
(:class:`Draws`), and about a ratio of two means over users like these (:func:`ratio_wealth`). Stakes are a mixture of
fixed shares of what one has, so that nobody has to guess how much the values vary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHARES = np.geomspace(0.004, 0.9, 16)
"""Of what one has, staked on every user; each share begins with a sixteenth."""
BOLD = np.array([0.5, 0.99])
"""The same where somebody brings little of what they might, so that a lost bet costs little."""
HALVINGS = 24
"""Of the range in which an end is looked for; they leave less than any printed digit."""
NEAR = 1e-9
"""What a sum may be off by rounding."""
MOST_RATIO = 1e6
"""A ratio above this is no upper bound to anybody."""


@dataclass(frozen=True)
class Draws:
    """What a sample without replacement has shown, in the batches in which it was drawn.

    Within a batch the members of every stratum are drawn at random, and stakes are the same for all of them. Then the
    product over the batch is, on average, no more than if every member were drawn anew from everybody that was left
    (Maclaurin's inequality within a stratum, that of the means between strata).

    Attributes:
        values: ``float64[n]`` in 0..1, in the order of the batches.
        weights: ``float64[n]``: a stratum's share of who was left before the batch / its share of the batch, so that the
            batch's weighted mean has the mean of who was left as its expectation. 1 without strata.
        ends: where batches end, the last one at n.
        population: how many there are in all, N >= n.
        uncovered: per batch, the share of who was left that belongs to strata of which the batch has nobody.
    """

    values: Floats
    weights: Floats
    ends: tuple[int, ...]
    population: int
    uncovered: tuple[float, ...] = ()

    def above(self, mean: float) -> float:
        """Log of the highest stakes of somebody who bet that the population's mean is above this one."""
        return self._wealth(mean, above=True)

    def below(self, mean: float) -> float:
        """The same of somebody who bet that it is below."""
        return self._wealth(mean, above=False)

    def interval(self, tail: float) -> tuple[float, float]:
        """Ends of the means that are not out; either end is wrong with a probability of at most ``tail``.

        The mean itself, twice, when everybody has been drawn. 0 to 1 before anybody was.
        """
        if not len(self.values):
            return 0.0, 1.0
        if len(self.values) == self.population:
            mean = float(self.values.mean())
            return mean, mean
        needed = -math.log(tail)
        seen = float(self.values.sum())
        least, most = seen / self.population, (seen + self.population - len(self.values)) / self.population
        low = last_out(lambda mean: self.above(mean) >= needed, least, most)
        high = last_out(lambda mean: self.below(mean) >= needed, most, least)
        return low, high

    @cached_property
    def _batches(self) -> list[tuple[slice, float, int, float]]:
        """Per batch with anybody in it: its place, the sum and the number drawn before it, the share it does not cover."""
        sums = np.concatenate([[0.0], np.cumsum(self.values)])
        starts = (0, *self.ends[:-1])
        uncovered = self.uncovered or (0.0,) * len(self.ends)
        return [
            (slice(start, end), float(sums[start]), start, missing)
            for start, end, missing in zip(starts, self.ends, uncovered, strict=True)
            if end > start
        ]

    def _wealth(self, mean: float, *, above: bool) -> float:
        """Log of the highest mixture of stakes after any batch; infinite when the mean is impossible."""
        stakes, best = np.zeros(len(SHARES)), 0.0
        for place, seen, drawn, missing in self._batches:
            left = (self.population * mean - seen) / (self.population - drawn)
            left = min(max(left, 0.0), 1.0)  # that it cannot be beyond is told at the end
            drawn_now = self.values[place] * self.weights[place]
            if above:
                pays = _ratio(drawn_now - left, left)
            else:
                highest, left = float(self.weights[place].max()), max(left - missing, 0.0)
                pays = _ratio(left - drawn_now, highest - left)
            stakes += _grown(pays)
            best = max(best, _mixture(stakes))
        seen, drawn = float(self.values.sum()), len(self.values)
        rest = self.population * mean - seen
        impossible = rest < -NEAR if above else rest > self.population - drawn + NEAR
        return math.inf if impossible else best


def ratio_wealth(
    values: Floats, others: Floats, ends: tuple[int, ...], ratio: float, *, above: bool
) -> float:
    """Log of the highest stakes of somebody who bet that mean(values) / mean(others) is above (or below) a ratio.

    It is about the means over very many users like these, each with two numbers, so the population is not finite.

    Args:
        values: ``float64[n]`` in 0..1, in the order in which they came.
        others: ``float64[n]`` in 0..1, of the same users.
        ends: where one looks.
        ratio: above 0.
        above: which way.
    """
    pays = values / ratio - others if above else ratio * others - values
    stakes, best, start = np.zeros(len(SHARES)), 0.0, 0
    for end in ends:
        stakes += _grown(pays[start:end])
        best, start = max(best, _mixture(stakes)), end
    return best


def ratio_interval(
    values: Floats, others: Floats, ends: tuple[int, ...], tail: float
) -> tuple[float, float | None]:
    """Ends of the ratios that are not out; 0 and None where there is no bound."""
    needed = -math.log(tail)

    def out(ratio: float, *, above: bool) -> bool:
        return ratio_wealth(values, others, ends, ratio, above=above) >= needed

    tiny = 1 / MOST_RATIO
    low = math.exp(last_out(lambda log: out(math.exp(log), above=True), math.log(tiny), math.log(MOST_RATIO)))
    high = math.exp(
        last_out(lambda log: out(math.exp(log), above=False), math.log(MOST_RATIO), math.log(tiny))
    )
    return (low if low > 2 * tiny else 0.0), (high if high < MOST_RATIO / 2 else None)


@dataclass(frozen=True)
class Growth:
    """How a set grows to which everybody adds what they have, while the members of a population are drawn.

    Nobody's contribution gets larger by the others' going before. So if the set is to reach a goal at the end, then before
    every batch those who are left must bring, by the set as it is then, at least what is missing; who doubts the goal
    bets that they bring less. They stake nothing while the batch before still brought half of that.

    Attributes:
        fresh: ``float64[n]``, what each member would add to the set as it was before the batch, as a share of ``most``.
        weights, ends, population, uncovered: as of :class:`Draws`.
        before: size of the set before each batch.
        size: the same after the last one.
        most: what a member can add at most.
    """

    fresh: Floats
    weights: Floats
    ends: tuple[int, ...]
    population: int
    before: tuple[int, ...]
    size: int
    most: int
    uncovered: tuple[float, ...] = ()

    def short_of(self, goal: float) -> float:
        """Log of the highest stakes of somebody who bet that the set stays below the goal."""
        if goal > self.size + self.most * (self.population - len(self.fresh)):
            return math.inf
        stakes, best, start, latest = np.zeros(len(BOLD)), 0.0, 0, math.inf
        missing = self.uncovered or (0.0,) * len(self.ends)
        for end, size, without in zip(self.ends, self.before, missing, strict=True):
            due = (goal - size) / (self.most * (self.population - start)) - without
            brought = self.fresh[start:end] * self.weights[start:end]
            if end > start and 0 < due < 1 and latest < due / 2:
                stakes += _grown(_ratio(due - brought, float(self.weights[start:end].max()) - due), BOLD)
                best = max(best, _mixture(stakes))
            latest, start = float(brought.mean()) if end > start else latest, end
        return best

    def most_in_all(self, tail: float, limit: int) -> int:
        """The largest size at the end that is not out, between the size now and a limit."""
        needed = -math.log(tail)
        low, high = self.size, limit + 1  # the size itself cannot be out, and nothing above the limit is in
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.short_of(middle) >= needed else (middle, high)
        return low


def last_out(out: Callable[[float], bool], start: float, stop: float) -> float:
    """The last value on the way from ``start`` to ``stop`` that is out; ``start`` where not even that is known to be."""
    if not out(start):
        return start
    for _ in range(HALVINGS):
        middle = (start + stop) / 2
        start, stop = (middle, stop) if out(middle) else (start, middle)
    return start


def _ratio(gain: Floats, stake: float) -> Floats:
    """Gain per stake, never less than losing it; nothing to lose and something gained is more than can be counted."""
    if stake > 0:
        return np.maximum(gain / stake, -1.0)
    return np.where(gain > 0, math.inf, 0.0)


def _grown(pays: Floats, shares: Floats = SHARES) -> Floats:
    """Log of what every share's stakes have grown to, ``float64[shares]``."""
    return np.asarray(np.log1p(shares[:, None] * pays).sum(axis=1), dtype=np.float64)


def _mixture(stakes: Floats) -> float:
    return float(np.logaddexp.reduce(stakes) - math.log(len(stakes)))
