"""The guardrails: is the profile better than plain popularity, for every segment, without narrowing the shop?

Lists of 20 for every user with holdout are compared with what these users did afterwards. Thresholds and
their origin are in guardrails.yml; definitions of the metrics stand beside every number in the report. Which
metrics there are is in the table of docs/metrics.md; most have no check until guardrails.yml gives them a
threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.checks.guardrails import judge

if TYPE_CHECKING:
    from pytest_recsim import Check, Simulation


@pytest.mark.guardrail("metrics", when="metrics")
def test_guardrail(sim: Simulation, check: Check, threshold: str, segment: str) -> None:
    """A metric keeps the threshold that guardrails.yml sets for it."""
    judge(sim, check, threshold, segment)
