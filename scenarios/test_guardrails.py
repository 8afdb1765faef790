"""The guardrails: is the profile better than plain popularity, for every segment, without narrowing the shop?

Lists of 20 for every user with holdout are compared with what these users did afterwards. Thresholds and their
origin are in guardrails.yml; definitions of the metrics stand beside every number in the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_recsim.plugin.check import Check
    from pytest_recsim.simulation import Simulation


@pytest.mark.guardrail("segment_lift")
def test_segment_lift(sim: Simulation, check: Check, segment: str, metric: str) -> None:
    """Every segment gets clearly better lists than the popularity baseline."""
    limit = sim.limit(f"min_segment_lift_{metric}", segment)
    figure = sim.quality.lift(segment, metric)
    check.show("figure", figure)
    check.lift(
        figure, limit, knob="PROFILE_BOOST, BLEND_BETA, BLEND_GAMMA; NEW_USER_* for sparse and new users"
    )


@pytest.mark.guardrail("catalog_coverage")
def test_catalog_coverage(sim: Simulation, check: Check) -> None:
    """Enough of the available catalogue is shown to somebody."""
    figure = sim.quality.figures["catalogue_coverage@20"]
    check.figure(
        figure,
        sim.limit("min_catalog_coverage"),
        knob="MMR_LAMBDA, BRAND_CAP, CATEGORY_CAP, POPULARITY_FANOUT",
    )


@pytest.mark.guardrail("long_tail_share")
def test_long_tail_share(sim: Simulation, check: Check) -> None:
    """Enough slots go to items outside the most popular fifth."""
    figure = sim.quality.figures["long_tail_share@20"]
    check.figure(
        figure,
        sim.limit("min_long_tail_share"),
        knob="BLEND_ALPHA, BLEND_GAMMA, PROFILE_BOOST, POPULARITY_FANOUT",
    )
