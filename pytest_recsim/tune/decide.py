"""Which trials go on, and what the verdict slice says of the one that won: pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.record.comparison import Comparison, Difference
from pytest_recsim.record.trial import Gain, Goal, Trial
from pytest_recsim.record.tune import Optimism, Study, Suite
from pytest_recsim.tune.guards import label_of
from pytest_recsim.tune.study import candidates, improving, nearest_to_holding

FINALISTS = 3
"""Whole runs on the tuning slice are dear; who is not among the best three would hardly become the winner."""
LIFT = "lift_"
ALWAYS = "ndcg"
"""No segment may lose of it, whatever the goal is; trials are held to the same."""
Decision = Literal["change", "keep"]


def per_user(goal: Goal) -> str:
    """Return the metric whose mean over users stands behind a goal: a lift is that of NDCG, for example."""
    facts = METRICS.get(goal.metric)
    return (facts.compares if facts else "") or goal.metric.removeprefix(LIFT)


def finalists(study: Study) -> list[Trial]:
    """Return the trials whose whole suite is worth running, best first.

    They may be recommended as far as the tuning slice goes, and are better than the start by the first goal. What other people
    are hardly expected to miss comes first: a guardrail that just holds on one slice is missed on every other one. Where no trial
    may be recommended, those that miss least of what must hold: the verdict slice decides, and nothing is recommended that misses there.
    """
    found = improving(study, candidates(study)) or improving(study, nearest_to_holding(study))
    return found[:FINALISTS]


def chosen(study: Study) -> Suite | None:
    """Return who goes to the verdict slice: the first that nothing speaks against, else the first with the fewest checks against it."""
    return min(study.finalists, key=lambda one: len(against(study, one)), default=None)


def against(study: Study, suite: Suite) -> tuple[str, ...]:
    """Return what speaks against going on with a finalist: what failed on the tuning slice, unless other studies let expect that it holds in a run."""
    if suite.ready:
        return ()
    measured = study.trial(int(suite.who)).measured
    held = measured.held if measured else ()
    hopeful = {label_of(one) for one in held if one.margin is not None and one.margin > 0 and one.holds}
    if not suite.failing:  # it came to no verdict
        return (suite.verdict,)
    return tuple(one for one in suite.failing if one not in hopeful)


def gains_of(found: Comparison, goals: Sequence[Goal]) -> tuple[Gain, ...]:
    """Return what changed from the start to the winner, user by user.

    The first goal comes first, everybody and each segment; then the other goals and NDCG and MRR likewise; then whatever
    else is a mean over users, over everybody.
    """
    first = list(dict.fromkeys([*map(per_user, goals), "ndcg", "mrr"]))
    kept = [one for one in found.differences if one.difference is not None and _told(one, first)]
    kept.sort(
        key=lambda one: first.index(one.metric) if one.metric in first else len(first)
    )  # stays in order
    return tuple(map(_gain, kept))


def _told(one: Difference, first: Sequence[str]) -> bool:
    """Whether a difference is shown; one of the whole catalogue has no interval, and stands with the figures of the runs."""
    return one.metric in first or (not one.segment and one.low is not None)


def _gain(one: Difference) -> Gain:
    return Gain(
        metric=one.metric,
        segment=one.segment,
        n=one.n,
        before=one.before or 0.0,
        now=one.now or 0.0,
        difference=one.difference or 0.0,
        low=one.low,
        high=one.high,
    )


def optimism_of(goals: Sequence[Goal], trial: Trial, gains: Sequence[Gain]) -> tuple[Optimism, ...]:
    """Return the gains as the tuning slice promised them and as the verdict slice shows them."""
    metrics = set(map(per_user, goals))
    shown = {(one.metric, one.segment): one.difference for one in gains if one.metric in metrics}
    promised = {
        (per_user(Goal(metric=one.metric, label="")), one.segment): one.difference
        for one in (trial.measured.gains if trial.measured else ())
    }
    keys = dict.fromkeys([*shown, *(key for key in promised if key[0] in metrics)])
    return tuple(
        Optimism(metric=key[0], segment=key[1], promised=promised.get(key), shown=shown.get(key))
        for key in keys
    )


def decide(goal: Goal, winner: Suite, gains: Sequence[Gain], harm: float) -> tuple[Decision, str]:
    """Say whether the winner's knobs are to be used, and why.

    Args:
        goal: the first one.
        winner: its whole run on the verdict slice.
        gains: the winner's against the start's, from the verdict slice.
        harm: most that a segment may lose, as a share of its mean.
    """
    reasons = [*_against(goal, winner, gains, harm)]
    if reasons:
        return "keep", f"Keep the starting profile: {'; '.join(reasons)}."
    gain = next(one for one in gains if (one.metric, one.segment) == (per_user(goal), ""))
    return "change", (
        f"On the verdict slice trial {winner.who} is better by {goal.label}: {_ends(gain)}. Every check that blocks passes "
        f"there, and no segment loses more than {harm:.0%}."
    )


def _against(goal: Goal, winner: Suite, gains: Sequence[Gain], harm: float) -> Iterator[str]:
    """Yield what speaks against the winner, most important first."""
    if not winner.ready:
        failing = ", ".join(winner.failing) or winner.verdict.rstrip(".")
        yield f"trial {winner.who} does not pass the whole suite on the verdict slice ({failing})"
    metric = per_user(goal)
    gain = next((one for one in gains if (one.metric, one.segment) == (metric, "")), None)
    if gain is None or gain.low is None or gain.high is None:
        yield f"{goal.label} has no paired interval there, so nobody can say that it is better"
    elif (gain.low <= 0) if goal.better == "higher" else (gain.high >= 0):
        yield f"by {goal.label} it cannot be told from chance that trial {winner.who} is better ({_ends(gain)})"
    for one in gains:
        lost = one.difference if one.metric == metric and goal.better == "lower" else -one.difference
        if one.metric in (metric, ALWAYS) and one.segment and lost > harm * abs(one.before):
            share = f"{lost / abs(one.before):.1%}" if one.before else f"{lost:.4f}"
            yield f"segment {one.segment} loses {share} of {one.metric}, more than the {harm:.1%} that are allowed"


def _ends(gain: Gain) -> str:
    return f"mean {gain.before:.4f} to {gain.now:.4f}, difference {gain.difference:+.4f}, 95 % interval {gain.low:+.4f} to {gain.high:+.4f}"
