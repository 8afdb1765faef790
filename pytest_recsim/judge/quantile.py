"""Quantiles of durations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest_rank(values: Iterable[float], share: float) -> float:
    """The smallest of the values that at least ``share`` of them do not exceed; NaN without values.

    Args:
        values: in any order.
        share: above 0, at most 1.
    """
    ordered = sorted(values)
    return ordered[max(1, math.ceil(round(share * len(ordered), 9))) - 1] if ordered else math.nan
