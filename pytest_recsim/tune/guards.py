"""What trials have to keep, and by how much they do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_recsim.data.guardrails.guardrail_keys import threshold_key
from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import GUARDED, METRICS
from pytest_recsim.judge.verdict import ROUNDING
from pytest_recsim.plan.model import Plan, covering
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.trial import Held
from pytest_recsim.simulation.checks.cases import check_of, places
from pytest_recsim.simulation.checks.needs import NEW
from pytest_recsim.simulation.checks.settling import severity_of
from pytest_recsim.tune.estimating import Estimate

HARM, AVAILABILITY = "no_harm", "availability"
COLD_START, FIRST_HITS = "S7", "s7_min_avg_mrr"
PRICE, MOST_LOST = "S4", "s4_max_ndcg_loss"
"""Scenarios that judge the quality lists, and their thresholds: trials can be held to them, too."""


@dataclass(frozen=True)
class Guard:
    """A guardrail that trials have to keep.

    Attributes:
        check, case: as the run names it.
        limit: its threshold.
        metric: None for the availability of items, and for what trials cannot measure.
    """

    check: str
    case: str
    limit: Limit
    metric: MetricFacts | None

    @property
    def label(self) -> str:
        if self.check == AVAILABILITY:
            return "unavailable items"
        if self.check == COLD_START:
            return "MRR@10 of new users, repeats included"
        if self.check == PRICE:
            return "loss of NDCG@10 through diversification"
        return self.metric.shown() if self.metric else self.check


def guards_of(plan: Plan, today: str) -> list[Guard]:
    """Return the guardrails of the lists that stand in the way of going live; those that only warn, or are waived, do not.

    What is measured on the traffic or on repeated questions says more of the service than of knobs: the whole runs of the
    finalists judge it.
    """
    on = [(key, segment, GUARDED[key]) for key, segment in places(plan, "metrics")]
    found = [one for one in on if one[2].source in ("lists", "lift")]
    own = [(key, segment, None) for key, segment in places(plan, "own.*")]
    guards = [
        Guard(check_of(key), segment, plan.limit(key, segment or None), metric)
        for key, segment, metric in (*found, *own)
    ]
    guards.append(Guard(AVAILABILITY, "", plan.limit("max_unavailable_share"), None))
    if "scenarios" not in plan.skip:
        new = [name for name in plan.fixture.segments if name.lower() == NEW]
        guards += [Guard(COLD_START, name, plan.limit(FIRST_HITS), METRICS["mrr"]) for name in new]
        guards.append(Guard(PRICE, "", plan.limit(MOST_LOST), METRICS["ndcg"]))
    return [
        one
        for one in guards
        if severity_of(plan, one.check, one.case, scenario=one.check in (COLD_START, PRICE)) == "block"
        and covering(plan.waivers, one.check, one.case, today) is None
    ]


def label_of(one: Held) -> str:
    """Return what a whole run calls the check of this name."""
    case = "" if one.check == COLD_START else one.case
    return f"{one.check} [{case}]" if case else one.check


def held_by(guard: Guard, found: Estimate, spread: float | None = None) -> Held:
    """Hold a guardrail's value against its threshold; ``spread`` is its standard error over other people."""
    threshold = float(guard.limit.value)
    margin: float | None = None
    if found.value is not None and math.isfinite(found.value):
        low = threshold_key(guard.limit.key).direction == "min"
        margin = threshold - found.value if low else found.value - threshold
        if abs(margin) <= ROUNDING:
            margin = 0.0
        if found.passed is not None:  # the interval was judged, and not the value
            margin = min(margin, 0.0) if found.passed else max(margin, ROUNDING)
    return Held(
        check=guard.check,
        case=guard.case,
        label=guard.label,
        threshold=threshold,
        value=found.value if margin is not None else None,
        margin=margin,
        spread=spread if margin is not None else None,
        reason=found.reason if margin is None else "",
    )
