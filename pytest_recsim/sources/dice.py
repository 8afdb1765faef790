"""Seeded chance whose outcome is the same on every machine and Python version.

Only ``random.Random.random()`` is used (the one method whose sequence the standard library promises to keep; ``streams`` makes the
same numbers many at once) together with ``+ - * /`` and the square root, all of which IEEE 754 rounds exactly. No logarithms, exponentials or powers
(their last bit differs between C libraries), no ``sum`` of floats (its rounding changed in Python 3.12).
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from math import sqrt
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

T = TypeVar("T")


def seed_of(seed: int, purpose: str) -> int:
    """The seed of the stream with that name, of 64 bits."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:8], "big")


class Dice:
    """One independent stream of chance, named by a seed and a purpose."""

    def __init__(self, seed: int, purpose: str) -> None:
        self.unit = random.Random(seed_of(seed, purpose)).random
        """Uniform in [0, 1)."""

    def units(self, rows: int, columns: int) -> NDArray[np.float64]:
        """The next numbers of the stream, row after row: float64[rows, columns]."""
        return np.array([self.unit() for _ in range(rows * columns)]).reshape(rows, columns)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """Uniform integer, both ends included."""
        return low + int(self.unit() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return self.unit() < probability

    def one(self, options: Sequence[T]) -> T:
        return options[int(self.unit() * len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        mixed = list(options)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.whole(0, last)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def index(self, cumulative: Sequence[float]) -> int:
        """Position drawn in proportion to the steps of a cumulative weight list (last entry > 0)."""
        return min(bisect_right(cumulative, self.unit() * cumulative[-1]), len(cumulative) - 1)

    def several(self, options: Sequence[T], count: int) -> list[T]:
        """Up to ``count`` different ones, drawn one after the other."""
        left = list(options)
        return [left.pop(int(self.unit() * len(left))) for _ in range(min(count, len(left)))]

    def bell(self) -> float:
        """Nearly standard normal: twelve uniforms minus six (within -6..6)."""
        total = 0.0
        for _ in range(12):
            total += self.unit()
        return total - 6.0

    def heavy(self, cap: float) -> float:
        """Pareto with shape 2 and minimum 1, cut at ``cap``: most are small, a few are large."""
        return min(1.0 / sqrt(1.0 - self.unit()), cap)


@lru_cache
def by_rank(count: int) -> list[float]:
    """Cumulative weights 1, 1/2, 1/3, ... for ``Dice.index``."""
    return list(accumulate(1.0 / rank for rank in range(1, count + 1)))


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Split ``total`` into whole parts in proportion to the weights (largest remainder, ties to the first)."""
    everything = list(accumulate(weights))[-1]
    exact = [total * weight / everything for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(
        range(len(parts)), key=lambda position: (parts[position] - exact[position], position)
    )
    for position in by_remainder[: total - sum(parts)]:
        parts[position] += 1
    return parts
