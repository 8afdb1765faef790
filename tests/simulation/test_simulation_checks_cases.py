"""Which cases a check is made for, and how each of them is called."""

from __future__ import annotations

import pytest

from pytest_recsim.data.guardrails.metric_table import GUARDED
from pytest_recsim.plan.model import OwnFacts
from pytest_recsim.simulation.checks.cases import cases, check_of, key_of, places

GUARDRAILS = """\
defaults: {quality: {min_novelty: 2, max_error_rate: 0.1}}
customers:
  acme:
    own: {min_fit: 0.5}
    segments:
      new_users: {min_novelty: off}
"""
FIT = OwnFacts("fit", "d", per_user=True, origin="conftest.py")


@pytest.fixture(scope="module")
def plan(tmp_path_factory, shared_make_world):
    """A customer with segments vip and new_users, two optional guardrails and a threshold of their own."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "guardrails.yml").write_text(GUARDRAILS)
    return shared_make_world(own=(FIT,), guardrails_file=str(folder / "guardrails.yml")).plan


@pytest.fixture
def bare(shared_make_world):
    """A customer for whom nothing optional is on."""
    return shared_make_world().plan


def test_a_metric_per_segment_is_judged_for_every_segment_with_a_threshold_and_not_as_a_whole(plan):
    found = places(plan, "metrics")
    assert [segment for key, segment in found if key == "min_segment_lift_ndcg"] == ["new_users", "vip"]
    assert [segment for key, segment in found if key == "min_novelty"] == ["vip"], "off for new users"


def test_a_metric_of_the_whole_run_is_judged_once(plan):
    assert [place for place in places(plan, "metrics") if place[0] == "max_error_rate"] == [
        ("max_error_rate", "")
    ]


def test_a_metric_without_a_threshold_has_no_check(bare):
    keys = {key for key, _ in places(bare, "metrics")}
    assert keys == {key for key, metric in GUARDED.items() if metric.default is not None}
    assert "min_novelty" not in keys


def test_settings_that_are_no_metric_have_no_check_of_their_own(plan):
    assert {key for key, _ in places(plan, "metrics")} <= set(GUARDED)
    assert "min_segment_users" in plan.limits


def test_thresholds_of_custom_metrics_are_judged_where_they_hold(plan, bare):
    assert places(plan, "own.*") == [("own.min_fit", "new_users"), ("own.min_fit", "vip")]
    assert places(bare, "own.*") == []


def test_custom_metrics_are_looked_at_once_whether_or_not_they_have_thresholds(plan, bare, shared_make_world):
    assert places(plan, "own") == [("", "")]
    assert places(bare, "own") == []
    without = shared_make_world(own=(OwnFacts("other", "d", per_user=False, origin="c.py"),)).plan
    assert places(without, "own") == [("", "")]


# --- rows of parameters ---


def test_a_check_of_the_customer_has_one_row(plan):
    assert cases("acme", plan, ["sim", "check"], "") == [{"sim": "acme"}]


def test_a_check_that_asks_for_a_segment_has_a_row_for_each(plan):
    found = cases("acme", plan, ["check", "segment", "sim"], "")
    assert [row["segment"] for row in found] == ["new_users", "vip"]
    assert all(row == {"sim": "acme", "segment": row["segment"]} for row in found)


def test_a_check_that_asks_for_a_metric_has_both_that_are_compared_for_every_segment(plan):
    found = cases("acme", plan, ["sim", "segment", "metric"], "")
    assert sorted((row["segment"], row["metric"]) for row in found) == [
        ("new_users", "mrr"),
        ("new_users", "ndcg"),
        ("vip", "mrr"),
        ("vip", "ndcg"),
    ]
    assert [row["metric"] for row in cases("acme", plan, ["sim", "metric"], "")] == ["ndcg", "mrr"]


def test_a_check_made_for_thresholds_has_a_row_for_each_place(plan):
    assert cases("acme", plan, ["sim", "check", "threshold", "segment"], "own.*") == [
        {"sim": "acme", "threshold": "own.min_fit", "segment": "new_users"},
        {"sim": "acme", "threshold": "own.min_fit", "segment": "vip"},
    ]


def test_rows_hold_what_the_function_asks_for_and_nothing_else(plan):
    assert cases("acme", plan, ["tmp_path", "sim"], "own.*") == 2 * [{"sim": "acme"}]
    assert cases("acme", plan, ["tmp_path"], "") == [{}]


def test_where_nothing_is_on_there_is_no_row(bare):
    assert cases("acme", bare, ["sim", "threshold", "segment"], "own.*") == []


# --- names ---


def test_a_threshold_is_judged_by_the_check_with_its_metrics_name():
    assert (check_of("min_novelty"), check_of("max_p95_ms")) == ("novelty", "p95_ms")
    assert check_of("own.min_fit") == "own.min_fit"


@pytest.mark.parametrize(
    ("scenario", "guardrail", "params", "key"),
    [
        ("S1", "", {"sim": "acme"}, ("acme", "S1", "")),
        ("S7", "", {"sim": "acme", "segment": "vip"}, ("acme", "S7", "")),
        ("", "contract", {"sim": "acme"}, ("acme", "contract", "")),
        ("", "metrics", {"sim": "acme", "threshold": "max_gini", "segment": ""}, ("acme", "gini", "")),
        ("", "x", {"sim": "acme", "threshold": "min_novelty", "segment": "vip"}, ("acme", "novelty", "vip")),
        (
            "",
            "x",
            {"sim": "acme", "threshold": "own.min_fit", "segment": "vip"},
            ("acme", "own.min_fit", "vip"),
        ),
        ("", "lift", {"sim": "acme", "metric": "mrr", "segment": "vip"}, ("acme", "lift_mrr", "vip")),
        ("", "lift", {"sim": "acme", "segment": "vip"}, ("acme", "lift", "vip")),
    ],
)
def test_a_check_is_known_by_customer_name_and_case(scenario, guardrail, params, key):
    assert key_of(scenario, guardrail, params) == key


def test_no_two_rows_of_a_check_have_one_key(plan):
    rows = cases("acme", plan, ["sim", "threshold", "segment"], "metrics")
    assert len({key_of("", "metrics", row) for row in rows}) == len(rows) > 4
