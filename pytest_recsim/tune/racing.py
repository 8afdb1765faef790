"""When a trial is stopped: as soon as what was measured so far tells that it cannot be recommended, or is no better.

Every rule hangs on the trial, the start and the trials before alone, so a study that is resumed decides as one that was not.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_recsim.record.trial import Goal, Held, Measured, Trial, risk_of
from pytest_recsim.tune.estimating import Estimate

HOPELESS = (1.5, 1.0)
"""Standard errors by which something may be estimated to be broken at the rungs before the last one."""
PROMISE = (2.5, 1.5)
"""Share of what the best misses that a trial may miss, while nothing keeps everything with slack. Few users miss more by chance than all do, and to have
measured what is nearly the best in full teaches most, so that there is much leave."""
CLEAR = (0.8, 1.5)
"""The same where a study has no room for another long trial; who is one already goes on as ever."""
LONG = 0.25
"""A trial that was asked for more than this share of the users is a long one."""
BEATEN = (0.25, 0.0)
"""Standard errors by which the first goal may be estimated to lie below the best one's."""


def verdict(
    rung: int,
    held: Sequence[tuple[Held, Estimate]],
    goal: Goal,
    found: Estimate,
    beat: Measured | None,
    *,
    room: bool = True,
) -> str:
    """Say why a trial is stopped after a rung, empty where it goes on.

    Args:
        rung: from 0.
        held: what must hold, with the estimates.
        goal: the first one.
        found: its estimate.
        beat: the best so far, of all users: what keeps everything with slack, else what is expected to miss least; None where that is unknown.
        room: see ``has_room``.
    """
    place = min(rung, len(HOPELESS) - 1)
    if beat is not None and (risk_of(beat) or not beat.feasible):
        return _no_nearer(held, (PROMISE if room else CLEAR)[place] * beat.missed, beat.missed)
    for one, estimate in held:
        if one.expected is not None and one.expected > HOPELESS[place] * estimate.error:
            return _broken(one)
    if beat is None or found.value is None:
        return ""
    best = beat.goals.get(goal.metric)
    if best is None:
        return ""
    ahead = found.value - best if goal.better == "higher" else best - found.value
    if ahead < -BEATEN[place] * found.error:
        return f"{goal.label} is estimated at {found.value:.4g}, the best so far has {best:.4g}"
    return ""


def has_room(told: Sequence[Trial], exploring: int, learned: int = 0) -> bool:
    """Whether one more long trial leaves the median a short one.

    Args:
        told: the trials so far.
        exploring: how many of the first only explore. Only what is clearly better is looked at for long among them.
        learned: how many come even before those, from elsewhere: each was good there, so that they are few enough to be looked at for long.
    """
    if len(told) < learned:
        return True
    long = sum(1 for one in told if one.measured and one.measured.users > LONG * one.measured.of)
    return len(told) >= learned + exploring and 2 * (long + 1) <= len(told)


def _no_nearer(held: Sequence[tuple[Held, Estimate]], most: float, best: float) -> str:
    """While nothing keeps everything with slack, whoever comes no nearer to that than ``most`` is stopped."""
    total = sum(one.expected_miss() for one, _ in held if one.margin is not None)
    if total <= most:
        return ""
    return f"what has to hold is expected to be missed by {total:.2f} standard errors in all, by the best so far by {best:.2f}"


def _broken(one: Held) -> str:
    who = f" of {one.case}" if one.case else ""
    return f"{one.label}{who} is estimated at {one.value:.4g}, which misses {one.threshold:g}"
