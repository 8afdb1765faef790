"""Whether the metrics of the user's own could be measured, and keep their thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_recsim.simulation.checks.check import Check
    from pytest_recsim.simulation.session.simulation import Simulation


def own_metrics(sim: Simulation, check: Check) -> None:
    """Every custom metric returned what it had announced."""
    failures = [found.failure for found in sim.own.values() if found.failure]
    check.that(
        "custom metrics",
        not failures,
        expected="each returns its figures",
        got="; ".join(failures) or f"{len(sim.own)} of {len(sim.own)} do",
        n=len(sim.own),
        definition="metrics that pytest_recsim_metrics announces; a value that is not finite is no failure here",
        advice="the function behind the metric",
    )


def own(sim: Simulation, check: Check, threshold: str, segment: str) -> None:
    """A custom metric keeps the threshold that guardrails.yml sets for it."""
    limit = sim.limit(threshold, segment)
    name = threshold.partition("_")[2]
    found = sim.own[name]
    (metric,) = (one for one in sim.metrics if one.name == name)
    check.show("figure", found)
    check.need(
        not found.failure, found.failure, next_step=f"repair the function behind `{name}`", cause="custom"
    )
    figure = found.segments[segment] if segment else found.figure
    check.figure(figure, limit, metric, who=segment and f"segment {segment}")
