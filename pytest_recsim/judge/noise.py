"""What a service's own randomness does to its answers, measured on several answers to the same question."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    Answer = Sequence[Hashable]


def shared(one: Answer, other: Answer, k: int = 20) -> float:
    """Share of items that both lists have among their first k, of the longer one; NaN when both are empty."""
    first, second = set(one[:k]), set(other[:k])
    longest = max(len(first), len(second))
    return len(first & second) / longest if longest else math.nan


def over_pairs(answers: Sequence[Answer], measure: Callable[[Answer, Answer], float]) -> float:
    """Mean of a measure over all pairs of answers; NaN without a pair that has a value."""
    values = [value for pair in combinations(answers, 2) if not math.isnan(value := measure(*pair))]
    return sum(values) / len(values) if values else math.nan


def score_drift(answers: Sequence[Mapping[str, float]]) -> float:
    """Largest relative difference between two scores of one item, over all pairs of answers that both list it.

    0 when no item is in two answers: nothing was seen to move.
    """
    differences = [
        abs(one[item] - other[item]) / largest
        for one, other in combinations(answers, 2)
        for item in one.keys() & other.keys()
        if (largest := max(abs(one[item]), abs(other[item]))) > 0
    ]
    return max(differences, default=0.0)


def within_variance(values: NDArray[np.float64]) -> tuple[float, int]:
    """Variance of a user's value from answer to answer, mean over users, and how many users that is.

    Args:
        values: ``float64[U, T]``, T answers each; a user with a NaN is left out.

    Returns:
        ``(nan, 0)`` without users or with fewer than two answers each.
    """
    measured = values[~np.isnan(values).any(axis=1)]
    if not len(measured) or measured.shape[1] < 2:
        return math.nan, 0
    moved = measured - measured[:, :1]  # equal answers differ by 0 then, not by the rounding of their mean
    return float(moved.var(axis=1, ddof=1).mean()), len(measured)


def noise_of_mean(
    values: NDArray[np.float64], variances: NDArray[np.float64]
) -> tuple[float | None, float | None]:
    """What the chance in single answers does to the mean over users.

    Args:
        values: ``float64[U]``, one answer's value per user.
        variances: ``float64[U]``, how a user's value varies from answer to answer; NaN for unknown.

    Returns:
        The standard deviation of the mean that comes from it, and its share of the mean's sampling variance, which
        holds both what users and what answers differ by. None for what is not known or does not exist.
    """
    if not len(values) or np.isnan(variances).any():
        return None, None
    of_mean = float(variances.sum()) / len(values) ** 2
    sampled = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    return math.sqrt(of_mean), min(1.0, of_mean / sampled) if sampled > 0 else None


def falls_beyond_chance(lost: int, gained: int, level: float) -> bool:
    """Whether so many changes for the worse are too many for a coin: exact one-sided sign test.

    Args:
        lost: subjects that were better before, e.g. saw an item and do not any more.
        gained: subjects that are better now; those without a change say nothing and are not counted.
        level: probability of saying so although a loss was as likely as a gain.
    """
    changed = lost + gained
    at_least = sum(math.comb(changed, count) for count in range(lost, changed + 1))
    return changed > 0 and at_least / 2**changed <= level
