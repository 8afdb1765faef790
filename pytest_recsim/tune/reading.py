"""What a set of lists measures: goals, guardrails and numbers per user, exactly as a whole run measures them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.judge.lift import before_draws
from pytest_recsim.judge.ranking import gains
from pytest_recsim.record.quality import RelevanceName
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.measure.basis import Basis, Rows, Values
from pytest_recsim.simulation.measure.figures import Measure, standing_figure
from pytest_recsim.simulation.measure.formulas import FORMULAS, PerUser, per_user
from pytest_recsim.simulation.measure.lifts import (
    LIFTED,
    Chance,
    compared_of,
    ndcg_and_mrr,
    rules_of,
    segment_lifts,
)
from pytest_recsim.simulation.truth.applied import Applied, Standing
from pytest_recsim.simulation.truth.slates import Slates


@dataclass(frozen=True)
class Number:
    """A value, or why there is none.

    Attributes:
        value: None where it was not measured.
        reason: why.
        passed: what a verdict rule that judges an interval made of it; None where the value itself is judged.
    """

    value: float | None
    reason: str = ""
    passed: bool | None = None


class Reading:
    """The lists of some users, and what they measure.

    Args:
        table: the lists.
        clamped: the service's own upper bound on k, 0 for none.
        applied: for whom the trial's knobs are in effect.
    """

    def __init__(self, table: Slates, clamped: int, applied: Applied) -> None:
        self.table, self.applied = table, applied
        self.basis = Basis(table, table.world.popularity, clamped)
        self.which: RelevanceName = table.world.plan.limit("relevance").value

    def at(self, rows: Rows) -> Reading:
        """The same for the users in these rows."""
        return Reading(self.table.at(rows), self.basis.clamped, self.applied)

    @cached_property
    def _standings(self) -> dict[str, tuple[Rows, Standing]]:
        return {}

    def standing(self, segment: str) -> tuple[Rows, Standing]:
        """The rows of a segment, empty for everybody, and for which of them the knobs are in effect."""
        if segment not in self._standings:
            rows = self.table.rows_of(segment) if segment else np.arange(len(self.table.rows))
            self._standings[segment] = rows, self.applied.standing(self.table.user_ids(rows.tolist()))
        return self._standings[segment]

    def kept(self, segment: str) -> Rows:
        """The rows of a segment that numbers are over."""
        rows, standing = self.standing(segment)
        return np.asarray(rows[np.array(standing.kept, dtype=bool)], dtype=np.int64)

    def values(self, metric: MetricFacts) -> Values:
        """A metric's number per user, ``float64[U]``; it must have such numbers."""
        return per_user(self.basis, metric, self.which)

    def values_of_all(self, metric: MetricFacts) -> Values:
        """The same with everything relevant, repeats included, whatever is judged."""
        return per_user(self.basis, metric, "all")

    @cached_property
    def popular(self) -> Values:
        """NDCG@10 and MRR@10 of the popularity baseline's lists, ``float64[U, 2]``."""
        relevance = self.basis.sets[self.which]
        return ndcg_and_mrr(gains(self.basis.rivals.popular, relevance), relevance)

    def number(self, metric: MetricFacts, segment: str = "") -> Number:
        """A metric over a segment, or over everybody, with every reason for not measuring it that a whole run has."""
        return self._lift(metric, segment) if metric.source == "lift" else self._figure(metric, segment)

    def _lift(self, metric: MetricFacts, segment: str) -> Number:
        plan, (_, standing) = self.table.world.plan, self.standing(segment)
        rows, column = self.kept(segment), LIFTED.index(metric.compares)
        mine, theirs = self.values(METRICS[metric.compares])[rows], self.popular[rows, column]
        rules = rules_of(plan, segment, family=1)
        lift = before_draws(segment, metric.compares, mine, theirs, rules, self.table.world.no_popularity)
        reason = lift.reason or standing.reason
        if reason or lift.mean is None or not lift.baseline_mean:
            return Number(None, str(reason) or "there is no ratio")
        value = float(lift.mean / lift.baseline_mean - 1)
        return Number(value, passed=self._judged.get((segment, metric.compares)))

    @cached_property
    def _judged(self) -> dict[tuple[str, str], bool]:
        """What the verdict rule makes of segments' lifts where it judges intervals, which takes resamples."""
        if self.table.world.plan.limit("verdict").value == "point":
            return {}
        compared = compared_of(self.basis, self.basis.rivals, self.which)
        nobody = Chance(np.zeros(len(self.table.rows), dtype=bool), {})
        found = segment_lifts(self.basis, compared, self.which, nobody, self.applied)
        return {(one.segment, one.metric): one.outcome == "passed" for one in found}

    def _figure(self, metric: MetricFacts, segment: str) -> Number:
        (rows, standing), everybody = self.standing(segment), self.kept("")
        whole = len(everybody) == len(self.table.rows)
        measure = Measure(metric, self.which, self.basis, self.basis if whole else self.basis.of(everybody))
        if segment:
            found = measure.of_segment(segment, rows, standing)
        else:
            found = standing_figure(measure.over(None if whole else everybody), standing)
        return Number(None if found.value is None else float(found.value), found.reason)

    def together(self, metric: MetricFacts) -> float:
        """The plain number of a metric of lists together, whatever speaks against it; NaN where there is none."""
        formula = FORMULAS[metric.name]
        assert not isinstance(formula, PerUser)  # who asks for it has looked
        return float(formula.value(self.basis, metric.k)[0])

    def unavailable(self) -> Number:
        """The share of slots whose item is unknown or not available."""
        lists, available = self.table.lists, self.table.world.available
        slots = lists != PADDING
        if not slots.any():
            return Number(None, "every list is empty")
        bad = (lists == UNKNOWN) | ((lists >= 0) & ~available[np.maximum(lists, 0)])
        return Number(float(bad.sum() / slots.sum()))

    def too_short(self, metric: MetricFacts) -> Reason:
        """Why these lists say nothing of a metric: they end before its cut-off."""
        formula = FORMULAS.get(metric.name)
        return self.basis.too_short(metric.k) if formula and formula.long_enough else Reason()

    def unlike(self, other: Reading) -> npt.NDArray[np.bool_]:
        """Whose lists are not the same in another reading of the same users, ``bool[U]``."""
        return np.asarray((self.table.lists != other.table.lists).any(axis=1), dtype=np.bool_)
