"""Your own metrics: what `pytest_recsim_metrics` in a conftest.py announces, against thresholds under `own:`.

They are measured once, on the same lists as everything else, and stand in the report with their definition and n.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_recsim.plugin.check import Check
    from pytest_recsim.simulation import Simulation


@pytest.mark.guardrail("own_metrics", when="own")
def test_own_metrics_can_be_measured(sim: Simulation, check: Check) -> None:
    """Every metric of your own returned what it had announced."""
    failures = [found.failure for found in sim.own.values() if found.failure]
    check.that(
        "metrics of your own",
        not failures,
        expected="each returns its figures",
        got="; ".join(failures) or f"{len(sim.own)} of {len(sim.own)} do",
        n=len(sim.own),
        definition="metrics that pytest_recsim_metrics announces; a value that is not finite is no failure here",
        knob="the function behind the metric",
    )


@pytest.mark.guardrail("own", when="own.*")
def test_own_metric_keeps_its_threshold(
    sim: Simulation, check: Check, own_threshold: str, segment: str
) -> None:
    """A metric of your own keeps the threshold that guardrails.yml sets for it."""
    limit = sim.limit(own_threshold, segment)
    found = sim.own[own_threshold.partition("_")[2]]
    check.show("figure", found)
    check.figure(
        found.segments[segment] if segment else found.figure, limit, who=segment and f"segment {segment}"
    )
