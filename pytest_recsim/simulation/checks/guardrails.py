"""One metric against its threshold: what is measured, for whom, and who stands behind a bad value.

The suite calls `judge` for each threshold that is on; `evaluate` does without pytest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import GUARDED, METRICS
from pytest_recsim.judge.ranking import OF_SLOTS, gains
from pytest_recsim.record.quality import Figure, RelevanceName
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.checks.rank_stability import instability, slowest_list
from pytest_recsim.simulation.checks.regression import loss
from pytest_recsim.simulation.measure.basis import Basis, Rows
from pytest_recsim.simulation.measure.figures import figure
from pytest_recsim.simulation.measure.formulas import FORMULAS, PerUser, per_user
from pytest_recsim.simulation.measure.offenders import Culprits, least_served, worst_users
from pytest_recsim.simulation.measure.scoring import basis_of
from pytest_recsim.simulation.session.derived import OfLists

if TYPE_CHECKING:
    from pytest_recsim.service.contract.ask import Exchange
    from pytest_recsim.simulation.checks.check import Check
    from pytest_recsim.simulation.session.simulation import Simulation


@dataclass(frozen=True)
class Measured:
    """A metric's value for a segment, or for everybody.

    Attributes:
        figure: the value with its n and definition.
        worst: for whom it is worst, in words.
        exchange: the request that shows it best.
        shown: evidence for the reader, by name.
    """

    figure: Figure
    worst: str = ""
    exchange: Exchange | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)


def judge(sim: Simulation, check: Check, threshold: str, segment: str) -> None:
    """A metric keeps the threshold that guardrails.yml sets for it.

    Args:
        sim: the simulation.
        check: collects the measure.
        threshold: its key, ``min_novelty``.
        segment: whose, empty for everybody.
    """
    metric, limit = GUARDED[threshold], sim.limit(threshold, segment or None)
    if metric.source == "lift":
        lift = sim.quality.lift(segment, metric.compares)
        check.show("figure", lift)
        check.lift(lift, limit, metric)
        return
    if metric.source == "earlier":
        check.keep(loss(sim, metric, limit, segment))
        return
    found = measured(sim, metric, segment)
    for name, value in found.shown.items():
        check.show(name, value)
    who = ", ".join(filter(None, (segment and f"segment {segment}", found.worst)))
    check.figure(found.figure, limit, metric, who=who, exchange=found.exchange)


def measured(sim: Simulation, metric: MetricFacts, segment: str) -> Measured:
    """Return a metric's value; of what is not measured on the quality lists, ask or count now."""
    if metric.source != "lists":
        return _NOW[metric.name](sim, segment)
    label = metric.shown(sim.quality.judged_relevance)
    figures = sim.quality.segment_figures[segment] if segment else sim.quality.figures
    return Measured(figures[label])


def behind(sim: Simulation, name: str, segment: str) -> Culprits:
    """Return who stands behind a failing metric of the quality lists, nobody where that cannot be told.

    The row counts the evaluated users in the order of ``sim.lists``.
    """
    metric = METRICS.get(name)
    if metric is None or metric.source not in ("lists", "lift"):
        return Culprits()
    basis = _basis(sim)
    table = basis.table
    rows = table.rows_of(segment) if segment else np.arange(len(table.rows))
    found = _culprits(basis, metric, sim.quality.judged_relevance, rows)
    return found if found.row is None else Culprits(found.told, int(rows[found.row]))


# As arrays with what was computed from them: every failing check asks who stands behind it.
_basis: OfLists[Basis] = OfLists(lambda sim: basis_of(sim.world, list(sim.lists.values()), 0))


def _culprits(basis: Basis, metric: MetricFacts, which: RelevanceName, rows: Rows) -> Culprits:
    part = basis.table.at(rows)
    if metric.compares:
        relevance, of_slots = basis.sets[which], OF_SLOTS[metric.compares]
        mine = of_slots(basis.gains[which], relevance, metric.k)
        theirs = of_slots(gains(basis.rivals.popular, relevance), relevance, metric.k)
        return least_served(part, mine[rows], theirs[rows])
    formula = FORMULAS[metric.name]
    if isinstance(formula, PerUser):
        return worst_users(part, per_user(basis, metric, which)[rows], metric.better)
    return formula.behind(part, metric.k) if formula.behind else Culprits()


def _instability(sim: Simulation, segment: str) -> Measured:
    found = instability(sim, segment)
    said = f"nobody of segment {segment} has holdout events and a list to compare"
    step = f"add events of users of {segment} after the split, or merge it with another segment"
    reason = Reason() if found.users else Reason(said, "nobody", step)
    one = figure(METRICS["rank_instability"].shown(), found.mean, len(found.users), found.definition, reason)
    if reason:
        return Measured(one)
    worst = max(found.users, key=lambda user: found.users[user])
    return Measured(one, f"most of all user {worst}", sim.lists[worst], {"per_user": found.users})


def _p95(sim: Simulation, segment: str) -> Measured:
    slowest = slowest_list(sim, segment)
    worst = f"slowest for user {slowest.ask.user_id}" if slowest else ""
    return Measured(sim.answer_times(segment), worst, slowest)


_NOW: Mapping[str, Callable[[Simulation, str], Measured]] = MappingProxyType(
    {
        "rank_instability": _instability,
        "p95_ms": _p95,
        "error_rate": lambda sim, _: Measured(sim.failed_attempts()),
    }
)
