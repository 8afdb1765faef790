"""The registry of metrics: what is derived from an entry can only be as good as the entry."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

from pytest_recsim import Metric
from pytest_recsim.data.guardrails.guardrail_keys import CHECKS, SEGMENT_CHECKS, THRESHOLDS
from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import GUARDED, METRICS
from pytest_recsim.data.profiles.knobs import KNOBS

ALL = list(METRICS.values())
named = pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)


@named
def test_an_entry_says_what_the_number_is_and_its_label_names_the_cut_off(metric):
    assert len(metric.definition) > 20
    assert metric.k in (0, 10, 20)
    if metric.k:
        assert f"@{metric.k}" in metric.label


@named
def test_an_entry_names_knobs_that_exist_and_whoever_fails_is_told_where_to_look(metric):
    for name in metric.all_knobs:
        assert any(fnmatch(knob, name) for knob in KNOBS), name
    assert bool(metric.look_at) == metric.guarded
    assert all(name in metric.look_at for name in metric.all_knobs)


@pytest.mark.parametrize("key", GUARDED)
def test_a_guarded_metric_has_a_threshold_a_check_and_a_question(key):
    metric, threshold = GUARDED[key], THRESHOLDS[key]
    assert key == ("min_" if metric.better == "higher" else "max_") + metric.name
    assert threshold.direction == key[:3]
    assert metric.default is None or metric.low <= metric.default <= metric.high
    assert metric.question
    assert metric.threshold == threshold.meaning != ""
    assert metric.name in CHECKS
    assert (metric.name in SEGMENT_CHECKS) == metric.per_segment


def test_labels_and_keys_are_nobody_elses():
    assert len({metric.shown("unseen") for metric in ALL}) == len(ALL)
    assert len(GUARDED) == sum(metric.guarded for metric in ALL)


def test_a_metric_without_a_threshold_has_no_key_and_no_check():
    ndcg = METRICS["ndcg"]
    assert (ndcg.guarded, ndcg.key, ndcg.look_at) == (False, "", "")
    assert "ndcg" not in CHECKS


def test_a_custom_metric_is_a_metric_with_a_function():
    mine = Metric("fit", "share of what fits", len, knobs=("BRAND_CAP",), advice="the size chart")
    assert isinstance(mine, MetricFacts)
    assert (mine.shown(), mine.key, mine.look_at) == ("fit", "", "BRAND_CAP; the size chart")
