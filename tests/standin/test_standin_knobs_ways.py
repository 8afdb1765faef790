"""However a knob is turned, it does the same; and no knob that ranks is forgotten (contract 5.3, 9.1, 11)."""

import importlib
from functools import cache
from pathlib import Path

import pytest
from standin_knobs import BASE, TURNED, Service, Turn, ways
from standin_town import USERS, town

from pytest_recsim.data.profiles.knob_table import KNOBS

ON = {"RULE_EXCLUDE_EVENTS": True}
CAPPED = {"BRAND_CAP": 1, "CATEGORY_CAP": 2, "MMR_LAMBDA": 0.5}
# A value far from the usual one, and what has to be told besides for it to matter.
VALUES = {
    "BLEND_ALPHA": (0.9, {}),
    "BLEND_BETA": (0.1, {}),
    "BLEND_GAMMA": (0.7, {}),
    "POPULARITY_HALFLIFE_DAYS": (2, {}),
    "POPULARITY_FANOUT": (7, {}),
    "COVIS_WINDOW_DAYS": (8, {}),
    "MMR_LAMBDA": (0.3, {}),
    "BRAND_CAP": (1, {}),
    "CATEGORY_CAP": (1, {}),
    "BRAND_TAG_PREFIXES": (["category"], CAPPED),
    "CATEGORY_TAG_PREFIXES": (["brand"], CAPPED),
    "RULE_EXCLUDE_EVENTS": (True, {}),
    "EXCLUDE_EVENT_TYPES": ([0, 1], ON),
    "PURCHASED_WINDOW_DAYS": (2, ON | {"EXCLUDE_EVENT_TYPES": []}),
    "PROFILE_WINDOW_DAYS": (9, {}),
    "PROFILE_BOOST": (2.5, {}),
    "PROFILE_TOP_N": (2, {}),
    "PROFILE_MIN_EVENTS_FOR_BOOST": (9, {}),
    "PROFILE_COLD_START_MULTIPLIER": (0.9, {}),
    "PROFILE_STARTER_BLEND_WEIGHT": (0.1, {}),
    "RECOMMENDATION_MAX_K": (3, {}),
    "RECOMMENDATION_MAX_FANOUT": (5, {}),
    "RECOMMENDATION_MAX_EXCLUDE_IDS": (1, {}),
    "RECOMMENDATION_MAX_ANCHORS_INJECTED": (1, {}),
    "RULES_ENABLE": (False, {}),
}
PIN = {"surface": "default", "name": "r", "action": "PIN", "target_type": "ITEM", "item_ids": ["i11"]}
ASKED = {"k": 6, "constraints": {"exclude_item_ids": ["i00", "i01"]}}
OTHER_WAYS = [
    pytest.param(Turn(name, how), id=f"{name}-{how}") for name in VALUES for how in ways(name) if how != "env"
]


def place():
    found = town(4)
    found.rules = [PIN]
    return found


@cache
def by_variables(name):
    """Return everybody's lists without and with a knob turned by its variable."""
    value, besides = VALUES[name]
    told = (BASE | besides, BASE | besides | {name: value})
    return [Service(place(), settings).everything(**ASKED) for settings in told]


def anonymous(answer):
    """Leave out which segment matched."""
    return {name: value for name, value in answer.items() if name not in ("segment_id", "profile_id")}


@pytest.mark.parametrize("turn", OTHER_WAYS)
def test_overrides_documents_and_segment_profiles_turn_a_knob_as_variables_do(turn):
    value, besides = VALUES[turn.name]
    usual, by_variable = by_variables(turn.name)
    found = turn(place(), value, **besides).everything(**ASKED)
    for user in USERS:
        assert anonymous(found[user]) == (by_variable if turn.reaches(user) else usual)[user]
    assert by_variable != usual


@pytest.mark.parametrize("name", [name for name in VALUES if "request" in ways(name)])
def test_an_override_is_gone_with_its_request(name):
    value, besides = VALUES[name]
    service = Service(place(), BASE | besides)
    service.everything(**ASKED, overrides={KNOBS[name].override_key: value})
    assert service.everything(**ASKED) == by_variables(name)[0]


@pytest.mark.parametrize("name", [name for name in VALUES if "admin" in ways(name)])
def test_a_document_put_back_leaves_no_trace(name):
    value, besides = VALUES[name]
    service = Service(place(), BASE | besides)
    before, document = by_variables(name)[0], service.document()
    service.configure(**{KNOBS[name].admin_key: value})
    assert service.everything(**ASKED) != before
    service.post("/v1/admin/recommendation/config", config=document)
    assert service.everything(**ASKED) == before


def test_every_way_to_turn_a_knob_is_tried():
    assert VALUES.keys() == {name for name, knob in KNOBS.items() if knob.ranks and len(ways(name)) > 1}


def test_every_knob_that_ranks_has_a_metamorphic_test():
    """A knob that is new in the project's table fails here until some test turns it in every way there is."""
    for module in Path(__file__).parent.glob("test_standin_knobs_*.py"):
        importlib.import_module(module.stem)
    wanted = {name: set(ways(name)) for name, knob in KNOBS.items() if knob.ranks}
    assert wanted == TURNED
