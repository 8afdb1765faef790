"""What follows from fixture, split, clock and knobs: counts, hidden purchases, recent items."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pytest_recsim.service.contract.records import EventType


def event(user, item, days_ago, kind=0, **more):
    ts = datetime(2026, 11, 22, tzinfo=UTC) - timedelta(days=days_ago)
    return {"user_id": user, "item_id": item, "type": kind, "ts": ts.isoformat()} | more


def test_the_last_quarter_of_events_is_held_out(make_world):
    world = make_world()
    assert len(world.material.split.seeded) == 6
    assert world.seeded_counts.tolist() == [3, 2, 1]


def test_popularity_is_weight_times_value_undecayed(make_world):
    np.testing.assert_allclose(make_world().seeded_weights, [3.0, 0.4, 1.4])


def test_purchases_in_the_window_are_hidden_from_whoever_made_them(make_world):
    assert make_world("PURCHASED_WINDOW_DAYS=30").hidden_pairs == {0: frozenset({0})}


def test_older_purchases_are_not_hidden(make_world):
    assert make_world("PURCHASED_WINDOW_DAYS=10").hidden_pairs == {}


def test_a_part_of_a_day_does_not_count_in_the_purchase_window(make_world):
    assert make_world("PURCHASED_WINDOW_DAYS=20.9").hidden_pairs == {0: frozenset({0})}
    assert make_world("PURCHASED_WINDOW_DAYS=19.9").hidden_pairs == {}


def test_nothing_is_hidden_from_new_users(make_world):
    assert 1 not in make_world("PURCHASED_WINDOW_DAYS=60").hidden_pairs


def test_without_configured_types_every_event_hides(make_world):
    hidden = make_world("PURCHASED_WINDOW_DAYS=60", "EXCLUDE_EVENT_TYPES=").hidden_pairs
    assert hidden == {0: frozenset({0, 1}), 2: frozenset({1, 2})}


def test_with_the_exclusion_off_nothing_is_hidden(make_world):
    assert make_world("RULE_EXCLUDE_EVENTS=false").hidden_pairs == {}


def test_recent_counts_are_distinct_items_within_the_profile_window(make_world):
    assert make_world("PROFILE_WINDOW_DAYS=30").recent_counts == {"u1": 2, "u2": 1, "u3": 2}
    assert make_world("PROFILE_WINDOW_DAYS=18.5").recent_counts == {"u1": 0, "u2": 1, "u3": 2}


def test_history_is_newest_first_and_distinct(make_world):
    assert {user: items.tolist() for user, items in make_world().history.items()} == {
        0: [1, 0],
        1: [0],
        2: [2, 1],
    }


def test_on_a_real_service_a_knob_that_cannot_be_sent_is_the_services_own(make_world):
    real = {"base_url": "http://x", "base_url_source": "--base-url"}
    admin = {"profile_min_events_for_boost": 7, "exclude_event_types": [3], "rule_exclude_events": True}
    world = make_world(admin=admin, **real)
    assert world.effective.min_events == 7
    assert world.effective.value("PROFILE_BOOST") == 0.8
    assert world.effective.value("EXCLUDE_EVENT_TYPES") == [3]


def test_a_fraction_of_a_day_cannot_be_sent_with_a_request(make_world):
    real = {"base_url": "http://x", "base_url_source": "--base-url"}
    world = make_world("PURCHASED_WINDOW_DAYS=20.5", admin={"purchased_window_days": 9}, **real)
    assert world.effective.value("PURCHASED_WINDOW_DAYS") == 9


def test_exclusions_of_types_that_nobody_knows_are_not_assumed(make_world):
    real = {"base_url": "http://x", "base_url_source": "--base-url"}
    admin = {"rule_exclude_events": True}
    assert make_world("PURCHASED_WINDOW_DAYS=60", admin=admin, **real).hidden_pairs == {}
    every_type = admin | {"exclude_event_types": None}
    assert make_world("PURCHASED_WINDOW_DAYS=60", admin=every_type, **real).hidden_pairs != {}


def shop(*events):
    items = [{"item_id": name} for name in ("i1", "i2", "i3", "i4")]
    users = [{"user_id": "u1", "traits": {"segment": "vip"}}]
    late = event("u1", "i4", 1)
    return {"items": items, "users": users, "events": [*events, late]}


@pytest.mark.parametrize(
    ("one", "offered"),
    [
        ({"kind": 3, "value": -1.0}, False),
        ({"kind": 3, "value": 0.0}, False),
        ({"kind": 7}, False),
        ({"kind": 1}, True),
    ],
    ids=["a return", "worth nothing", "a type that weighs nothing", "a click"],
)
def test_an_item_is_offered_for_sure_when_its_events_count_for_the_service_and_none_against(
    make_world, one, offered
):
    events = [event("u1", "i1", 9, **one), event("u1", "i2", 8), event("u1", "i3", 7)]
    world = make_world(document=shop(*events))
    assert world.offered.tolist()[0] is offered
    assert world.offerable.tolist()[:2] == [True, True]


def test_what_is_offered_follows_the_services_weights_and_not_those_of_relevance(make_world, tmp_path):
    (tmp_path / "guardrails.yml").write_text("defaults: {quality: {weights: {view: 0}}}\n")
    world = make_world(document=shop(event("u1", "i1", 9), event("u1", "i2", 8), event("u1", "i3", 7)))
    assert world.offered.tolist()[:3] == [True, True, True]
    other = replace(world, types=(EventType(type=1, weight=1.0),))
    assert other.offered.tolist() == [False] * 4
