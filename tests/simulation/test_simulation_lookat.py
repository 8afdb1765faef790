"""The knobs that a check names in words, found and shown with their values in this run."""

from __future__ import annotations

import msgspec
import pytest

from pytest_recsim.data.knobs import KNOBS
from pytest_recsim.simulation.effect import KnobRow
from pytest_recsim.simulation.lookat import knobs_named, values_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("MMR_LAMBDA, BRAND_CAP", ["MMR_LAMBDA", "BRAND_CAP"]),
        ("NEW_USER_BLEND_ALPHA / _BETA / _GAMMA", ["NEW_USER_BLEND_ALPHA", "NEW_USER_BLEND_BETA", "NEW_USER_BLEND_GAMMA"]),
        ("BLEND_ALPHA / _BETA, PROFILE_BOOST: a word", ["BLEND_ALPHA", "BLEND_BETA", "PROFILE_BOOST"]),
        ("where the filter runs (before the cut to k); POPULARITY_FANOUT", ["POPULARITY_FANOUT"]),
        ("the service's version", []),
        ("RULES_ENABLE, boost_value, RULES_ENABLE", ["RULES_ENABLE"]),
    ],
)  # fmt: skip
def test_knobs_are_found_in_the_words_of_a_check(make_world, text, names):
    assert knobs_named(text, make_world().plan) == names
    assert set(names) <= KNOBS.keys()


def test_a_star_names_the_knobs_that_are_set(make_world):
    plan = make_world("NEW_USER_MMR_LAMBDA=0.2").plan
    names = knobs_named("BLEND_*, NEW_USER_*", plan)
    assert {"BLEND_ALPHA", "BLEND_BETA", "BLEND_GAMMA", "NEW_USER_MMR_LAMBDA"} <= set(names)
    assert set(names) <= plan.knobs.keys()


def test_values_stand_with_their_origin_and_with_what_is_in_effect_instead(make_world):
    plan = make_world("MMR_LAMBDA=0.9").plan
    row = KnobRow("BRAND_CAP", "2", "x", "5", "differs", "admin config")
    told = values_of("MMR_LAMBDA, BRAND_CAP", plan, (row,))
    origin = plan.knobs["BRAND_CAP"].origin
    assert told == f"MMR_LAMBDA=0.9 (--env-override), BRAND_CAP=2 ({origin}), but 5 in effect"


def test_what_is_not_set_says_what_the_service_assumes(make_world):
    plan = msgspec.structs.replace(make_world().plan, knobs={})
    told = values_of("PROFILE_STARTER_DECAY_EVENTS, NEW_USER_MMR_LAMBDA", plan, ())
    assert told == "PROFILE_STARTER_DECAY_EVENTS not set (the service assumes 5), NEW_USER_MMR_LAMBDA not set"


def test_a_long_list_is_cut_and_counted(make_world):
    plan = make_world().plan
    assert values_of(", ".join(sorted(plan.knobs)), plan, ()).endswith(f" and {len(plan.knobs) - 8} more")
