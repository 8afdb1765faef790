"""A trial's lists against the start's: exact over all users, estimated from some of them.

An estimate is the best so far's number over all users plus the difference over those that were asked (its lists are a control
variate, and the more like the trial's the better; at first the start's); of a number that lists have together, such as coverage, the
best one's times the ratio over those users.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.judge.paired import paired_difference
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.trial import Gain, Goal
from pytest_recsim.simulation.measure.basis import Values
from pytest_recsim.simulation.measure.formulas import FORMULAS, PerUser
from pytest_recsim.simulation.measure.lifts import LIFTED
from pytest_recsim.tune.reading import Number, Reading

DEFAULT_GOAL = "segment_lift_ndcg"
FEWEST = 2
"""Users whose differences have a standard error."""
TOGETHER_ERROR = 0.05
"""Standard error of an estimated number of lists together, as a share of it, were there only a handful of users."""


def goals_of(metrics: Sequence[str], plan: Plan) -> tuple[Goal, ...]:
    """Return goals by the names of their metrics; of a lift the one over everybody is meant.

    Raises:
        InputError: there is no such metric, or no way of it is better.
    """
    found = []
    for name in dict.fromkeys(metrics or (DEFAULT_GOAL,)):
        metric = METRICS.get(name)
        if metric is None or metric.source not in ("lists", "lift") or not metric.better:
            able = [one.name for one in METRICS.values() if one.source in ("lists", "lift") and one.better]
            what = f"`{name}` cannot be a goal; must be one of {', '.join(able)}{nearest(name, able)}"
            raise InputError(Problem("--goal", what))
        label = metric.shown(plan.limit("relevance").value)
        found.append(Goal(metric=name, label=label, better=metric.better))
    return tuple(found)


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error: 0 where it is exact."""

    value: float | None
    error: float = 0.0
    reason: str = ""
    passed: bool | None = None


@dataclass
class Contrast:
    """A trial's lists against the start's lists of the same users.

    Attributes:
        start: the start's, all users.
        before, now: both, the users that were asked, in one order.
        near: lists that are known of all users and are more like the trial's than the start's, or the start's.
        near_here: the same, of those that were asked.
    """

    start: Reading
    before: Reading
    now: Reading
    near: Reading
    near_here: Reading
    _numbers: dict[tuple[str, str], Estimate] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return len(self.now.table.rows) == len(self.start.table.rows)

    @property
    def _rest(self) -> float:
        """What is left of a variance where a part of all users was asked."""
        return math.sqrt(1 - len(self.now.table.rows) / max(len(self.start.table.rows), 1))

    def number(self, metric: MetricFacts, segment: str = "") -> Estimate:
        """A metric over all users of a segment, or over everybody."""
        key = metric.name, segment
        if key not in self._numbers:
            self._numbers[key] = (
                self._exact(metric, segment) if self.whole else self._estimate(metric, segment)
            )
        return self._numbers[key]

    def _exact(self, metric: MetricFacts, segment: str) -> Estimate:
        found = self.now.number(metric, segment)
        return Estimate(found.value, reason=found.reason, passed=found.passed)

    def _estimate(self, metric: MetricFacts, segment: str) -> Estimate:
        known = self.near.number(metric, segment)
        if known.value is None:
            return Estimate(None, reason=known.reason)
        if reason := self.now.standing(segment)[1].reason or self.now.too_short(metric):
            return Estimate(None, reason=str(reason))
        if metric.source == "lift":
            return self._lift(metric, segment, known)
        if isinstance(FORMULAS[metric.name], PerUser):
            shift, error = self._shift(self.near_here.values(metric), self.now.values(metric), segment)
            return Estimate(known.value + shift, error)
        return self._together(metric, known)

    def _together(self, metric: MetricFacts, known: Number) -> Estimate:
        assert known.value is not None  # the caller has looked
        before, now = self.near_here.together(metric), self.now.together(metric)
        if math.isnan(now) or math.isnan(before):
            return Estimate(None, reason="the lists of the users that were asked are empty")
        value = known.value * now / before if before else now
        return Estimate(value, TOGETHER_ERROR * abs(value) * self._rest)

    def _shift(self, before: Values, now: Values, segment: str) -> tuple[float, float]:
        """The mean difference over the users of a segment, and its standard error."""
        rows = np.intersect1d(self.near_here.kept(segment), self.now.kept(segment))
        moves = now[rows] - before[rows]
        moves = moves[~np.isnan(moves)]
        if self.whole and len(moves):
            return float(moves.mean()), 0.0
        if len(moves) < FEWEST:
            return 0.0, math.inf
        return float(moves.mean()), self._rest * float(moves.std(ddof=1)) / math.sqrt(len(moves))

    def _lift(self, metric: MetricFacts, segment: str, known: Number) -> Estimate:
        """The ratio of two means, each the best so far's over all users plus its shift."""
        assert known.value is not None  # the caller has looked
        column, of = LIFTED.index(metric.compares), METRICS[metric.compares]
        everybody = self.near.kept(segment)
        base = float(np.nanmean(self.near.popular[everybody, column]))
        theirs, _ = self._shift(self.near_here.popular[:, column], self.now.popular[:, column], segment)
        base_now = base + theirs
        if base_now <= 0:
            return Estimate(None, reason="there is no ratio")
        ours, error = self._shift(self.near_here.values(of), self.now.values(of), segment)
        mean = base * (1 + known.value) + ours
        return Estimate(mean / base_now - 1, error / base_now)

    def changed(self) -> float | None:
        """Share of the lists that are not the start's."""
        unlike = self.now.unlike(self.before)
        return float(unlike.mean()) if len(unlike) else None

    def gains(self) -> Iterator[Gain]:
        """NDCG@10 and MRR@10 against the start's, over everybody and per segment."""
        segments = [
            "",
            *(
                name
                for name in self.start.table.world.plan.fixture.segments
                if len(self.now.table.rows_of(name))
            ),
        ]
        for metric in LIFTED:
            before, now = (side.values(METRICS[metric]) for side in (self.before, self.now))
            for segment in segments:
                rows = np.intersect1d(self.before.kept(segment), self.now.kept(segment))
                found = paired_difference(before[rows], now[rows])
                if not found.n:
                    continue
                ends = [end if math.isfinite(end) else None for end in (found.low, found.high)]
                yield Gain(
                    metric=metric,
                    segment=segment,
                    n=found.n,
                    before=found.before,
                    now=found.now,
                    difference=found.difference,
                    low=ends[0],
                    high=ends[1],
                )

    def first_hits(self, segment: str) -> Estimate:
        """MRR@10 of a segment with everything relevant, as S7 judges it."""
        metric = METRICS["mrr"]
        rows = self.near.kept(segment)
        known = self.near.values_of_all(metric)[rows]
        known = known[~np.isnan(known)]
        least = int(self.start.table.world.plan.limit("min_segment_users", segment).value)
        if len(known) < least:
            return Estimate(None, reason=f"{len(known)} new users with holdout, at least {least} are needed")
        if self.whole:
            now = self.now.values_of_all(metric)[self.now.kept(segment)]
            return Estimate(float(np.nanmean(now)))
        shift, error = self._shift(
            self.near_here.values_of_all(metric), self.now.values_of_all(metric), segment
        )
        return Estimate(float(known.mean()) + shift, error)

    def harm(self, segment: str) -> Estimate:
        """What a segment loses of NDCG@10 against the start, as a share of the start's mean."""
        values = METRICS["ndcg"]
        before, near = (mean_of(one.values(values)[one.kept(segment)]) for one in (self.start, self.near))
        if before is None or near is None:
            return Estimate(None, reason="nobody of this segment has relevant events")
        shift, error = self._shift(self.near_here.values(values), self.now.values(values), segment)
        if math.isinf(error):
            return Estimate(None, math.inf, "too few users of this segment were asked")
        if before <= 0:  # nothing can be lost
            return Estimate(0.0)
        return Estimate(-(near - before + shift) / before, error / before)


def mean_of(values: Values) -> float | None:
    """Return the mean of what is known, None where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
