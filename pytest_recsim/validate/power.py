"""How small a lift can be seen: from the spread of the popularity baseline's numbers, before a service is there.

Were the service's numbers as spread as the baseline's and independent of them, the logarithm of the ratio of both means would
have the standard error ``sqrt(2 / n) x cv``, with ``cv`` the baseline's standard deviation over its mean (delta method). Real lists
share users with the baseline's, so the two go together and the interval is narrower: this is on the safe side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SURE, POWER = 1.959964, 0.841621
"""Standard normal quantiles: the two-sided 95 % interval, and 80 % of all runs."""


def smallest_lift(baseline: NDArray[np.float64]) -> float | None:
    """Return the smallest true lift whose 95 % interval would lie above 0 in 80 % of all runs, a share.

    Args:
        baseline: ``float64[n]``, the baseline's number of every user who has one.

    Returns:
        ``exp((1.96 + 0.84) x cv x sqrt(2 / n)) - 1``; None for fewer than two users, or where the baseline finds nothing.
    """
    if len(baseline) < 2 or not baseline.mean() > 0:
        return None
    variation = float(baseline.std(ddof=1) / baseline.mean())
    return math.expm1((SURE + POWER) * variation * math.sqrt(2 / len(baseline)))
