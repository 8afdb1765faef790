"""Two profiles by meaning, and a profile out of a service's document."""

from __future__ import annotations

import pytest

from pytest_recsim.data.profiles.diff import diff
from pytest_recsim.data.profiles.fetched import fetched, profile_text
from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.data.profiles.profiles import examine, load_profile


@pytest.fixture
def profile(tmp_path):
    def make(text, name="one"):
        path = tmp_path / f"{name}.env"
        path.write_text(text)
        return load_profile(path)

    return make


def test_only_what_means_something_else_is_a_difference(profile):
    one = profile("MMR_LAMBDA=0.50\nBRAND_TAG_PREFIXES=a,b\nRULES_CACHE_REFRESH=90s\nBRAND_CAP=1\n")
    other = profile(
        "BRAND_CAP=2\nRULES_CACHE_REFRESH=1m30s\nMMR_LAMBDA='.5'\nBRAND_TAG_PREFIXES=b, A\n", "two"
    )
    (found,) = diff(one, other)
    assert (found.knob.name, found.one.text, found.other.text, found.alike) == ("BRAND_CAP", "1", "2", False)


def test_weights_in_another_order_are_other_weights(profile):
    one, other = profile("BLEND_WEIGHTS_OVERRIDES=a=1|2|3"), profile("BLEND_WEIGHTS_OVERRIDES=a=3|2|1", "two")
    assert [found.knob.name for found in diff(one, other)] == ["BLEND_WEIGHTS_OVERRIDES"]


def test_a_default_that_is_written_out_is_told_apart_from_a_difference(profile):
    one = profile("PROFILE_MIN_EVENTS_FOR_BOOST=3\nRULES_MAX_PIN_SLOTS=4\nBLEND_ALPHA=1\n")
    found = {row.knob.name: row.alike for row in diff(one, profile("", "two"))}
    assert found == {"BLEND_ALPHA": False, "PROFILE_MIN_EVENTS_FOR_BOOST": True, "RULES_MAX_PIN_SLOTS": False}


DOCUMENT = {
    "blend_alpha": 0.1, "half_life_days": 5.0, "brand_cap": 2, "mmr_lambda": 1e-7, "rules_enabled": True,
    "brand_tag_prefixes": ["brand"], "mmr_presets": {"home": 0.25}, "new_user_pop_fanout": 60,
    "coverage_cache_ttl_seconds": 90.5, "bandit_experiment": {"enabled": False, "holdout_percent": 0.0},
    "segment_profiles": {"vip": {"blend_alpha": 1, "blend_beta": 0.5, "blend_gamma": 0, "mmr_lambda": 0.1}},
    "profile_boost": -3, "something_else": 1,
}  # fmt: skip


def test_a_document_becomes_a_profile_that_asks_for_the_same(tmp_path):
    found = fetched(DOCUMENT, posted=False)
    path = tmp_path / "live.env"
    path.write_text(profile_text(found.values, ["from somewhere"]))
    values = {name: setting.value for name, setting in load_profile(path).values.items()}
    assert values == {
        "BLEND_ALPHA": 0.1, "POPULARITY_HALFLIFE_DAYS": 5.0, "BRAND_CAP": 2, "MMR_LAMBDA": 1e-7,
        "RULES_ENABLE": True, "BRAND_TAG_PREFIXES": ("brand",), "MMR_PRESETS": {"home": 0.25},
        "NEW_USER_POP_FANOUT": 60, "COVERAGE_CACHE_TTL": 90.5, "BANDIT_EXPERIMENT_ENABLED": False,
        "BANDIT_EXPERIMENT_HOLDOUT_PERCENT": 0.0, "BANDIT_EXPERIMENT_SURFACES": (),
        "BLEND_SEGMENT_OVERRIDES": {"vip": (1.0, 0.5, 0.0)}, "EXCLUDE_EVENT_TYPES": (),
    }  # fmt: skip
    assert found.wrong == ("PROFILE_BOOST: the service shows -3, which no profile can hold",)
    assert {*found.values, *found.hidden, "PROFILE_BOOST"} == set(KNOBS)


def test_what_is_only_echoed_is_not_believed_once_somebody_has_posted():
    found = fetched(DOCUMENT, posted=True)
    assert set(found.unsure) == {
        "BLEND_SEGMENT_OVERRIDES",
        "MMR_PRESETS",
        "NEW_USER_POP_FANOUT",
        "RULES_ENABLE",
    }
    assert not found.values.keys() & set(found.unsure)
    assert fetched({"rules_enabled": False}, posted=True).values["RULES_ENABLE"] == "false"


@pytest.mark.parametrize("value", [{"a=b": 0.5}, {"a,b": 0.5}, "text", [1], {"home": None}])
def test_a_member_that_no_text_can_hold_is_told(value):
    assert fetched({"mmr_presets": value}, posted=False).wrong


def test_everything_that_is_wrong_with_a_profile_is_told_at_once(tmp_path):
    path = tmp_path / "bad.env"
    path.write_text("BLEND_ALPHA=x\nBRAND_CAP=-1\nFOO_BAR=1\n")
    _, problems = examine(path)
    told = [problem.what.partition(":")[0] for problem in problems]
    assert told[:3] == ["BLEND_ALPHA=x", "BRAND_CAP=-1", "`FOO_BAR`"]
    assert "`BLEND_BETA` is missing" in told
    assert not any("`BLEND_ALPHA` is missing" in one for one in told), "a wrong one is not missing as well"
    assert len(examine(path, partial=True)[1]) == 3
