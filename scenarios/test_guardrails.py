"""The guardrails: is the profile better than plain popularity, for every segment, without narrowing the shop?

Lists of 20 for every user with holdout are compared with what these users did afterwards. Thresholds and their
origin are in guardrails.yml; definitions of the metrics stand beside every number in the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.steadiness import instability, slowest_list

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


# The following exist only where guardrails.yml gives their threshold a value.


@pytest.mark.guardrail("intra_list_similarity", when="max_intra_list_similarity")
def test_intra_list_similarity(sim: Simulation, check: Check, segment: str) -> None:
    """The items of a list differ enough from each other."""
    check.figure(
        sim.quality.segment_figures[segment]["intra_list_similarity@10"],
        sim.limit("max_intra_list_similarity", segment),
        who=f"segment {segment}",
        knob="MMR_LAMBDA, BRAND_CAP, CATEGORY_CAP; NEW_USER_MMR_LAMBDA for sparse and new users",
    )


@pytest.mark.guardrail("novelty", when="min_novelty")
def test_novelty(sim: Simulation, check: Check, segment: str) -> None:
    """Lists show enough that people have not met everywhere already."""
    check.figure(
        sim.quality.segment_figures[segment]["novelty@20"],
        sim.limit("min_novelty", segment),
        who=f"segment {segment}",
        knob="BLEND_ALPHA, BLEND_GAMMA, PROFILE_BOOST, POPULARITY_FANOUT; NEW_USER_BLEND_* for sparse and new users",
    )


@pytest.mark.guardrail("gini", when="max_gini")
def test_gini(sim: Simulation, check: Check) -> None:
    """A few items do not take all the slots."""
    check.figure(
        sim.quality.figures["gini@20"],
        sim.limit("max_gini"),
        knob="BLEND_ALPHA, MMR_LAMBDA, BRAND_CAP, CATEGORY_CAP, POPULARITY_FANOUT",
    )


@pytest.mark.guardrail("recall", when="min_recall")
def test_recall(sim: Simulation, check: Check, segment: str) -> None:
    """Lists contain enough of what people went on to want."""
    check.figure(
        sim.quality.segment_figures[segment][f"recall@20 ({sim.quality.judged_relevance})"],
        sim.limit("min_recall", segment),
        who=f"segment {segment}",
        knob="PROFILE_BOOST, BLEND_BETA, BLEND_GAMMA, POPULARITY_FANOUT; NEW_USER_* for sparse and new users",
    )


@pytest.mark.guardrail("rank_instability", when="max_rank_instability")
def test_rank_instability(sim: Simulation, check: Check, segment: str) -> None:
    """Who asks five times gets the same answer."""
    found = instability(sim, segment)
    check.need(found.users, f"nobody of segment {segment} has holdout events and a list to compare")
    check.show("per_user", found.users)
    worst = max(found.users, key=lambda user: found.users[user])
    check.at_most(
        "rank instability@10",
        found.mean,
        sim.limit("max_rank_instability", segment),
        n=len(found.users),
        definition=found.definition,
        who=f"segment {segment}, most of all user {worst}",
        exchange=sim.lists[worst],
        knob="none: replicas with different caches or models, or ties in another order every time",
    )


@pytest.mark.guardrail("p95_ms", when="max_p95_ms")
def test_answers_come_in_time(sim: Simulation, check: Check, segment: str) -> None:
    """Nineteen of twenty lists come in time."""
    slowest = slowest_list(sim, segment)
    check.figure(
        sim.answer_times(segment),
        sim.limit("max_p95_ms", segment),
        who=f"segment {segment}" + (f", slowest for user {slowest.ask.user_id}" if slowest else ""),
        exchange=slowest,
        knob="POPULARITY_FANOUT, NEW_USER_POP_FANOUT; --recsim-concurrency is how much was asked at a time",
    )


@pytest.mark.guardrail("error_rate", when="max_error_rate")
def test_requests_are_answered(sim: Simulation, check: Check) -> None:
    """Hardly any request for a list has to be repeated or fails for good."""
    check.figure(
        sim.failed_attempts(),
        sim.limit("max_error_rate"),
        knob="the service's log and rate limit; --recsim-concurrency is how much was asked at a time",
    )
