"""Values of the wrong kind, where Python would let them pass: one sentence instead of an error from deep inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_recsim import Metric, evaluate, plan_for
from pytest_recsim.data.input.problems import InputError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("customer", "options", "sentence"),
    [
        (5, {}, "plan_for: `customer` is an int; must be text"),
        (None, {}, "plan_for: `customer` is nothing; must be text"),
        (
            "customer-a",
            {"env_overrides": 5},
            "`env_overrides` is an int; must be a mapping KNOB: value or a list",
        ),
        ("customer-a", {"env_overrides": "BRAND_CAP=3"}, "`env_overrides` is a str; must be a mapping"),
        ("customer-a", {"base_url": 5}, "`base_url` is an int; must be text"),
        ("customer-a", {"surface": b"home"}, "`surface` is a bytes; must be text"),
        ("customer-a", {"fixture_path": 3}, "`fixture_path` is an int; must be text or a path"),
        ("customer-a", {"timeout": True}, "`timeout` is a bool; must be a number"),
        ("customer-a", {"skip": "seed"}, "`skip` is a str; must be a list of steps"),
        (
            "customer-a",
            {"surface": "\udcff"},
            "--recsim-surface: `\\udcff`: must be a name without control characters",
        ),
    ],
    ids=range(10),
)
def test_arguments_of_another_kind_are_told_by_name(customer, options, sentence):
    with pytest.raises(InputError) as caught:
        plan_for(customer, root=ROOT, **options)
    assert sentence in str(caught.value)


def test_whatever_an_option_takes_is_taken_and_none_is_as_if_it_were_left_out():
    plan = plan_for(
        "customer-a", root=ROOT, timeout=3, sample_users="50", window_days=20.5, base_url=None, skip=("scenarios",),
        env_overrides=["BRAND_CAP=3"], fixture_path=ROOT / "fixtures" / "customers" / "customer_a.json",
    )  # fmt: skip
    assert (plan.timeout, plan.sample_users, plan.window_days, plan.skip) == (3, 50, 20.5, ("scenarios",))
    assert plan.knob("BRAND_CAP") == 3


@pytest.mark.parametrize("metrics", [None, 5, Metric("fit", "a number", lambda _: {})])
def test_metrics_that_are_no_list_are_told_by_name(metrics):
    with pytest.raises(InputError, match=r"plan_for: `metrics` is .*; must be a list of Metric"):
        plan_for("customer-a", root=ROOT, metrics=metrics)


def test_evaluate_takes_a_plan_and_says_so():
    with pytest.raises(InputError, match="evaluate: `plan` is a str; must be what plan_for returned"):
        evaluate("customer-a")


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        ({"about": 3}, "`about` is 3; must be one of ranking, catalogue, empty"),
        ({"about": "rankng"}, "did you mean `ranking`?"),
        ({"better": "up"}, '`better` is text "up"; must be one of higher, lower, empty'),
        ({"knobs": "BLEND_BETA"}, '`knobs` is text "BLEND_BETA"; must be a tuple of knobs'),
        ({"knobs": (1,)}, "`knobs` names 1; must be a knob"),
        (
            {"knobs": ("BLEND_BTA",)},
            "`knobs` names `BLEND_BTA`, which is no knob; did you mean `BLEND_BETA`?",
        ),
        ({"new_user_knobs": ("SPEED_*",)}, "`new_user_knobs` names `SPEED_*`, which is no knob"),
        ({"advice": 7}, "`advice` is 7; must be text"),
        ({"k": "ten"}, '`k` is text "ten"; must be a whole number'),
        ({"default": "much"}, '`default` is text "much"; must be a number'),
        ({"per_segment": 1}, "`per_segment` is 1; must be True or False"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_fact_of_a_custom_metric_that_is_of_another_kind_is_told_by_name(fact, sentence):
    with pytest.raises(InputError) as caught:
        plan_for("customer-a", root=ROOT, metrics=[Metric("fit", "a number", lambda _: {}, **fact)])
    assert f"`fit`: {sentence}" in str(caught.value) or sentence in str(caught.value)


def test_right_facts_are_taken_patterns_of_knobs_among_them():
    metric = Metric(
        "fit", "a number", lambda _: {}, knobs=("BLEND_*", "MMR_LAMBDA"), better="lower", about="catalogue"
    )
    assert [one.name for one in plan_for("customer-a", root=ROOT, metrics=[metric]).own] == ["fit"]
