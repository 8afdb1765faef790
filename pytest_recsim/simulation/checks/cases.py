"""The cases of a check: which segments, metrics and thresholds of one's own it is made for, and how each is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_recsim.data.guardrails.guardrail_keys import OWN
from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import GUARDED
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.model import Key

COMPARED = ("ndcg", "mrr")
PARAMETERS = ("sim", "threshold", "segment", "metric")


def places(plan: Plan, when: str) -> list[tuple[str, str]]:
    """Return (threshold, segment) of what a check is made for; the segment is empty for the whole run.

    Args:
        plan: whose thresholds.
        when: ``metrics`` for those of the registry, ``own.*`` for those of custom metrics, ``own`` for "any custom metric".
    """
    if when == "own":
        return [("", "")] if plan.own else []
    if when == "own.*":
        keys = [key for key in plan.limits if key.startswith(f"{OWN}.")]
        return [(key, segment) for key in keys for segment in plan.scopes(key)]
    on = [metric for key, metric in GUARDED.items() if key in plan.limits and _there(plan, metric)]
    return [(metric.key, segment) for metric in on for segment in _segments(plan, metric)]


def _there(plan: Plan, metric: MetricFacts) -> bool:
    """Whether what the metric is measured on exists: a loss needs a run to compare with. Its absence is said beside the verdict."""
    return metric.source != "earlier" or bool(plan.compare_to)


def _segments(plan: Plan, metric: MetricFacts) -> list[str]:
    """Those that a metric is judged for; a threshold of all of them also has a value for the customer as a whole."""
    scopes = plan.scopes(metric.key)
    return [scope for scope in scopes if scope or not metric.per_segment]


def cases(simulation: str, plan: Plan, arguments: Sequence[str], when: str) -> list[dict[str, str]]:
    """One row of parameters per customer, times segment and metric as far as a check asks for them.

    Args:
        simulation: its id.
        plan: whose segments and thresholds.
        arguments: what the test function asks for; names that are not in ``PARAMETERS`` are nobody's business here.
        when: the thresholds that the check is made for, see :func:`places`; empty for none.
    """
    if when:
        found = [{"threshold": key, "segment": segment} for key, segment in places(plan, when)]
    elif "segment" in arguments:
        found = [{"segment": segment} for segment in plan.fixture.segments]
    else:
        found = [{}]
    if "metric" in arguments:
        found = [row | {"metric": metric} for row in found for metric in COMPARED]
    names = [name for name in PARAMETERS if name in arguments]
    return [{name: ({"sim": simulation} | row)[name] for name in names} for row in found]


def check_of(threshold: str) -> str:
    """Return the check that judges a threshold: the metric's name, or the threshold itself for a custom metric."""
    return GUARDED[threshold].name if threshold in GUARDED else threshold


def key_of(scenario: str, guardrail: str, params: Mapping[str, Any]) -> Key:
    """Return what identifies a check of the suite: simulation, check and case.

    Args:
        scenario: what its marker of that name says, empty without one.
        guardrail: likewise.
        params: of the test item, or a row of :func:`cases`.
    """
    simulation = str(params["sim"])
    if scenario:
        return simulation, scenario, ""
    if "threshold" in params:
        return simulation, check_of(str(params["threshold"])), str(params["segment"])
    check = "_".join([guardrail, *([str(params["metric"])] if "metric" in params else [])])
    return simulation, check, str(params.get("segment", ""))
