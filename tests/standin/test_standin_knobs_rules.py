"""Turning the rule engine and its pin slots (contract 8.5, 10.1)."""

import pytest
from standin_knobs import BASE, SEEDS, Service, frame, turning
from standin_town import USERS, rule, town

SWITCHED = [
    rule("BLOCK", "i00"),
    rule("PIN", "i05", "i06"),
    rule("BOOST", "i07", boost_value=0.5),
    rule("BOOST", target_type="BRAND", target_key="b1", boost_value=-0.3),
]
PINNED = ["i09", "i03", "nobody knows", "i01", "i12"]


def ruled(seed, *rules):
    place = town(seed)
    place.rules = list(rules)
    return place


@turning("RULES_ENABLE")
def test_switched_off_rules_are_as_if_there_were_none(turn):
    for seed in SEEDS:
        off, on = (turn(ruled(seed, *SWITCHED), value=flag) for flag in (False, True))
        bare = Service(town(seed), BASE)
        assert off.everything() == bare.everything()
        assert on.ids("regular")[:3] == ["i05", "i06", "i07"]
        assert "i00" not in on.ids("regular")
        assert {len(off.rows(user).keys() ^ on.rows(user).keys()) for user in USERS} == {1}


@turning("RULES_ENABLE", only=("env",))
def test_the_switch_changes_nothing_where_there_are_no_rules(turn):
    frame(turn, before=True, after=False, may={})


def test_the_admin_document_cannot_switch_rules_on():
    service = Service(ruled(1, *SWITCHED), BASE | {"RULES_ENABLE": False})
    service.configure(rules_enabled=True)
    assert service.document()["rules_enabled"] is True
    assert service.everything() == Service(town(1), BASE).everything()


@turning("RULES_MAX_PIN_SLOTS")
@pytest.mark.parametrize("slots", [1, 2, 4, 9])
def test_the_slots_are_how_many_pins_come_first(turn, slots):
    for seed in SEEDS:
        place = ruled(seed, rule("PIN", *PINNED[:3], priority=1), rule("PIN", *PINNED[2:]))
        bare, service = Service(town(seed), BASE), turn(place, slots)
        for user in ("regular", "plain"):
            found = service.ids(user)
            assert found[: min(slots, 5)] == PINNED[:slots]
            assert found[min(slots, 5) :] == [i for i in bare.ids(user) if i not in PINNED[:slots]]
            assert service.policy(user)["rule_pin_count"] == min(slots, 5)
            assert service.policy(user)["rule_pin_exposure"] == min(slots, 5)


@turning("RULES_MAX_PIN_SLOTS")
def test_a_rule_may_pin_fewer_than_the_slots_and_never_more(turn):
    rules = [rule("PIN", *PINNED[:3], priority=1, max_pins=2), rule("PIN", *PINNED[3:], max_pins=9)]
    wide, narrow = turn(ruled(1, *rules), 4), turn(ruled(1, *rules), 3)
    assert wide.ids("regular")[:4] == [PINNED[0], PINNED[1], PINNED[3], PINNED[4]]
    assert narrow.ids("regular")[:3] == [PINNED[0], PINNED[1], PINNED[3]]
    assert narrow.policy("regular")["rule_pin_count"] == 3


@turning("RULES_MAX_PIN_SLOTS", only=("env",))
def test_the_slots_mean_nothing_without_pins(turn):
    frame(turn, 1, 9, {})
