"""Lifts of a run that stopped early: the same numbers, with the intervals that hold whenever asking ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import msgspec
import numpy as np

from pytest_recsim.judge.held import Held, State
from pytest_recsim.judge.lift import Lift, before_draws, measure_lifts
from pytest_recsim.judge.stopping import Stopping
from pytest_recsim.judge.verdict import Outcome, Verdict, judge_lift, metric_words
from pytest_recsim.record.quality import Figure, LiftFigure, RelevanceName
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.measure.basis import Basis, Values
from pytest_recsim.simulation.measure.early import COVERAGE, TAIL, Looks
from pytest_recsim.simulation.measure.lifts import LIFTED, Chance, Compared, lift_figure, means_of, rules_of
from pytest_recsim.simulation.truth.applied import Standing

STEP = "run without --recsim-stop-early, or set its severity to block, so that asking goes on until it is decided"
OUTCOMES: Mapping[State, Outcome] = {"passed": Outcome.PASSED, "failed": Outcome.FAILED}


def early_lifts(
    looks: Looks, basis: Basis, compared: Compared, which: RelevanceName, chance: Chance
) -> Iterator[LiftFigure]:
    """Lifts of all segments under both metrics; what no interval has decided is not measured."""
    stopping = looks.stopping[which]
    stopping.look()
    for place, one in enumerate(stopping.checks):
        if one.kind != "lift":
            continue
        segment = looks.segments[one.stratum]
        rows = basis.table.rows_of(segment)
        mine = compared.mine[rows]
        if one.rule != "harmful" and stopping.all_asked(one):
            family = len(looks.segments) * len(LIFTED)
            rules = rules_of(looks.world.plan, segment, family=family)
            lift = measure_lifts(segment, LIFTED, mine, compared.popular[rows], rules)[one.column]
            verdict: Verdict | None = judge_lift(
                lift, one.threshold
            )  # everybody was asked, so it is judged as ever
        else:
            lift = _lift(looks, stopping, one, mine[:, one.column])
            verdict = None if lift.reason else _verdict(lift, one, stopping.outcome(place).state, stopping)
        standing = Standing((True,) * len(rows))
        figure = lift_figure(lift, which, means_of(compared.recent[rows])[one.column], standing, verdict)
        sd, share = chance.of(compared.mine[:, one.column], rows, f"{lift.metric} ({which})")
        figure = msgspec.structs.replace(figure, noise_sd=sd, noise_share=share, out_of=stopping.members(one))
        if lift.reason is None and verdict is not None and verdict.outcome is Outcome.NOT_MEASURED:
            figure = msgspec.structs.replace(
                figure,
                reason=verdict.reason,
                cause="stopped_early",
                next_step=STEP,
                lift=None,
                low=None,
                high=None,
            )
        yield figure


def early_overall(
    looks: Looks, basis: Basis, compared: Compared, which: RelevanceName
) -> Iterator[LiftFigure]:
    """Lifts over everybody, from those who were asked while every segment had its share; nothing is judged by them."""
    stopping, plan = looks.stopping[which], looks.world.plan
    core = looks.core(basis.table)
    for column, metric in enumerate(LIFTED):
        base = stopping.population.popular[:, column]
        lift = before_draws("", metric, base, base, rules_of(plan, "", family=1))
        mine = compared.mine[core, column]
        lift = _seen(lift, mine[~np.isnan(mine)])
        if lift.reason is None and lift.baseline_mean:
            low, high = stopping.overall_interval(column)
            lift = replace(lift, low=low / lift.baseline_mean - 1, high=high / lift.baseline_mean - 1)
        standing = Standing((True,) * len(core))
        figure = lift_figure(lift, which, means_of(compared.recent[core])[column], standing, None)
        out_of = int((~np.isnan(base)).sum())
        if not figure.reason:
            figure = msgspec.structs.replace(figure, outcome="not_judged", sentence="", unmeasured="")
        yield msgspec.structs.replace(figure, out_of=out_of)


def early_figures(figures: dict[str, Figure], looks: Looks) -> dict[str, Figure]:
    """The figures of the run, those that asking hung on with their intervals."""
    found = dict(figures)
    for metric in (COVERAGE, TAIL):
        name = metric.shown()
        outcome, (low, high) = looks.of_run(metric.name)
        one = found[name]
        if one.value is None:
            continue
        if outcome.state == "open":
            found[name] = one.without(
                Reason(_undecided(name, len(looks.users)), "stopped_early", STEP), raw=one.value
            )
        else:
            found[name] = msgspec.structs.replace(one, low=low, high=high, out_of=len(looks.users))
    return found


def _undecided(what: str, of: int) -> str:
    return f"{what} was not decided when asking ended, because its guardrail does not block ({of:,} users might have been asked)"


def _lift(looks: Looks, stopping: Stopping, one: Held, mine: Values) -> Lift:
    """The lift with its interval; of a segment that is too small, why."""
    segment, metric = looks.segments[one.stratum], LIFTED[one.column]
    base = stopping.population.popular[stopping.population.strata == one.stratum, one.column]
    lift = before_draws(segment, metric, base, base, rules_of(looks.world.plan, segment, family=1))
    lift = _seen(lift, mine[~np.isnan(mine)])
    if lift.reason is not None:
        return lift
    if one.rule != "point":
        values, others, _ = stopping.pairs(one)
        mean, theirs = float(values.mean()), float(others.mean())
        lift = replace(
            lift, baseline_mean=theirs, difference=mean - theirs, lift=mean / theirs - 1 if theirs else None
        )
    low, high = stopping.lift_interval(one)
    return replace(lift, low=low, high=high)


def _seen(lift: Lift, mine: Values) -> Lift:
    """The lift's facts with the mean over those who were asked."""
    mean, base = (float(mine.mean()) if len(mine) else None), lift.baseline_mean
    if mean is None or base is None:
        return replace(lift, mean=mean, difference=None)
    ratio = mean / base - 1 if base and lift.reason is None else None
    return replace(
        lift,
        n_users=len(mine) if lift.reason is None else lift.n_users,
        mean=mean,
        difference=mean - base,
        lift=ratio,
    )


def _verdict(lift: Lift, one: Held, state: State, stopping: Stopping) -> Verdict:
    what, of = metric_words(lift), stopping.members(one)
    if state not in OUTCOMES or lift.lift is None:
        reason = _undecided(what, of)
        return Verdict(
            Outcome.NOT_MEASURED,
            None,
            one.threshold,
            lift.n_users,
            borderline=False,
            sentence=f"not measured: {reason}",
            reason=reason,
        )
    high = "unbounded" if lift.high is None else f"{lift.high:+.2f}"
    sentence = (
        f"{what}: expected at least {one.threshold:+.4g}, got {lift.lift:+.4g} (interval {lift.low:+.2f} to {high}, "
        f"{lift.n_users} of {of} users; asking stopped when it was decided)"
    )
    return Verdict(
        OUTCOMES[state], lift.lift, one.threshold, lift.n_users, borderline=False, sentence=sentence
    )
