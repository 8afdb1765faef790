"""How sure a difference between two lists of the same users is: a paired t interval for the mean difference.

Most users' numbers do not move at all, and a few decide. The interval therefore has as many degrees of freedom as users who
moved, less one, and not as many as there are users. There is no chance in it: equal numbers give an equal interval.
Source: Student, Biometrika 1908; the degrees of freedom are ours, docs/compare.md has how often they are wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Z = 1.959963984540054
"""97.5 % of a normal distribution lie below."""
LEAST_MOVED = 3
"""Two users who moved could have moved by chance, however far."""


@dataclass(frozen=True)
class Paired:
    """A mean difference over users.

    Attributes:
        n: users with a number on both sides.
        before, now: the two means over exactly these users; NaN without any.
        difference: ``now - before``.
        low, high: its 95 % interval; infinite where too few users moved to say.
        moved: users whose number is not the same.
    """

    n: int
    before: float
    now: float
    difference: float
    low: float
    high: float
    moved: int


def paired_difference(before: NDArray[np.float64], now: NDArray[np.float64]) -> Paired:
    """Compare two numbers of each user.

    Args:
        before: ``float64[U]``, one number per user; who is NaN here or there is left out.
        now: ``float64[U]``, the same users in the same order.

    Raises:
        ValueError: the two are not of one length.
    """
    if before.shape != now.shape:
        raise ValueError(f"{len(before)} users before and {len(now)} now are not pairs")
    both = ~(np.isnan(before) | np.isnan(now))
    before, now = before[both], now[both]
    n, moves = len(before), now - before
    if not n:
        return Paired(0, math.nan, math.nan, math.nan, -math.inf, math.inf, 0)
    middle, moved = float(moves.mean()), int(np.count_nonzero(moves))
    half = _half_width(moves, moved) if moved else 0.0
    return Paired(n, float(before.mean()), float(now.mean()), middle, middle - half, middle + half, moved)


def _half_width(moves: NDArray[np.float64], moved: int) -> float:
    if moved < LEAST_MOVED:
        return math.inf
    return t_quantile(moved - 1) * float(moves.std(ddof=1)) / math.sqrt(len(moves))


def t_quantile(freedom: float) -> float:
    """The value that 97.5 % of Student's distribution lie below; at most 3 % too high, never too low.

    ``freedom`` is at least 1. Between the rows of the table it is linear in 1 / freedom.
    """
    return float(np.interp(1 / freedom, _INVERSE, _QUANTILES))


_TABLE = (
    (math.inf, Z),
    (50, 2.0086),
    (20, 2.086),
    (10, 2.2281),
    (7, 2.3646),
    (5, 2.5706),
    (4, 2.7764),
    (3, 3.1824),
    (2, 4.3027),
    (1, 12.7062),
)
_INVERSE, _QUANTILES = zip(*((1 / freedom, quantile) for freedom, quantile in _TABLE), strict=True)
