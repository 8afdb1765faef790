"""Lift of a segment over the baseline, with its interval, or the reason why it cannot be measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.judge.bootstrap import ENDS_HOLD, LiftDraws, bootstrap_lift
from pytest_recsim.record.reason import Reason, more_users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class LiftRules:
    """When a lift counts as measured, and how it is resampled.

    Attributes:
        min_segment_users: users with a relevant item that a segment needs.
        min_baseline_hits: users among them whose baseline value is above 0.
        seed: of the bootstrap. One for everybody, so that an interval depends on nothing but the users' values.
        resamples, ends_hold: see ``bootstrap_lift``.
    """

    min_segment_users: int = 20
    min_baseline_hits: int = 10
    seed: int = 0
    resamples: int = 1000
    ends_hold: float = ENDS_HOLD


@dataclass(frozen=True)
class Lift:
    """One metric of one segment against the baseline.

    Attributes:
        segment, metric: what was measured.
        n_users: users with at least one relevant item.
        n_baseline_hits: users among them whose baseline value is above 0.
        mean, baseline_mean, difference: None without users.
        lift: ratio of the means - 1; None when not measured.
        low, high: its 95 % interval; ``high`` None while ``lift`` is there means "no upper bound".
        ends_error: by how much either end would stray with other resamples, a standard error; None without an interval,
            or without an end.
        reason: why it is not measured, a sentence part; None when it is.
        users_needed: estimate of the users that would do when it is not; None when nothing can be said.
        draws: the resamples behind the interval, for the Holm-adjusted bound.
    """

    segment: str
    metric: str
    n_users: int
    n_baseline_hits: int
    mean: float | None
    baseline_mean: float | None
    difference: float | None
    lift: float | None = None
    low: float | None = None
    high: float | None = None
    ends_error: float | None = None
    reason: Reason | None = None
    users_needed: int | None = None
    draws: LiftDraws | None = field(default=None, repr=False, compare=False)


def measure_lifts(
    segment: str,
    metrics: Sequence[str],
    values: NDArray[np.float64],
    baseline: NDArray[np.float64],
    rules: LiftRules,
    no_baseline: str = "",
) -> tuple[Lift, ...]:
    """Measure several metrics of one segment with one set of resamples.

    Args:
        segment: name of the segment.
        metrics: M names.
        values: ``float64[U, M]`` of the segment's users; users that are NaN in a column are left out of it.
        baseline: ``float64[U, M]``, the same for the baseline lists.
        rules: what is enough, and the seed.
        no_baseline: why the baseline is none, a sentence part; given, no lift is measured.
    """
    users = ~np.isnan(values)
    lifts: list[Lift] = []
    same_users: dict[bytes, list[int]] = {}
    for column, metric in enumerate(metrics):
        lift = before_draws(segment, metric, values[:, column], baseline[:, column], rules, no_baseline)
        if lift.reason is None:
            same_users.setdefault(users[:, column].tobytes(), []).append(column)
        lifts.append(lift)
    for columns in same_users.values():
        cells = np.ix_(users[:, columns[0]], np.asarray(columns))
        draws = bootstrap_lift(values[cells], baseline[cells], rules.seed, rules.resamples, rules.ends_hold)
        for column, drawn in zip(columns, draws, strict=True):
            lifts[column] = _with_draws(lifts[column], drawn)
    return tuple(lifts)


def before_draws(
    segment: str,
    metric: str,
    values: NDArray[np.float64],
    baseline: NDArray[np.float64],
    rules: LiftRules,
    no_baseline: str = "",
) -> Lift:
    """What is known of one lift before anything is resampled: its facts, and why it cannot be measured.

    That hangs on who has a relevant item and on the baseline alone, not on what the service lists.

    Args:
        segment: its name.
        metric: likewise.
        values: ``float64[U]``, NaN for users that are left out.
        baseline: ``float64[U]``, the same for the baseline lists.
        rules: what is enough.
        no_baseline: as for ``measure_lifts``.
    """
    kept = ~np.isnan(values)
    lift = _facts(segment, metric, values[kept], baseline[kept])
    if no_baseline:
        return replace(
            lift, reason=Reason(no_baseline), n_baseline_hits=0, baseline_mean=None, difference=None
        )
    reason = _shortage(lift, rules)
    if reason is None:
        return lift
    needed = users_needed(lift.n_users, lift.n_baseline_hits, rules)
    return replace(lift, reason=_with_step(reason, lift, needed), users_needed=needed)


def measure_lift(
    segment: str,
    metric: str,
    values: NDArray[np.float64],
    baseline: NDArray[np.float64],
    rules: LiftRules | None = None,
) -> Lift:
    """``measure_lifts`` for one metric: ``values`` and ``baseline`` are ``float64[U]``."""
    return measure_lifts(segment, [metric], values[:, None], baseline[:, None], rules or LiftRules())[0]


def users_needed(n_users: int, n_hits: int, rules: LiftRules) -> int | None:
    """Estimate how many users would do: the hits seen so far, extrapolated.

    Without a hit the rate is taken as high as it can be with 95 % confidence (3 in n, the "rule of three"), so
    the estimate is a lower bound. None without users.
    """
    if n_users == 0:
        return None
    rate = n_hits / n_users if n_hits else min(1.0, 3 / n_users)
    return max(rules.min_segment_users, math.ceil(round(rules.min_baseline_hits / rate, 9)))


def _shortage(lift: Lift, rules: LiftRules) -> Reason | None:
    if lift.n_users < rules.min_segment_users:
        return Reason(
            f"{lift.n_users} users with a relevant item, at least {rules.min_segment_users} are needed",
            "too_few_users",
        )
    if lift.n_baseline_hits < rules.min_baseline_hits:
        hits = f"the baseline hits for {lift.n_baseline_hits} of {lift.n_users} users"
        return Reason(f"{hits}, at least {rules.min_baseline_hits} are needed", "too_few_hits")
    if not lift.n_baseline_hits:
        return Reason("the baseline hits for nobody, so there is no ratio", "too_few_hits")
    return None


def _with_step(reason: Reason, lift: Lift, needed: int | None) -> Reason:
    """The reason with what would make the segment large enough."""
    merge = f"merge segment {lift.segment} with another"
    if needed is None or needed <= lift.n_users:  # the least that it can be, without a hit so far
        return Reason(reason, next_step=f"{merge}, or add events of its users after the split")
    about = "about" if lift.n_baseline_hits else "at least"
    more = more_users(needed - lift.n_users)
    return Reason(reason, next_step=f"{merge}, or bring {about} {more} of it with events after the split")


def _facts(segment: str, metric: str, values: NDArray[np.float64], baseline: NDArray[np.float64]) -> Lift:
    """What is known of a lift before it is decided whether it counts as measured."""
    n_users = len(values)
    mean, base = (float(values.mean()), float(baseline.mean())) if n_users else (None, None)
    return Lift(
        segment=segment,
        metric=metric,
        n_users=n_users,
        n_baseline_hits=int(np.count_nonzero(baseline > 0)),
        mean=mean,
        baseline_mean=base,
        difference=None if mean is None or base is None else mean - base,
    )


def _with_draws(lift: Lift, draws: LiftDraws) -> Lift:
    high, strays = (value if math.isfinite(value) else None for value in (draws.high, draws.ends_error))
    return replace(lift, lift=draws.lift, low=draws.low, high=high, ends_error=strays, draws=draws)
