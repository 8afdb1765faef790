"""The knobs that a check names, shown with their values in this run."""

from __future__ import annotations

import msgspec
import pytest

from pytest_recsim.plan.model import KnobSetting
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.simulation.diagnose.knobs_to_check import knobs_of, values_of


@pytest.mark.parametrize(
    ("names", "knobs"),
    [
        (["MMR_LAMBDA", "BRAND_CAP"], ["MMR_LAMBDA", "BRAND_CAP"]),
        (["RULES_ENABLE", "boost_value", "RULES_ENABLE"], ["RULES_ENABLE"]),
        (["the service's version", "mmr_lambda", ""], []),
        ([], []),
    ],
)
def test_only_knobs_count_and_each_once(make_world, names, knobs):
    assert knobs_of(names, make_world().plan) == knobs


def test_a_star_names_the_knobs_that_are_set(make_world):
    plan = make_world("NEW_USER_MMR_LAMBDA=0.2").plan
    knobs = knobs_of(("BLEND_*", "NEW_USER_*"), plan)
    assert {"BLEND_ALPHA", "BLEND_BETA", "BLEND_GAMMA", "NEW_USER_MMR_LAMBDA"} <= set(knobs)
    assert set(knobs) <= plan.knobs.keys()
    assert all(name.startswith(("BLEND_", "NEW_USER_")) for name in knobs)
    assert knobs_of(("NO_SUCH_*",), plan) == []
    assert knobs_of(("BLEND_A*",), plan) == ["BLEND_ALPHA"]
    assert knobs_of(
        ("NEW_USER_*", "BLEND_*"), msgspec.structs.replace(plan, knobs=dict(sorted(plan.knobs.items())[::-1]))
    ) == [
        *sorted(name for name in knobs if name.startswith("NEW_USER_")),
        *sorted(name for name in knobs if name.startswith("BLEND_")),
    ]


def test_values_stand_with_their_origin_and_with_what_is_in_effect_instead(make_world):
    plan = make_world("MMR_LAMBDA=0.9").plan
    row = KnobRow("BRAND_CAP", "2", "x", "5", "differs", "admin config")
    shown = values_of(("MMR_LAMBDA", "BRAND_CAP"), plan, (row,))
    origin = plan.knobs["BRAND_CAP"].origin
    assert shown == f"MMR_LAMBDA=0.9 (--env-override), BRAND_CAP=2 ({origin}), but 5 in effect"


def test_what_is_not_set_says_what_the_service_assumes(make_world):
    plan = msgspec.structs.replace(make_world().plan, knobs={})
    shown = values_of(("PROFILE_STARTER_DECAY_EVENTS", "NEW_USER_MMR_LAMBDA"), plan, ())
    assert (
        shown == "PROFILE_STARTER_DECAY_EVENTS not set (the service assumes 5), NEW_USER_MMR_LAMBDA not set"
    )


def test_a_long_list_is_cut_and_counted(make_world):
    plan = make_world().plan
    shown = values_of(sorted(plan.knobs), plan, ())
    assert shown.endswith(f" and {len(plan.knobs) - 8} more")
    assert shown.count("=") == 8
    eight = values_of(sorted(plan.knobs)[:8], plan, ())
    assert eight.count("=") == 8
    assert "more" not in eight


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("differs", True),
        ("not in effect", True),
        ("same", False),
        ("in effect", False),
        ("sent, not visible", False),
        ("unknown", False),
    ],
)
def test_what_is_in_effect_is_told_only_where_it_is_not_what_was_asked_for(make_world, status, told):
    plan = make_world("MMR_LAMBDA=0.9").plan
    row = KnobRow("MMR_LAMBDA", "0.9", "x", "0.2", status, "explain")
    shown = values_of(("MMR_LAMBDA",), plan, (row,))
    assert shown == f"MMR_LAMBDA=0.9 (--env-override){', but 0.2 in effect' if told else ''}"


def test_an_empty_value_is_said_to_be_one(make_world):
    knobs = {"BRAND_TAG_PREFIXES": KnobSetting("", [], "prod.env:7")}
    plan = msgspec.structs.replace(make_world().plan, knobs=knobs)
    assert values_of(("BRAND_TAG_PREFIXES",), plan, ()) == "BRAND_TAG_PREFIXES=(empty) (prod.env:7)"
