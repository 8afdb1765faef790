"""What follows from fixture, split, clock and knobs: counts, hidden purchases, recent items."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth_answers import DOCUMENT, answered, event

from pytest_recsim.service.contract.records import EventType


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


REAL = {"base_url": "http://x", "base_url_source": "--base-url"}


def test_a_stand_in_hides_what_lies_in_the_window_and_a_running_clock_leaves_the_last_two_hours_open(
    make_world,
):
    """The purchase of u1 is exactly 20 days old, the oldest that a window of 20 days holds."""
    still = make_world("PURCHASED_WINDOW_DAYS=20")
    assert still.surely_hidden == still.hidden_pairs == {0: frozenset({0})}
    admin = {"exclude_event_types": [3]}
    running = make_world("PURCHASED_WINDOW_DAYS=20", admin=admin, **REAL)
    assert (running.hidden_pairs, running.surely_hidden) == ({0: frozenset({0})}, {})
    later = make_world("PURCHASED_WINDOW_DAYS=21", admin=admin, **REAL)
    assert later.surely_hidden == {0: frozenset({0})}


def test_users_whose_count_changes_while_a_run_on_a_running_clock_goes_on_are_not_counted(make_world):
    assert make_world("PROFILE_WINDOW_DAYS=20").recent_counts["u1"] == 2
    assert make_world("PROFILE_WINDOW_DAYS=20", **REAL).recent_counts == {"u2": 1, "u3": 2}
    assert make_world("PROFILE_WINDOW_DAYS=21", **REAL).recent_counts == {"u1": 2, "u2": 1, "u3": 2}


def test_recent_counts_of_a_service_that_does_not_say_its_window_are_unknown(make_world):
    assert make_world(apply="none", **REAL).recent_counts is None
    told = make_world(apply="none", admin={"profile_window_days": 0}, **REAL)
    assert told.recent_counts == {"u1": 2, "u2": 1, "u3": 2}, (
        "a window of 0 is the service's default of 30 days"
    )


def test_event_times_are_moved_before_they_are_held_against_the_windows(make_world):
    week = 7 * 86_400_000_000
    world = make_world("PURCHASED_WINDOW_DAYS=14", "PROFILE_WINDOW_DAYS=12")
    assert (world.hidden_pairs, world.recent_counts["u1"]) == ({}, 0)
    moved = replace(world, shift_us=week)
    assert (moved.hidden_pairs, moved.recent_counts["u1"]) == ({0: frozenset({0})}, 1)


def test_a_service_without_a_window_goes_by_thirty_days(make_world):
    """The events of u1 are 20 and 19 days old, before they are moved."""
    day, theirs = 86_400_000_000, make_world(apply="none", admin={"profile_window_days": 0}, **REAL)
    assert replace(theirs, shift_us=int(-10.5 * day)).recent_counts == {"u1": 1, "u2": 1, "u3": 2}
    assert replace(theirs, shift_us=int(-9.96 * day)).recent_counts == {"u2": 1, "u3": 2}, "one is leaving"
    assert replace(theirs, shift_us=int(-9.5 * day)).recent_counts == {"u1": 2, "u2": 1, "u3": 2}


def test_what_cannot_be_shown_is_not_popular_and_ties_go_by_id(make_world):
    events = [event("u1", name, 9 - place) for place, name in enumerate(("b", "a", "Z", "gone", "gone"))]
    events.append(event("u1", "top", 3, 3))
    items = [{"item_id": name} for name in ("b", "top", "a", "Z", "none")]
    items.append({"item_id": "gone", "available": False})
    document = {
        "items": items,
        "users": shop()["users"],
        "events": [*events, event("u1", "a", 1), event("u1", "a", 1)],
    }
    world = make_world(document=document)
    assert [world.fixture.items[place].item_id for place in world.popularity] == [
        "top",
        "Z",
        "a",
        "b",
        "none",
    ]
    assert world.available.tolist() == [True] * 5 + [False]


def test_ids_are_ranked_by_their_bytes(make_world):
    items = [{"item_id": name} for name in ("é", "b", "Z", "a", "10", "9")]
    document = {
        "items": items,
        "users": shop()["users"],
        "events": [event("u1", "a", 2), event("u1", "b", 1)],
    }
    assert make_world(document=document).id_rank.tolist() == [5, 4, 2, 3, 0, 1]


def test_why_nothing_can_be_compared_with_popularity_is_said_and_else_nothing(make_world):
    assert make_world().no_popularity == ""
    level = make_world(document=shop(event("u1", "i1", 9), event("u1", "i2", 8), event("u1", "i3", 7)))
    assert level.no_popularity == ""  # the fourth item of that shop has no event at all
    worthless = [event("u1", f"i{place}", 9, value=0.0) for place in (1, 2, 3)]
    assert "add up to nothing" in make_world(document=shop(*worthless)).no_popularity


def test_worth_counts_what_the_service_weighs_and_leaves_out_types_that_are_switched_off(make_world):
    world = make_world()
    np.testing.assert_allclose(world.worth, [1.0, 1.0, 0.1, 1.0, 0.3, 1.4])
    off = replace(
        world, types=(EventType(type=3, weight=2.0), EventType(type=2, weight=9.0, is_active=False))
    )
    np.testing.assert_allclose(off.worth, [2.0, 2.0, 0.0, 2.0, 0.0, 0.0])


def test_positions_are_told_as_ids(make_world):
    assert make_world().by_user({0: [2, 0, 0], 2: []}) == {"u1": frozenset({"i1", "i3"}), "u3": frozenset()}


@pytest.mark.parametrize(
    ("user", "recent", "established"), [("u1", 3, True), ("u1", 2, False), ("u2", 9, False), ("u3", 4, True)]
)
def test_an_answer_is_for_an_established_user_with_enough_recent_items_who_is_not_new(
    make_world, user, recent, established
):
    world = make_world("PROFILE_MIN_EVENTS_FOR_BOOST=3")
    assert world.established_answer(answered(user, "i1", recent=recent)) is established


def test_a_segment_of_new_users_is_known_in_any_letters(make_world):
    document = DOCUMENT | {
        "users": [{"user_id": name, "traits": {"segment": "New_Users"}} for name in ("u1", "u2", "u3")]
    }
    world = make_world("PURCHASED_WINDOW_DAYS=60", document=document)
    assert world.hidden_pairs == {}
    assert not world.established_answer(answered("u1", recent=50))


def crowd(sizes):
    """A document with so many users in each segment."""
    users = [
        {"user_id": f"{segment}{number}", "traits": {"segment": segment}}
        for segment, size in sizes.items()
        for number in range(size)
    ]
    return shop(event(users[0]["user_id"], "i1", 9)) | {"users": users, "events": []}


SIZES = {"a": 7, "b": 3, "c": 1}


@given(
    st.integers(0, 2**32),
    st.permutations([f"{name}{n}" for name, size in SIZES.items() for n in range(size)]),
)
def test_users_come_one_of_every_segment_in_turn_and_depend_on_nothing_but_the_dice(crowded, seed, users):
    found = crowded.in_turn(users, Random(seed))
    assert sorted(found) == sorted(users)
    assert [user[0] for user in found] == list("abcababaaaa")
    assert crowded.in_turn(sorted(users), Random(seed)) == found


def test_other_dice_choose_other_users_of_every_segment(crowded):
    everybody = [f"{name}{n}" for name, size in SIZES.items() for n in range(size)]
    firsts = {tuple(crowded.in_turn(everybody, Random(seed))[:2]) for seed in range(40)}
    assert {user for pair in firsts for user in pair} == {user for user in everybody if user[0] != "c"}


@pytest.fixture(scope="module")
def crowded(shared_make_world):
    return shared_make_world(document=crowd(SIZES))


def test_an_event_that_is_worth_nothing_takes_nothing_from_those_that_count(make_world):
    events = [event("u1", "i1", 9, 3), event("u1", "i1", 8, 3, value=0.0), event("u1", "i2", 7)]
    assert make_world(document=shop(*events)).offered.tolist()[0] is True


def test_without_an_event_or_off_the_shelf_an_item_cannot_be_offered(make_world):
    assert make_world().offerable.tolist() == [True, False, True]
    assert make_world(document=shop(event("u1", "i1", 9))).offerable.tolist() == [True, False, False, True]


def test_a_purchase_window_that_is_unknown_or_shorter_than_a_day_hides_nothing(make_world):
    admin = {"rule_exclude_events": True, "exclude_event_types": [3]}
    unknown = make_world(admin=admin, apply="none", **REAL)
    assert replace(unknown, shift_us=20 * 86_400_000_000).hidden_pairs == {}
    just_now = replace(make_world("PURCHASED_WINDOW_DAYS=0.5"), shift_us=20 * 86_400_000_000)
    assert just_now.hidden_pairs == {}
