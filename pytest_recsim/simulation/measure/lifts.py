"""Lifts over popularity: of every segment, judged as one family, and over everybody, which nothing is judged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from pytest_recsim.judge.holm import resamples_for
from pytest_recsim.judge.lift import Lift, LiftRules, measure_lifts
from pytest_recsim.judge.noise import noise_of_mean
from pytest_recsim.judge.ranking import OF_SLOTS, gains
from pytest_recsim.judge.relevance import Relevance
from pytest_recsim.judge.verdict import Verdict, borderline, judge_lifts, users_to_tell
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.quality import LiftFigure, Noise, RelevanceName
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.measure.basis import Basis, Values
from pytest_recsim.simulation.measure.rivals import Rivals
from pytest_recsim.simulation.truth.applied import Applied, Standing

LIFTED = ("ndcg", "mrr")
"""The metrics that a lift is measured of."""


@dataclass(frozen=True)
class Chance:
    """What unequal answers to equal questions do to means.

    Attributes:
        established: ``bool[U]``, whether the service takes the user for an established one.
        noise: what was measured, by user class.
    """

    established: npt.NDArray[np.bool_]
    noise: Mapping[str, Noise]

    def of(self, values: Values, rows: npt.NDArray[np.int64], key: str) -> tuple[float | None, float | None]:
        """Standard deviation of the rows' mean from that, and its share of the mean's sampling variance."""
        measured = rows[~np.isnan(values[rows])]
        rich, poor = (
            found.variances.get(key, np.nan) if (found := self.noise.get(name)) else np.nan
            for name in ("established", "sparse")
        )
        return noise_of_mean(values[measured], np.where(self.established[measured], rich, poor))


@dataclass(frozen=True)
class Compared:
    """NDCG@10 and MRR@10 per user of three lists, ``float64[U, 2]`` each: the service's and those of its rivals."""

    mine: Values
    popular: Values
    recent: Values


def compared_of(basis: Basis, rivals: Rivals, which: RelevanceName) -> Compared:
    relevance = basis.sets[which]
    theirs = (ndcg_and_mrr(gains(lists, relevance), relevance) for lists in (rivals.popular, rivals.recent))
    return Compared(ndcg_and_mrr(basis.gains[which], relevance), *theirs)


def overall_lifts(
    basis: Basis, compared: Compared, which: RelevanceName, chance: Chance, applied: Applied
) -> Iterator[LiftFigure]:
    """Lifts over everybody under both metrics: resampled on their own and in no family, because nothing is judged."""
    table, plan = basis.table, basis.table.world.plan
    standing = applied.standing(table.user_ids())
    rows = np.flatnonzero(standing.kept)
    mine, popular = compared.mine[rows], compared.popular[rows]
    lifts = measure_lifts("", LIFTED, mine, popular, rules_of(plan, "", family=1), table.world.no_popularity)
    recent = [None] * len(LIFTED) if table.world.no_popularity else means_of(compared.recent[rows])
    for column, (lift, beside) in enumerate(zip(lifts, recent, strict=True)):
        figure = lift_figure(lift, which, beside, standing, None)
        sd, share = chance.of(compared.mine[:, column], rows, f"{lift.metric} ({which})")
        figure = msgspec.structs.replace(figure, noise_sd=sd, noise_share=share)
        if not figure.reason:
            threshold = float(plan.limit(f"min_segment_lift_{lift.metric}").value)
            close = borderline(lift, threshold)
            needed = users_to_tell(lift, threshold) if close else None
            figure = msgspec.structs.replace(
                figure,
                outcome="not_judged",
                borderline=close,
                users_needed=needed,
                sentence="",
                unmeasured="",
            )
        yield figure


def segment_lifts(
    basis: Basis, compared: Compared, which: RelevanceName, chance: Chance, applied: Applied
) -> Iterator[LiftFigure]:
    """Lifts of all segments under both metrics, judged as one family: those that say something about the profile."""
    table, plan = basis.table, basis.table.world.plan
    mine, popular, recent = compared.mine, compared.popular, compared.recent
    lifts: list[Lift] = []
    beside: list[float | None] = []
    noises: list[tuple[float | None, float | None]] = []
    standings: list[Standing] = []
    names = list(plan.fixture.segments)
    for name in names:
        rows = table.rows_of(name)
        standing = applied.standing(table.user_ids(rows.tolist()))
        rows = rows[np.array(standing.kept, dtype=bool)]
        standings += [standing] * len(LIFTED)
        rules = rules_of(plan, name, family=len(names) * len(LIFTED))
        lifts += measure_lifts(name, LIFTED, mine[rows], popular[rows], rules, table.world.no_popularity)
        beside += [None] * len(LIFTED) if table.world.no_popularity else means_of(recent[rows])
        noises += [
            chance.of(mine[:, column], rows, f"{name} ({which})") for column, name in enumerate(LIFTED)
        ]
    thresholds = [float(plan.limit(f"min_segment_lift_{lift.metric}", lift.segment).value) for lift in lifts]
    judged = [place for place, standing in enumerate(standings) if not standing.reason]
    rule = plan.limit("verdict").value
    found = judge_lifts([lifts[place] for place in judged], [thresholds[place] for place in judged], rule)
    verdicts = dict(zip(judged, found, strict=True))
    rows_of_lifts = zip(lifts, beside, standings, noises, strict=True)
    for place, (lift, mean, standing, (sd, share)) in enumerate(rows_of_lifts):
        figure = lift_figure(lift, which, mean, standing, verdicts.get(place))
        figure = msgspec.structs.replace(figure, noise_sd=sd, noise_share=share)
        words = figure.noise_words if figure.lift is not None else ""
        yield msgspec.structs.replace(figure, sentence="; ".join(filter(None, (figure.sentence, words))))


def lift_figure(
    lift: Lift, which: RelevanceName, recent: float | None, standing: Standing, verdict: Verdict | None
) -> LiftFigure:
    """The lift with its verdict; without one where it says nothing about the profile."""
    reason = Reason(lift.reason or standing.reason)
    facts: dict[str, Any] = {
        "sentence": f"not measured: {reason}",
        "unmeasured": str(reason),
        "users_needed": lift.users_needed,
    }
    if verdict is not None:
        facts = {
            "sentence": verdict.sentence,
            "unmeasured": verdict.reason,
            "users_needed": verdict.users_needed or lift.users_needed,
            "outcome": verdict.outcome.value,
            "borderline": verdict.borderline,
        }
    return LiftFigure(
        segment=lift.segment,
        metric=lift.metric,
        relevance=which,
        n_users=lift.n_users,
        n_baseline_hits=lift.n_baseline_hits,
        mean=lift.mean,
        baseline_mean=lift.baseline_mean,
        recent_mean=recent,
        difference=lift.difference,
        lift=lift.lift,
        low=lift.low,
        high=lift.high,
        ends_error=lift.ends_error,
        reason=str(reason),
        cause=reason.cause,
        next_step=reason.next_step,
        left_out=standing.left_out,
        **facts,
    )


def rules_of(plan: Plan, segment: str, *, family: int) -> LiftRules:
    return LiftRules(
        min_segment_users=int(plan.limit("min_segment_users", segment).value),
        min_baseline_hits=int(plan.limit("min_baseline_hits", segment).value),
        resamples=resamples_for(family),
    )


def ndcg_and_mrr(slots: Values, relevance: Relevance) -> Values:
    """NDCG@10 and MRR@10 per user, ``float64[U, 2]``, from the gains of the slots."""
    return np.column_stack([OF_SLOTS[metric](slots, relevance, 10) for metric in LIFTED])


def means_of(values: Values) -> list[float | None]:
    """Means of both columns over the users that have them; None without any."""
    measured = values[~np.isnan(values).any(axis=1)]
    return [float(mean) for mean in measured.mean(axis=0)] if len(measured) else [None] * len(LIFTED)
