"""How far a number strays from one group of people to the next: what holds by less may be missed on the verdict slice.

A spread is the standard error over as many users as a whole measurement has, however many were asked by now.
"""

from __future__ import annotations

import math

import numpy as np

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.simulation.measure.basis import Rows, Values
from pytest_recsim.simulation.measure.formulas import FORMULAS, PerUser
from pytest_recsim.simulation.measure.lifts import LIFTED
from pytest_recsim.tune.estimating import FEWEST, Contrast, mean_of
from pytest_recsim.tune.guards import AVAILABILITY, COLD_START, Guard

TOGETHER = 0.05
"""Of a number that lists have together, as a share of it or of its threshold, whichever is more: what coverage differs by between two
slices of one shop. Of a number near 0 alone it would be next to nothing, and the smallest miss a hundred of it."""


def spread_of(contrast: Contrast, guard: Guard, value: float | None) -> float | None:
    """Return the spread of a guardrail's value; None where nothing is known of it."""
    if value is None or guard.metric is None or guard.check == AVAILABILITY:
        return None
    rows = contrast.now.kept(guard.case)
    many = len(contrast.start.kept(guard.case)) / max(len(rows), 1)
    if guard.check == COLD_START:
        return _error(contrast.now.values_of_all(guard.metric)[rows], many)
    if guard.metric.source == "lift":
        return _of_lift(contrast, guard.metric.compares, rows, value, many)
    if isinstance(FORMULAS[guard.metric.name], PerUser):
        return _error(contrast.now.values(guard.metric)[rows], many)
    return TOGETHER * max(abs(value), abs(float(guard.limit.value))) or None


def spread_of_harm(contrast: Contrast, segment: str) -> float | None:
    """Return the spread of what a segment loses of NDCG@10, as a share of the start's mean."""
    ndcg = METRICS["ndcg"]
    rows = np.intersect1d(contrast.before.kept(segment), contrast.now.kept(segment))
    many = len(contrast.start.kept(segment)) / max(len(rows), 1)
    before = contrast.before.values(ndcg)[rows]
    error, mean = _error(contrast.now.values(ndcg)[rows] - before, many), mean_of(before)
    return error / mean if error and mean is not None and mean > 0 else None


def _of_lift(contrast: Contrast, of: str, rows: Rows, lift: float, many: float) -> float | None:
    """Of a ratio of two means: that of what is left of each user's number after the ratio, by the mean below."""
    mine = contrast.now.values(METRICS[of])[rows]
    theirs = contrast.now.popular[rows, LIFTED.index(of)]
    error, mean = _error(mine - (1 + lift) * theirs, many), mean_of(theirs)
    return error / mean if error and mean is not None and mean > 0 else None


def _error(values: Values, many: float) -> float | None:
    """The standard error over ``many`` times as many."""
    known = values[~np.isnan(values)]
    if len(known) < FEWEST:
        return None
    return float(known.std(ddof=1)) / math.sqrt(len(known) * many) or None
