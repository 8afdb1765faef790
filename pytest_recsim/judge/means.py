"""Means that leave unmeasurable users out instead of counting them as zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def mean_measured(values: NDArray[np.float64]) -> float:
    """Mean over the users that are not NaN; NaN when there is none."""
    measured = values[~np.isnan(values)]
    return float(measured.mean()) if len(measured) else float("nan")


def segment_means(
    values: NDArray[np.float64], segment: NDArray[np.integer], n_segments: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean and number of measured users of every segment.

    Args:
        values: ``float64[U]``, NaN where not measurable.
        segment: ``int[U]``, segment code of every user.
        n_segments: number of segments S.

    Returns:
        ``float64[S]`` (NaN for a segment without a measured user) and ``int64[S]``.
    """
    measured = ~np.isnan(values)
    counts = np.bincount(segment[measured], minlength=n_segments)
    sums = np.bincount(segment[measured], weights=values[measured], minlength=n_segments)
    means = np.full(n_segments, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means, counts.astype(np.int64)
