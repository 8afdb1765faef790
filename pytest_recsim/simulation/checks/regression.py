"""What a segment lost against an earlier run, judged under the same verdict rule as lifts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.judge.verdict import ROUNDING
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.comparison import Comparison, Difference
from pytest_recsim.record.model import Measure
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.checks.check import NotMeasured

if TYPE_CHECKING:
    from pytest_recsim.simulation.session.simulation import Simulation

UNLIKE = "earlier_run_unlike"
ANEW = CAUSES[UNLIKE][1]
FEW = "merge small segments, compare runs of the same users, or lower `min_segment_users` in guardrails.yml"


def loss(sim: Simulation, metric: MetricFacts, limit: Limit, segment: str) -> Measure:
    """Return the loss with its verdict.

    Args:
        sim: the simulation, with its comparison.
        metric: an entry of the registry whose source is an earlier run.
        limit: the largest loss that is allowed.
        segment: whose.

    Raises:
        NotMeasured: the two runs say nothing about each other, or too little.
    """
    comparison = sim.comparison
    assert comparison is not None  # the check is only made where there is a run to compare with
    one = _found(comparison, metric, segment)
    assert one.before is not None and one.now is not None  # noqa: PT018 - it is compared
    scale = 1.0 if metric.name.endswith("_absolute") else one.before
    if not scale:
        raise NotMeasured(
            Reason(
                f"nobody of segment {segment} got anything relevant before, so there is no share to lose",
                "nothing_to_lose",
                "compare with a run that had hits there, or set the absolute threshold instead",
            )
        )
    lost = (one.before - one.now) / scale
    low, high = (None if end is None else -end / scale for end in (one.high, one.low))
    threshold = float(limit.value)
    return Measure(
        name=metric.shown(),
        metric=metric.name,
        about=metric.about,
        ok=_holds(str(sim.limit("verdict").value), threshold, lost, low, high),
        got=lost,
        expected=f"at most {threshold:g}",
        threshold=threshold,
        origin=limit.origin,
        n=one.n,
        definition=(
            f"{metric.definition}: {one.before:.4f} in {comparison.before.run} (started "
            f"{comparison.before.started_at[:10]}), {one.now:.4f} now, {one.n} users of both"
        ),
        who=f"segment {segment}",
        knob=metric.look_at,
        knobs=metric.all_knobs,
        low=low,
        high=high,
        borderline=(-math.inf if low is None else low) <= threshold <= (math.inf if high is None else high),
    )


def _found(comparison: Comparison, metric: MetricFacts, segment: str) -> Difference:
    if comparison.unlike:
        what = f"the earlier run says nothing about this one: other {', '.join(comparison.unlike)}"
        raise NotMeasured(Reason(what, UNLIKE, ANEW))
    try:
        one = comparison.of(metric.compares, segment)
    except KeyError:
        raise NotMeasured(
            Reason(f"no user of segment {segment} was evaluated in both runs", next_step=ANEW)
        ) from None
    if one.outcome == "not compared":
        raise NotMeasured(Reason(one.reason, next_step=FEW))
    return one


def _holds(rule: str, threshold: float, lost: float, low: float | None, high: float | None) -> bool:
    """Whether the loss, its upper end (``confident``) or its lower end (``harmful``) keeps the threshold."""
    if rule == "confident":
        return high is not None and high <= threshold + ROUNDING
    if rule == "harmful":
        return low is None or low <= threshold + ROUNDING
    return lost <= threshold + ROUNDING
