"""The figures of the registry: every metric of the quality lists, over everybody and over the segments."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge.means import mean_measured
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.quality import Figure, RelevanceName
from pytest_recsim.record.reason import Reason, more_users
from pytest_recsim.simulation.measure.basis import SETS, Basis, Rows, Values
from pytest_recsim.simulation.measure.formulas import FORMULAS, PerUser, Together, per_user
from pytest_recsim.simulation.truth.applied import Applied, Standing

Figures = dict[str, Figure]


def figures_of(
    basis: Basis, applied: Applied | None = None, core: Rows | None = None
) -> tuple[Figures, dict[str, Figures]]:
    """Return the figures of the whole run by label, and segment -> label -> figure.

    Args:
        basis: the quality lists.
        applied: for whom the profile is in effect, None for everybody.
        core: rows that the figures of the whole run are over, None for all.
    """
    applied = applied or Applied()
    everybody = np.arange(len(basis.table.rows)) if core is None else core
    standing = applied.standing(basis.table.user_ids(everybody.tolist()))
    kept = everybody[np.array(standing.kept, dtype=bool)]
    judged = basis if len(kept) == len(basis.table.rows) else basis.of(kept)
    segments = {name: basis.table.rows_of(name) for name in basis.table.world.plan.fixture.segments}
    standings = {
        name: applied.standing(basis.table.user_ids(rows.tolist())) for name, rows in segments.items()
    }
    whole: Figures = {}
    of_segments: dict[str, Figures] = {name: {} for name in segments}
    for measure in _measures(basis, judged):
        one = standing_figure(measure.over(None if judged is basis else kept), standing)
        whole[one.name] = one
        for name, rows in segments.items() if measure.metric.per_segment else ():
            of_segments[name][one.name] = measure.of_segment(name, rows, standings[name])
    return whole, of_segments


class Measure:
    """One metric under one relevance set, computed once per user and taken over any of them."""

    def __init__(self, metric: MetricFacts, which: RelevanceName, basis: Basis, judged: Basis) -> None:
        self.metric, self._basis, self._judged = metric, basis, judged
        self._formula = FORMULAS[metric.name]
        self._label = metric.shown(which)
        self._reason = self._formula.reason(judged, metric)
        self._values: Values | None = None
        if isinstance(self._formula, PerUser):
            self._values = per_user(basis, metric, which)

    def over(self, rows: Rows | None) -> Figure:
        """The figure of everybody, or of these rows."""
        if isinstance(self._formula, Together):
            return self._figure(*self._formula.value(self._judged, self.metric.k), rows)
        return self._mean(rows)

    def of_segment(self, name: str, rows: Rows, standing: Standing) -> Figure:
        """The figure of a segment whose users are in these rows, as far as it says something about the profile."""
        mine = rows[np.array(standing.kept, dtype=bool)]
        return standing_figure(enough(self.over_segment(mine), self._basis.table.world.plan, name), standing)

    def over_segment(self, rows: Rows) -> Figure:
        """The figure of a segment's users; n counts users."""
        if isinstance(self._formula, Together):
            part = self._basis.of(rows)
            value, _ = self._formula.value(part, self.metric.k)
            users = int((part.table.lists[:, : self.metric.k] >= 0).any(axis=1).sum())
            return self._figure(value, users, rows)
        return self._mean(rows)

    def _mean(self, rows: Rows | None) -> Figure:
        assert self._values is not None  # only formulas per user come here
        values = self._values if rows is None else self._values[rows]
        return self._figure(mean_measured(values), int((~np.isnan(values)).sum()), rows)

    def _figure(self, value: float, n: int, rows: Rows | None) -> Figure:
        reason = self._reason  # it says more than that lists are short, and may be why they are
        if not reason and self._formula.long_enough:
            reason = self._basis.too_short(self.metric.k, rows)
        return figure(self._label, value, n, self.metric.definition, reason)


def _measures(basis: Basis, judged: Basis) -> Iterator[Measure]:
    for metric in METRICS.values():
        if metric.source == "lists":
            for which in SETS if metric.of_relevance else SETS[:1]:
                yield Measure(metric, which, basis, judged)


NOTHING = Reason(
    "nothing to measure: no list, no slot or no user with holdout", "nobody", CAUSES["nobody"][1]
)


def figure(name: str, value: float, n: int, definition: str, reason: str) -> Figure:
    """A figure; a value that is not finite is not measured."""
    if not math.isfinite(value):
        reason = reason or NOTHING
    one = Figure(name=name, value=None if reason else float(value), n=n, definition=definition)
    return one.without(Reason(reason)) if reason else one


def standing_figure(one: Figure, standing: Standing) -> Figure:
    """The figure as far as it says something about the profile: with who is left out, or not measured."""
    if one.value is not None and standing.reason:
        return one.without(Reason(standing.reason), raw=one.value)
    return msgspec.structs.replace(one, definition=one.definition + standing.note)


def enough(one: Figure, plan: Plan, segment: str, least: int = 1) -> Figure:
    """The figure, not measured when fewer than ``least`` or ``min_segment_users`` users stand behind it."""
    least = max(least, int(plan.limit("min_segment_users", segment).value))
    if one.value is None or one.n >= least:
        return one
    reason = f"not enough data: {one.n} users, at least {least} are needed"
    step = f"bring {more_users(least - one.n)} of {segment or 'this customer'}, or merge small segments"
    return one.without(Reason(reason, "too_few_users", step))
