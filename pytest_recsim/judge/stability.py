"""How alike several answers to the same question are."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


def overlap(one: Sequence[Hashable], other: Sequence[Hashable], k: int = 10) -> float:
    """Average overlap of two lists' first k, 0..1: 1 is the same items in the same order; NaN when both are empty.

    The mean over depths d = 1, 2, ... of "items that both have among their first d / d", down to k or the end of the
    longer list. So the front counts most, and an exchange of neighbours counts a little. 1 minus this is the
    "intersection metric" of Fagin, Kumar and Sivakumar, SIAM Journal on Discrete Mathematics 2003.
    """
    depths = range(1, min(k, max(len(one), len(other))) + 1)
    if not depths:
        return math.nan
    return sum(len(set(one[:depth]) & set(other[:depth])) / depth for depth in depths) / len(depths)


def rank_instability(answers: Sequence[Sequence[Hashable]], k: int = 10) -> float:
    """1 - mean overlap over all pairs of answers, 0 when all are alike; NaN for fewer than two or only empty ones."""
    overlaps = [overlap(one, other, k) for one, other in combinations(answers, 2)]
    measured = [value for value in overlaps if not math.isnan(value)]
    return 1 - sum(measured) / len(measured) if measured else math.nan
