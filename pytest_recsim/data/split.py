"""The split by time: what the service may see, and what it is judged on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.data.instants import to_us
from pytest_recsim.data.problems import InputError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_recsim.data.columns import Columns

_DAY = 86_400_000_000
ALLOWED = "a share above 0 and below 1, or an instant with offset"


@dataclass(frozen=True)
class Split:
    """Which events are seeded and which are held out.

    Attributes:
        cut_us: the last instant that is seeded, microseconds since 1970 UTC; None without events.
        seeded: int64[m], event positions with ``ts <= cut_us``, by time, ties in file order.
        holdout: int64[h], event positions with ``ts > cut_us``, in the same order.
        dropped: events older than the window, in neither.
    """

    cut_us: int | None
    seeded: NDArray[np.int64]
    holdout: NDArray[np.int64]
    dropped: int


def split_events(columns: Columns, at: float | datetime = 0.75, window_days: float | None = None) -> Split:
    """Split events by time.

    ``at`` as a share q: the cut is the time of event number ceil(q x n) in time order, the smallest time that
    has at least the share q of all n events at or before it (the inverse of the empirical distribution, no
    interpolation). Events at the very same time stay together on the seeded side, so the seeded share is q or
    a little more; with all times equal nothing is held out. ``at`` as an instant is the cut itself.

    ``window_days`` keeps only events at most that many days older than the newest one, before n is counted.

    Raises:
        InputError: ``at`` or ``window_days`` is out of range.
    """
    _check(at, window_days)
    order = np.argsort(columns.ts, kind="stable").astype(np.int64)
    times = columns.ts[order]
    start = 0
    if window_days is not None and times.size:
        start = int(np.searchsorted(times, int(times[-1]) - round(window_days * _DAY), side="left"))
    order, times = order[start:], times[start:]
    if not times.size:
        return Split(None, order, order, 0)
    cut = to_us(at) if isinstance(at, datetime) else _quantile(times, at)
    seeded = int(np.searchsorted(times, cut, side="right"))
    return Split(cut, order[:seeded], order[seeded:], start)


def _quantile(times: NDArray[np.int64], share: float) -> int:
    # 0.1 x 30 is a hair above 3 in floating point, and must still mean the third event.
    number = math.ceil(share * times.size - 1e-9)
    return int(times[max(number, 1) - 1])


def _check(at: float | datetime, window_days: float | None) -> None:
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise InputError(Problem("split", f"{at.isoformat()} has no offset; allowed {ALLOWED}"))
    elif not 0 < at < 1:
        raise InputError(Problem("split", f"{at} is out of range; allowed {ALLOWED}"))
    if window_days is not None and not 0 < window_days < 100_000:
        raise InputError(
            Problem("window days", f"{window_days} is out of range; allowed above 0 and below 100000")
        )
