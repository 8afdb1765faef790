"""Many people's own streams of chance, drawn from side by side: each gives what it would give alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

AHEAD = 96
"""Numbers per stream that are kept."""


class Streams:
    """p streams of numbers in [0, 1); ``who`` are positions of streams, none twice."""

    def __init__(self, units: Sequence[Callable[[], float]]) -> None:
        self._units = units
        self._drawn = np.empty((len(units), AHEAD))
        self._at = np.full(len(units), AHEAD)

    def fill(self, who: NDArray[np.int64], least: int, most: NDArray[np.int64] | None = None) -> None:
        """Have ``least`` numbers ready in each stream; of more than ``most`` it will never be asked for."""
        for one in who[self._at[who] > AHEAD - least].tolist():
            at = int(self._at[one])
            unit, rest = self._units[one], self._drawn[one, at:].copy()
            more = at if most is None else min(at, int(most[one]))
            self._drawn[one, : len(rest)] = rest
            self._drawn[one, len(rest) : len(rest) + more] = [unit() for _ in range(more)]
            self._at[one] = 0

    def take(self, who: NDArray[np.int64]) -> NDArray[np.float64]:
        """The next number of each."""
        at = self._at[who]
        self._at[who] = at + 1
        found: NDArray[np.float64] = self._drawn[who, at]
        return found

    def chance(self, who: NDArray[np.int64], probability: float | NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether something of that probability comes about, for each."""
        return self.take(who) < probability

    def whole(self, who: NDArray[np.int64], low: int, high: int) -> NDArray[np.int64]:
        """A whole number each, both ends included."""
        found: NDArray[np.int64] = low + (self.take(who) * (high - low + 1)).astype(np.int64)
        return found

    def index(self, who: NDArray[np.int64], cumulative: NDArray[np.float64]) -> NDArray[np.int64]:
        """A position each, drawn in proportion to the steps of float64[who, n], see ``Dice.index``."""
        mark = self.take(who) * cumulative[:, -1]
        found: NDArray[np.int64] = np.minimum(
            np.count_nonzero(cumulative <= mark[:, None], axis=1), cumulative.shape[1] - 1
        )
        return found
