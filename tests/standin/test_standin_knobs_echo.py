"""Turning knobs that are stored and shown but rank nothing (contract 9.1, 10.1)."""

from functools import cache

import pytest
from standin_knobs import BASE, Service
from standin_town import rule, town

from pytest_recsim.data.profiles.knob_table import KNOBS

# Every knob that ranks nothing with a value far from the usual one, and what it needs to be told besides.
SILENT = {
    "MMR_PRESETS": ("default=0.9,home=0.1", {}),
    "COVERAGE_CACHE_TTL": ("1s", {}),
    "COVERAGE_LONG_TAIL_HINT_THRESHOLD": ("0.9", {}),
    "BANDIT_ALGO": ("ucb1", {}),
    "BANDIT_EXPERIMENT_ENABLED": ("true", {"BANDIT_EXPERIMENT_HOLDOUT_PERCENT": "0.9"}),
    "BANDIT_EXPERIMENT_HOLDOUT_PERCENT": ("1", {"BANDIT_EXPERIMENT_ENABLED": "true"}),
    "BANDIT_EXPERIMENT_SURFACES": ("home,default", {"BANDIT_EXPERIMENT_ENABLED": "true"}),
    "BANDIT_EXPERIMENT_LABEL": ("other", {}),
    "RULES_CACHE_REFRESH": ("1h", {}),
    "RULES_AUDIT_SAMPLE": ("0.01", {}),
    "AUDIT_DECISIONS_ENABLED": ("true", {}),
    "AUDIT_DECISIONS_QUEUE": ("1", {}),
    "AUDIT_DECISIONS_BATCH": ("1", {}),
    "AUDIT_DECISIONS_FLUSH_INTERVAL": ("1h", {}),
    "AUDIT_DECISIONS_SAMPLE_DEFAULT": ("0.1", {}),
    "AUDIT_DECISIONS_SAMPLE_OVERRIDES": ("n=0.5", {}),
}
# Members of the admin document that are echoed only, with a value that would turn every list over.
ECHOED = {
    "new_user_blend_alpha": 0.0,
    "new_user_blend_beta": 9.0,
    "new_user_blend_gamma": 9.0,
    "new_user_mmr_lambda": 0.1,
    "new_user_pop_fanout": 1,
    "mmr_presets": {"default": 0.1},
    "coverage_cache_ttl_seconds": 1.0,
    "coverage_long_tail_hint_threshold": 0.9,
    "bandit_experiment": {"enabled": True, "holdout_percent": 1.0, "label": "x", "surfaces": ["default"]},
    "segment_profiles": {"regulars": {"blend_alpha": 9.0, "blend_beta": 0.0, "blend_gamma": 0.0}},
}
AUDITED = {
    "AUDIT_DECISIONS_QUEUE": "9",
    "AUDIT_DECISIONS_BATCH": "9",
    "AUDIT_DECISIONS_FLUSH_INTERVAL": "1s",
    "AUDIT_DECISIONS_SAMPLE_DEFAULT": "1",
}


def place():
    found = town(1)
    boost = rule("BOOST", "i07", surface="home", boost_value=1)
    found.rules = [rule("PIN", "i05"), rule("BLOCK", "i06"), boost]
    return found


def lists(service):
    """Return what everybody gets on two surfaces, on one of them chosen by MMR."""
    chosen = {"k": 5, "context": {"surface": "home"}, "overrides": {"mmr_lambda": 0.4, "brand_cap": 2}}
    asked = [{"k": 60}, chosen]
    return [service.everything(**request) for request in asked]


@cache
def usual_lists():
    return lists(Service(place(), BASE))


@pytest.mark.parametrize("name", SILENT)
def test_a_knob_that_ranks_nothing_changes_no_list(name):
    value, besides = SILENT[name]
    settings = BASE | (AUDITED if name.startswith("AUDIT") else {}) | besides
    assert lists(Service(place(), settings | {name: value})) == usual_lists()


@pytest.mark.parametrize("key", ECHOED)
def test_a_member_of_the_document_that_is_echoed_changes_no_list(key):
    service = Service(place(), BASE)
    service.configure(**{key: ECHOED[key]})
    assert service.document()[key] == ECHOED[key]
    assert lists(service) == usual_lists()


def test_the_bandit_algorithm_of_a_request_changes_no_list():
    service = Service(place(), BASE)
    assert service.everything(overrides={"bandit_algo": "ucb1"}) == service.everything()


def test_a_new_rule_counts_at_once_however_long_rules_are_cached():
    service = Service(place(), BASE | {"RULES_CACHE_REFRESH": "1h"})
    assert "i07" in service.ids("regular")
    service.post("/v1/admin/rules", namespace="n", **rule("BLOCK", "i07"))
    assert "i07" not in service.ids("regular")


def test_every_knob_that_ranks_nothing_is_turned_here():
    assert SILENT.keys() == {name for name, knob in KNOBS.items() if not knob.ranks}


def test_every_echoed_member_of_the_document_is_turned_here():
    silent = (knob for knob in KNOBS.values() if knob.admin_echo or not knob.ranks)
    assert ECHOED.keys() == {knob.admin_key.split(".")[0] for knob in silent if knob.admin_key}
