"""Custom metrics as checks: whether they could be measured, and whether they keep their thresholds."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_recsim import RunMetric, UserMetric
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.quality import Figure, OwnFigure
from pytest_recsim.simulation.checks.check import Check, NotMeasured
from pytest_recsim.simulation.checks.custom import own, own_metrics


def figure(value, n=3):
    return Figure(name="fit", value=value, n=n, definition="how well it fits", reason="nobody has a value")


@pytest.fixture
def shown():
    """As much of a simulation as the checks look at: `fit` per user, `cost` of the whole run, `bad` failed."""
    asked = []

    def limit(key, segment):
        asked.append((key, segment))
        return Limit(key, 0.5, "block", "guardrails.yml:3")

    return SimpleNamespace(
        asked=asked,
        limit=limit,
        metrics=[
            UserMetric("fit", "how well it fits", dict, knobs=("MMR_LAMBDA",)),
            RunMetric("cost", "what it costs", dict),
            RunMetric("bad", "broken", dict),
        ],
        own={
            "fit": OwnFigure(figure=figure(0.7), segments={"vip": figure(0.4, 2), "new": figure(None)}),
            "cost": OwnFigure(figure=Figure(name="cost", value=0.6, n=1, definition="", reason="")),
        },
    )


def judged(shown, threshold, segment=""):
    check = Check()
    own(shown, check, threshold, segment)
    return check


def test_all_metrics_that_returned_figures_are_counted(shown):
    check = Check()
    own_metrics(shown, check)
    (measure,) = check.measures
    assert (measure.ok, measure.got, measure.n) == (True, "2 of 2 do", 2)
    assert check.conclude().outcome == "passed"


def test_every_metric_that_failed_is_told_with_its_sentence(shown):
    for name in ("bad", "worse"):
        shown.own[name] = OwnFigure(
            figure=figure(None), failure=f"`{name}` raised KeyError: 'x' (conftest.py:7)"
        )
    check = Check()
    own_metrics(shown, check)
    sentence = check.conclude().sentence
    assert "`bad` raised KeyError: 'x' (conftest.py:7); `worse` raised" in sentence
    assert "knobs to check: the function behind the metric" in sentence
    assert check.measures[0].n == 4


def test_a_threshold_is_held_against_the_whole_run_unless_a_segment_is_asked_for(shown):
    assert judged(shown, "own.min_fit").conclude().outcome == "passed"
    check = judged(shown, "own.min_fit", "vip")
    assert check.conclude().outcome == "failed"
    assert (check.measures[0].got, check.measures[0].n, check.measures[0].who) == (0.4, 2, "segment vip")
    assert shown.asked == [("own.min_fit", ""), ("own.min_fit", "vip")]


def test_the_key_says_from_which_side_a_custom_metric_is_limited(shown):
    assert judged(shown, "own.max_cost").conclude().outcome == "failed"
    assert judged(shown, "own.min_cost").conclude().outcome == "passed"


def test_a_metric_whose_name_has_more_words_is_found_by_all_of_them(shown):
    shown.own["fit_of_all"] = shown.own["cost"]
    shown.metrics.append(RunMetric("fit_of_all", "d", dict))
    assert judged(shown, "own.max_fit_of_all").measures[0].got == 0.6


def test_a_failure_names_the_knobs_that_the_metric_announced(shown):
    (measure,) = judged(shown, "own.min_fit", "vip").measures
    assert (measure.metric, measure.knobs, measure.knob) == ("fit", ("MMR_LAMBDA",), "MMR_LAMBDA")
    assert measure.origin == "guardrails.yml:3"


def test_the_figures_are_evidence_whatever_comes_of_them(shown):
    assert judged(shown, "own.min_fit").shown["figure"] is shown.own["fit"]


def test_a_segment_without_a_value_is_not_measured_with_its_reason(shown):
    with pytest.raises(NotMeasured, match=r"^nobody has a value$"):
        judged(shown, "own.min_fit", "new")


@pytest.mark.parametrize("segment", ["", "vip"])
def test_a_metric_that_failed_is_not_measured_in_any_segment_and_says_why(shown, segment):
    shown.own["fit"] = OwnFigure(figure=figure(None), failure="`fit` raised KeyError")
    with pytest.raises(NotMeasured, match=r"^`fit` raised KeyError$"):
        judged(shown, "own.min_fit", segment)
