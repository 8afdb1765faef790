"""When a trial is stopped: as soon as what was measured so far tells that it cannot be recommended, or is no better.

Every rule hangs on the trial, the start and the best so far alone, so a study that is resumed decides as one that was not.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_recsim.record.trial import Goal, Held, Measured
from pytest_recsim.tune.estimating import Estimate

HOPELESS = (2.0, 1.5, 1.0)
"""Standard errors by which something may be estimated to be broken at the rungs before the last one."""
FARTHER = (0.5, 0.25, 0.0)
"""Standard errors by which each thing is taken to be better than estimated, while nothing keeps everything: of a dozen noisy
numbers some always miss by chance, and their sum would stop every trial."""
PROMISE = (1.0, 0.95, 0.95)
"""Share of what the best misses that a trial may be expected to miss: near the end of a study all trials are nearly as good as the
best, and to measure them all in full would cost more than it brings."""
BEATEN = (0.5, 0.0, 0.0)
"""Standard errors by which the first goal may be estimated to lie below the best one's."""


def verdict(
    rung: int, held: Sequence[tuple[Held, Estimate]], goal: Goal, found: Estimate, beat: Measured | None
) -> str:
    """Say why a trial is stopped after a rung, empty where it goes on.

    Args:
        rung: from 0.
        held: what must hold, with the estimates.
        goal: the first one.
        found: its estimate.
        beat: the best so far: what keeps everything, else what misses least; None where that is unknown.
    """
    place = min(rung, len(HOPELESS) - 1)
    if beat is not None and not beat.feasible:
        return _no_nearer(held, FARTHER[place], PROMISE[place] * beat.missed, beat.missed)
    for one, estimate in held:
        if one.margin is not None and one.margin > HOPELESS[place] * estimate.error:
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


def _no_nearer(held: Sequence[tuple[Held, Estimate]], errors: float, most: float, best: float) -> str:
    """While nothing keeps everything, whoever comes no nearer to that than ``most`` is stopped."""
    known = [(one, errors * estimate.error) for one, estimate in held if one.margin is not None]
    if sum(one.expected_miss(better_by) for one, better_by in known) <= most:
        return ""
    total = sum(one.expected_miss() for one, _ in known)
    return f"what has to hold is expected to be missed by {total:.2f} standard errors in all, by the best so far by {best:.2f}"


def _broken(one: Held) -> str:
    who = f" of {one.case}" if one.case else ""
    return f"{one.label}{who} is estimated at {one.value:.4g}, which misses {one.threshold:g}"
