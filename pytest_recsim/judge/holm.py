"""Many checks at once: Holm's step-down correction.

Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 1979.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALPHA = 0.025
"""One side of the 95 % interval."""


def holm_levels(p_values: Sequence[float], alpha: float = ALPHA) -> NDArray[np.float64]:
    """The level each check is held to, ``float64[n]``: it is rejected exactly when its p is at most that.

    The smallest p-value meets ``alpha / n``, the next ``alpha / (n - 1)`` and so on; the first that is not
    rejected stops the procedure, and all later ones are held to that level.
    """
    family = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(family, kind="stable")
    steps = alpha / np.arange(len(family), 0, -1)
    kept = np.flatnonzero(family[order] > steps)
    if len(kept):
        steps[kept[0] :] = steps[kept[0]]
    levels = np.empty(len(family))
    levels[order] = steps
    return levels


def resamples_for(family: int, alpha: float = ALPHA, at_least: int = 1000) -> int:
    """How many resamples a family of checks needs so that its strictest level lies inside the draws.

    With fewer the smallest possible p-value, 1 / (resamples + 1), could never reach ``alpha / family``.
    """
    return max(at_least, math.ceil(2 * family / alpha))
