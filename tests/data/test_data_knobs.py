"""Knobs: what each takes, and the sentence when it does not."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.data.profiles.knobs import (
    KNOBS,
    OPERATIONAL,
    allowed,
    default_value,
    is_operational,
    is_secret,
    parse_value,
    unknown_knob,
)

GOOD = [
    ("BLEND_ALPHA", "0.30", 0.3),
    ("BLEND_ALPHA", " 1e-2 ", 0.01),
    ("BLEND_ALPHA", "0", 0.0),
    ("MMR_LAMBDA", "1", 1.0),
    ("MMR_LAMBDA", "0", 0.0),
    ("BRAND_CAP", "0", 0),
    ("RULES_ENABLE", "Yes", True),
    ("RULES_ENABLE", "f", False),
    ("BANDIT_ALGO", "ucb1", "ucb1"),
    ("CATEGORY_TAG_PREFIXES", "Category, CAT,", ("category", "cat")),
    ("EXCLUDE_EVENT_TYPES", "", ()),
    ("EXCLUDE_EVENT_TYPES", "3,-1", (3, -1)),
    ("BANDIT_EXPERIMENT_SURFACES", "home,Cart", ("home", "Cart")),
    ("MMR_PRESETS", "home=0.25, search=.2", {"home": 0.25, "search": 0.2}),
    ("AUDIT_DECISIONS_SAMPLE_OVERRIDES", "-", {}),
    ("BLEND_WEIGHTS_OVERRIDES", "*=1|0|0,acme=0.1|-0.2|3", {"*": (1.0, 0.0, 0.0), "acme": (0.1, -0.2, 3.0)}),
    ("PROFILE_STARTER_PRESETS", '{"new_users":{"books":1}}', {"new_users": {"books": 1.0}}),
    ("COVERAGE_CACHE_TTL", "1m30.5s", 90.5),
    ("AUDIT_DECISIONS_FLUSH_INTERVAL", "250ms", 0.25),
    ("BANDIT_EXPERIMENT_LABEL", "spring test", "spring test"),
]
BAD = [
    ("MMR_LAMBDA", "1.7", "must be a number 0 to 1"),
    ("MMR_LAMBDA", "nan", "must be a number 0 to 1"),
    ("MMR_LAMBDA", "-0.1", "must be a number 0 to 1"),
    ("BLEND_ALPHA", "-1", "must be a number >= 0"),
    ("BLEND_ALPHA", "inf", "must be a number >= 0"),
    ("BLEND_ALPHA", "1e999", "must be a number >= 0"),
    ("BLEND_ALPHA", "0x10", "must be a number >= 0"),
    ("BLEND_ALPHA", "1_0", "must be a number >= 0"),
    ("BLEND_ALPHA", "\u0663", "must be a number >= 0"),
    ("BLEND_ALPHA", "", "must be a number >= 0"),
    ("POPULARITY_HALFLIFE_DAYS", "0", "must be a number > 0"),
    ("POPULARITY_FANOUT", "0", "must be a whole number > 0"),
    ("BRAND_CAP", "1.0", "must be a whole number >= 0"),
    ("BRAND_CAP", "9" * 30, "must be a whole number"),
    ("RULES_ENABLE", "on", "must be true or false"),
    ("BANDIT_ALGO", "greedy", "must be thompson or ucb1"),
    ("BRAND_TAG_PREFIXES", " , ", "at least one"),
    ("EXCLUDE_EVENT_TYPES", "purchase", "must be event type codes"),
    ("EXCLUDE_EVENT_TYPES", "40000", "each -32768 to 32767"),
    ("MMR_PRESETS", "home=2", "numbers 0 to 1"),
    ("MMR_PRESETS", "home=.1,home=.2", "each name once"),
    ("MMR_PRESETS", "home", "name=number"),
    ("BLEND_WEIGHTS_OVERRIDES", "acme=1|2", "name=alpha|beta|gamma"),
    ("PROFILE_STARTER_PRESETS", "{broken", "must be JSON"),
    ("PROFILE_STARTER_PRESETS", '{"new_users":{"books":"much"}}', "must be JSON"),
    ("PROFILE_STARTER_PRESETS", '{"a":' * 5000, "must be JSON"),
    ("RULES_CACHE_REFRESH", "2", "must be a Go duration"),
    ("RULES_CACHE_REFRESH", "0s", "> 0"),
    ("RULES_CACHE_REFRESH", "1d", "must be a Go duration"),
    ("BANDIT_EXPERIMENT_LABEL", "a\nb", "printable"),
]


def test_every_knob_says_what_it_means_and_every_number_of_what():
    unitless = {"bool", "text", "choice", "csv"}
    assert [knob.name for knob in KNOBS.values() if not knob.meaning] == []
    assert [knob.name for knob in KNOBS.values() if not knob.unit and knob.kind not in unitless] == []


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_a_text_in_range_becomes_its_value(name, text, value):
    found = parse_value(KNOBS[name], text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "sentence"), BAD, ids=[f"{name}={text[:12]!r}" for name, text, _ in BAD]
)
def test_a_text_out_of_range_is_told_with_key_value_and_what_is_allowed(name, text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        parse_value(KNOBS[name], text)
    assert str(caught.value).startswith(f"{name}=")
    assert len(str(caught.value)) < 260


def test_the_sentence_of_the_design_is_said_word_for_word():
    with pytest.raises(ValueError, match=r"^MMR_LAMBDA=1\.7: must be a number 0 to 1$"):
        parse_value(KNOBS["MMR_LAMBDA"], "1.7")


def test_an_empty_optional_knob_is_told_to_be_left_out():
    with pytest.raises(ValueError, match="leave the line out"):
        parse_value(KNOBS["NEW_USER_POP_FANOUT"], "")


@settings(deadline=None)
@given(st.sampled_from(sorted(KNOBS)), st.text(max_size=40))
def test_any_text_is_either_a_finite_value_or_a_sentence(name, text):
    knob = KNOBS[name]
    try:
        value, sentence = parse_value(knob, text), ""
    except ValueError as error:
        value, sentence = None, str(error)
    assert (value is None) == (allowed(knob) in sentence)
    assert not isinstance(value, float) or math.isfinite(value)


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0, max_value=1e12))
def test_a_float_knob_reads_back_every_number_that_is_written_for_it(number):
    assert parse_value(KNOBS["PROFILE_BOOST"], repr(number)) == number


def test_every_default_is_allowed_by_its_own_knob():
    values = {knob.name: default_value(knob) for knob in KNOBS.values() if knob.default is not None}
    assert values["PROFILE_MIN_EVENTS_FOR_BOOST"] == 3
    assert values["RULES_ENABLE"] is True
    assert values["COVERAGE_CACHE_TTL"] == 600.0
    assert default_value(KNOBS["NEW_USER_MMR_LAMBDA"]) is None


def test_a_knob_is_required_or_has_a_default_or_is_optional_but_never_two_of_them():
    assert all(knob.default is None for knob in KNOBS.values() if knob.required)
    assert {knob.required_if for knob in KNOBS.values()} == {None, "AUDIT_DECISIONS_ENABLED"}
    assert sum(knob.required and not knob.required_if for knob in KNOBS.values()) == 16


def test_request_keys_are_those_of_the_contract():
    keys = {knob.override_key: knob.override_integer for knob in KNOBS.values() if knob.override_key}
    assert set(keys) == {
        "popularity_halflife_days", "covis_window_days", "popularity_fanout", "mmr_lambda", "brand_cap",
        "category_cap", "rule_exclude_events", "purchased_window_days", "profile_window_days", "profile_boost",
        "profile_top_n", "profile_starter_blend_weight", "blend_alpha", "blend_beta", "blend_gamma", "bandit_algo",
    }  # fmt: skip
    assert keys["popularity_halflife_days"]
    assert keys["covis_window_days"]
    assert not keys["mmr_lambda"]
    assert KNOBS["NEW_USER_BLEND_ALPHA"].admin_echo
    assert not KNOBS["MMR_LAMBDA"].admin_echo


def test_operational_names_are_no_knobs_and_language_model_keys_are_operational():
    assert not OPERATIONAL & KNOBS.keys()
    assert is_operational("API_PORT")
    assert is_operational("LLM_MODEL")
    assert not is_operational("BLEND_ALPHA")


@pytest.mark.parametrize(
    "name",
    [
        "API_AUTH_KEYS",
        "RECSYS_API_KEY",
        "APP_SECRET",
        "AUDIT_DECISIONS_SALT",
        "GH_TOKEN",
        "PGPASSWORD",
        "DATABASE_URL",
        "LLM_MODEL",
    ],
)
def test_names_that_look_like_secrets_are_secret(name):
    assert is_secret(name)


def test_no_knob_looks_like_a_secret():
    assert not [name for name in KNOBS if is_secret(name)]


def test_an_unknown_knob_is_told_with_its_nearest_match():
    assert unknown_knob("MMR_LAMDA") == "`MMR_LAMDA`: unknown knob; did you mean `MMR_LAMBDA`?"
    assert unknown_knob("PORT") == "`PORT`: unknown knob; must be one of the knobs of docs/configuration.md"


def test_what_does_not_look_like_a_name_is_not_shown():
    assert unknown_knob("brand_cap") == "unknown knob (not shown); did you mean `BRAND_CAP`?"
    assert "dGFpbA" not in unknown_knob("dGFpbA")
    assert "JBSWY3DPEHPK3PXP" not in unknown_knob("JBSWY3DPEHPK3PXP")


@pytest.mark.parametrize(
    "text", ["1\nAPI_TOKEN=hunter2\n", "1 API_TOKEN=hunter2", "1;API_TOKEN: hunter2", "1\n2hunter2"]
)
def test_a_value_that_swallowed_other_settings_is_not_shown(text):
    with pytest.raises(ValueError, match=r"BRAND_CAP=.more than one setting, not shown.: must be") as caught:
        parse_value(KNOBS["BRAND_CAP"], text)
    assert "hunter2" not in str(caught.value)
