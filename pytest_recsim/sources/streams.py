"""Many people's own streams of chance, drawn from side by side: each gives what it would give alone.

``random.Random.random()`` makes a number of two words of 32 bits each; ``randbytes`` gives the same words, many at once. Tests hold
the numbers to those of ``random()``.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Real = NDArray[np.float64]

BYTES = 8
"""Of chance in a number."""
AT_ONCE = 64
"""Streams whose words are made into numbers at once: what is needed on the way stays in the processor's cache."""


class Streams:
    """p streams of numbers in [0, 1); ``who`` are positions of streams, none twice.

    Args:
        seeds: of each, see ``dice.seed_of``.
        ahead: int64[p], numbers that are drawn at once; more are drawn where more are wanted.
    """

    def __init__(self, seeds: Sequence[int], ahead: Whole) -> None:
        self._seeds = seeds
        self._drawn = np.empty(0)
        self._first, self._at, self._end = np.zeros((3, len(seeds)), dtype=np.int64)
        self._draw(np.arange(len(seeds)), ahead)

    def ready(self, who: Whole, count: int | Whole) -> None:
        """Have so many numbers ready in each stream; nothing else draws any."""
        short = self._at[who] + count > self._end[who]
        if short.any():
            some = who[short]
            more = count if isinstance(count, int) else count[short]
            self._draw(some, 2 * (self._at[some] - self._first[some] + more))

    def take(self, who: Whole) -> Real:
        """The next number of each."""
        at = self._at[who]
        self._at[who] = at + 1
        found: Real = self._drawn[at]
        return found

    def runs(self, counts: Whole) -> Real:
        """The next numbers of every stream, so many of each, one stream's after the other's."""
        before = counts.cumsum() - counts
        at = np.repeat(self._at - before, counts) + np.arange(counts.sum())
        self._at += counts
        found: Real = self._drawn[at]
        return found

    def coming(self, who: Whole, count: int) -> Real:
        """The numbers that come next in each, left where they are: float64[who, count]; what is not ready is any number."""
        return self._drawn.take(self._at[who][:, None] + np.arange(count), mode="clip")

    def skip(self, who: Whole, counts: Whole) -> None:
        self._at[who] += counts

    def chance(self, who: Whole, probability: float | Real) -> NDArray[np.bool_]:
        """Whether something of that probability comes about, for each."""
        return self.take(who) < probability

    def whole(self, who: Whole, low: int, high: int) -> Whole:
        """A whole number each, both ends included."""
        found: Whole = low + (self.take(who) * (high - low + 1)).astype(np.int64)
        return found

    def index(self, who: Whole, cumulative: Real) -> Whole:
        """A position each, drawn in proportion to the steps of float64[who, n]."""
        return drawn(cumulative, self.take(who))

    def _draw(self, who: Whole, counts: Whole) -> None:
        """Draw these streams from their beginning, and go on where each was."""
        seeds, sizes = [self._seeds[one] for one in who.tolist()], counts.tolist()
        parts = [
            _numbers(seeds[begin : begin + AT_ONCE], sizes[begin : begin + AT_ONCE])
            for begin in range(0, len(seeds), AT_ONCE)
        ]
        used, end = self._at[who] - self._first[who], len(self._drawn) + counts.cumsum()
        self._drawn = np.concatenate([self._drawn, *parts])
        self._first[who], self._end[who] = end - counts, end
        self._at[who] = self._first[who] + used


def _numbers(seeds: Sequence[int], counts: Sequence[int]) -> Real:
    """The first numbers of ``random.Random`` with each seed: 27 bits of one word, 26 of the next."""
    words = [random.Random(seed).randbytes(BYTES * count) for seed, count in zip(seeds, counts, strict=True)]
    first, second = np.frombuffer(b"".join(words), "<u4").reshape(-1, 2).T
    found = (first >> 5).astype(np.float64)
    found *= 2.0**26
    found += second >> 6
    found *= 2.0**-53
    return found


def drawn(cumulative: Real, numbers: Real) -> Whole:
    """A position for each number, in proportion to the steps of float64[numbers, n], see ``Dice.index``."""
    passed = cumulative <= (numbers * cumulative[:, -1])[:, None]
    passed[:, -1] = False
    found: Whole = passed.argmin(axis=1)
    return found
