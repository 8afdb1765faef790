"""Judging the quality lists: from answers to lifts per segment and figures of the whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_recsim.judge import baseline
from pytest_recsim.judge.holm import resamples_for
from pytest_recsim.judge.lift import Lift, LiftRules, measure_lifts
from pytest_recsim.judge.ranking import rank_metrics
from pytest_recsim.judge.relevance import Relevance
from pytest_recsim.judge.verdict import judge_lifts
from pytest_recsim.plan.model import K, Plan
from pytest_recsim.service.ask import Exchange
from pytest_recsim.simulation.arrays import Lists, Observed, observed
from pytest_recsim.simulation.figures import catalogue_figures, ranking_figures
from pytest_recsim.simulation.quality import LiftFigure, Quality, RelevanceName, SegmentCount
from pytest_recsim.simulation.segment_figures import segment_figures
from pytest_recsim.simulation.world import World

METRICS = ("ndcg", "mrr")
SETS: tuple[RelevanceName, ...] = ("unseen", "all")
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rivals:
    """What the profile's lists are compared with, ``int32[U, 20]`` each.

    Attributes:
        order: available items, most popular first.
        popular: that order minus what is hidden from the user.
        recent: the user's 10 latest items, then that order.
    """

    order: Lists
    popular: Lists
    recent: Lists


def score(world: World, exchanges: Sequence[Exchange], *, clamped: int) -> Quality:
    """Judge the quality lists.

    Args:
        world: fixture, split and knobs in effect.
        exchanges: one answer per evaluated user.
        clamped: the service's own upper bound on k, 0 for none.
    """
    table = observed(world, exchanges)
    sets: dict[str, Relevance] = {which: table.relevance(which) for which in SETS}
    rivals = rivals_of(table)
    figures = [*catalogue_figures(table, rivals.order, clamped), *ranking_figures(table, sets, clamped)]
    judged: RelevanceName = world.plan.limit("relevance").value
    return Quality(
        judged_relevance=judged,
        evaluated=len(table.rows),
        sampled=world.plan.sample_users is not None,
        segments=_segments(table),
        lifts=tuple(figure for which in SETS for figure in _lifts(table, rivals, sets[which], which)),
        figures={figure.name: figure for figure in figures},
        segment_figures=segment_figures(table, sets, clamped),
    )


def rivals_of(table: Observed) -> Rivals:
    """Return both baselines for the evaluated users."""
    world, n_users = table.world, len(table.rows)
    columns, seeded = world.material.columns, world.material.split.seeded
    order = baseline.popularity_order(
        columns.item[seeded],
        world.weights[seeded] * columns.value[seeded],
        world.available,
        world.id_rank,
    )
    hidden = baseline.user_items(*table.hidden_pairs, n_users)
    recent = baseline.latest_distinct(*table.seen_pairs, n_users)
    return Rivals(
        order,
        baseline.baseline_lists(order, hidden, K),
        baseline.recent_then_popular(recent, order, hidden, K),
    )


def _lifts(
    table: Observed, rivals: Rivals, relevance: Relevance, which: RelevanceName
) -> Iterator[LiftFigure]:
    """Lifts of all segments under both metrics, judged as one family."""
    plan = table.world.plan
    mine, popular, recent = (
        _values(lists, relevance) for lists in (table.lists, rivals.popular, rivals.recent)
    )
    lifts: list[Lift] = []
    beside: list[float | None] = []
    names = list(plan.fixture.segments)
    for name in names:
        rows = table.rows_of(name)
        rules = _rules(plan, name, family=len(names) * len(METRICS))
        lifts += measure_lifts(name, METRICS, mine[rows], popular[rows], rules)
        beside += _means(recent[rows])
    thresholds = [float(plan.limit(f"min_segment_lift_{lift.metric}", lift.segment).value) for lift in lifts]
    verdicts = judge_lifts(lifts, thresholds, plan.limit("verdict").value)
    for lift, mean, verdict in zip(lifts, beside, verdicts, strict=True):
        yield LiftFigure(
            segment=lift.segment,
            metric=lift.metric,
            relevance=which,
            n_users=lift.n_users,
            n_baseline_hits=lift.n_baseline_hits,
            mean=lift.mean,
            baseline_mean=lift.baseline_mean,
            recent_mean=mean,
            difference=lift.difference,
            lift=lift.lift,
            low=lift.low,
            high=lift.high,
            users_needed=verdict.users_needed or lift.users_needed,
            outcome=verdict.outcome.value,
            borderline=verdict.borderline,
            sentence=verdict.sentence,
            reason=lift.reason or "",
        )


def _rules(plan: Plan, segment: str, *, family: int) -> LiftRules:
    return LiftRules(
        min_segment_users=int(plan.limit("min_segment_users", segment).value),
        min_baseline_hits=int(plan.limit("min_baseline_hits", segment).value),
        seed=plan.seed,
        resamples=resamples_for(family),
    )


def _values(lists: Lists, relevance: Relevance) -> Values:
    """NDCG@10 and MRR@10 per user, ``float64[U, 2]``."""
    found = rank_metrics(lists, relevance)
    return np.column_stack([found.ndcg, found.mrr])


def _means(values: Values) -> list[float | None]:
    measured = values[~np.isnan(values).any(axis=1)]
    return [float(mean) for mean in measured.mean(axis=0)] if len(measured) else [None] * len(METRICS)


def _segments(table: Observed) -> dict[str, SegmentCount]:
    history = table.world.history
    evaluated = set(table.rows)
    return {
        name: SegmentCount(
            users=len(members),
            with_history=sum(user in history for user in members),
            evaluated=sum(user in evaluated for user in members),
            evaluated_with_history=sum(user in evaluated and user in history for user in members),
        )
        for name, members in table.world.fixture.segments.items()
    }
