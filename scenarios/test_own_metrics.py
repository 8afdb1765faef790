"""Custom metrics: what `pytest_recsim_metrics` in a conftest.py announces, against thresholds under `own:`.

They are measured once, on the same lists as everything else, and stand in the report with their definition
and n.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.checks import custom as own_checks

if TYPE_CHECKING:
    from pytest_recsim import Check, Simulation


@pytest.mark.guardrail("own_metrics", when="own")
def test_own_metrics_can_be_measured(sim: Simulation, check: Check) -> None:
    """Every custom metric returned what it had announced."""
    own_checks.own_metrics(sim, check)


@pytest.mark.guardrail("own", when="own.*")
def test_own_metric_keeps_its_threshold(sim: Simulation, check: Check, threshold: str, segment: str) -> None:
    """A custom metric keeps the threshold that guardrails.yml sets for it."""
    own_checks.own(sim, check, threshold, segment)
