"""What a batch's table chooses a configuration by: lifts over everybody, of the weakest segment, and what they cost."""

from __future__ import annotations

import pytest

from pytest_recsim.record.batch import key_figures
from pytest_recsim.record.quality import Figure, LiftFigure, QualityMetrics


def lift(segment, value, relevance="unseen"):
    return LiftFigure(
        segment=segment,
        metric="ndcg",
        relevance=relevance,
        n_users=30,
        n_baseline_hits=12,
        mean=0.2,
        baseline_mean=0.1,
        recent_mean=None,
        difference=0.1,
        lift=value,
    )


def quality(*lifts, overall=(), figures=()):
    return QualityMetrics(
        judged_relevance="unseen",
        evaluated=60,
        sampled=False,
        segments={},
        lifts=lifts,
        overall=overall,
        figures={one.name: one for one in figures},
    )


def test_the_judged_lift_over_everybody_stands_beside_that_of_the_weakest_segment():
    lifts = [lift("vip", 0.9), lift("new", 0.2), lift("new", -0.5, "all")]
    found = key_figures(quality(*lifts, overall=(lift("", 0.6), lift("", 0.1, "all"))))
    assert found == {"lift of NDCG@10": 0.6, "lowest lift of NDCG@10 of a segment": 0.2}


@pytest.mark.parametrize("lifts", [[lift("vip", 0.9), lift("new", None)], []])
def test_a_segment_that_was_not_measured_might_be_the_weakest(lifts):
    assert (
        key_figures(quality(*lifts, overall=(lift("", 0.6),)))["lowest lift of NDCG@10 of a segment"] is None
    )


def test_breadth_is_shown_as_far_as_it_was_measured():
    figures = [
        Figure(name="catalogue_coverage@20", value=0.7, n=9, definition="d"),
        Figure(name="x", value=1.0, n=1, definition="d"),
    ]
    assert key_figures(quality(figures=figures)) == {"catalogue_coverage@20": 0.7}
