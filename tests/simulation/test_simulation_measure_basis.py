"""What metrics are computed from: how long lists are, how long they could be, and when they say nothing @k."""

from __future__ import annotations

import numpy as np
import pytest
from measured_town import TOWN, held_to, table_of

from pytest_recsim.judge import UNKNOWN
from pytest_recsim.simulation.measure.basis import Basis

ALL = list(range(20))


@pytest.fixture(scope="module")
def town(shared_make_world):
    return held_to(shared_make_world("CATEGORY_CAP=0", "BRAND_CAP=0", document=TOWN))


@pytest.fixture(scope="module")
def shy_town(shared_make_world):
    """The same, where u0 has bought all but five of the available items, which the profile hides."""
    events = [
        {"user_id": "u0", "item_id": f"i{n:02}", "type": 3, "ts": "2026-10-20T00:00:00Z"} for n in range(24)
    ]
    unavailable = {"user_id": "u1", "item_id": "i29", "type": 3, "ts": "2026-10-20T00:00:00Z"}
    knobs = ("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=365", "CATEGORY_CAP=0", "BRAND_CAP=0")
    document = TOWN | {"events": [*TOWN["events"], *events, unavailable]}
    return held_to(shared_make_world(*knobs, document=document))


def basis(world, *lists, clamped=0):
    return Basis(table_of(world, *lists), world.popularity, clamped)


def test_a_list_is_as_long_as_it_has_items_whatever_they_are(town):
    assert basis(town, ALL, [], [0, UNKNOWN, 29]).lengths.tolist() == [20, 0, 3]


def test_there_is_room_for_every_available_item_that_is_not_hidden_from_the_user(town, shy_town):
    assert basis(town, [], []).room.tolist() == [29, 29]
    assert basis(shy_town, [], []).room.tolist() == [5, 29], "an unavailable item takes no room"


def test_a_list_is_short_when_it_could_have_been_longer(town, shy_town):
    found = basis(town, ALL, ALL[:10], ALL[:9], [])
    assert found.short(20).tolist() == [False, True, True, True]
    assert found.short(10).tolist() == [False, False, True, True]
    assert found.short(0).tolist() == [False] * 4
    assert basis(shy_town, ALL[:5], ALL[:5]).short(20).tolist() == [False, True]
    assert basis(shy_town, ALL[:4]).short(20).tolist() == [True]


@pytest.mark.parametrize(("short", "told"), [(0, False), (1, False), (2, True)])
def test_one_list_in_twenty_may_be_short(town, short, told):
    """Ten users take turns, so that there are twenty lists."""
    table = table_of(town, *[ALL[:9]] * short, *[ALL] * (10 - short))
    doubled = Basis(table.at(np.array([*range(10), *range(5, 10), *range(5, 10)])), town.popularity)
    said = doubled.too_short(20)
    assert said.startswith(f"{short} of 20 lists hold fewer than 20 items (") == told
    assert bool(said) == told


def test_why_lists_say_nothing_is_told_with_their_mean_length(town):
    found = basis(town, ALL, ALL[:9], ALL[:4])
    assert (
        found.too_short(20)
        == "2 of 3 lists hold fewer than 20 items (11.0 on average), so nothing @20 can be measured"
    )
    assert (
        found.too_short(5)
        == "1 of 3 lists hold fewer than 5 items (11.0 on average), so nothing @5 can be measured"
    )
    assert found.too_short(4) == ""


def test_only_the_lists_that_a_number_is_over_count(town):
    found = basis(town, ALL, ALL[:9], ALL[:5])
    assert found.too_short(20, np.array([0])) == ""
    assert found.too_short(20, np.array([0, 1])).startswith(
        "1 of 2 lists hold fewer than 20 items (14.5 on average)"
    )
    assert found.too_short(20, np.zeros(0, dtype=np.int64)) == ""


def test_a_metric_without_a_cut_off_needs_no_length(town):
    assert basis(town, [], []).too_short(0) == ""


@pytest.mark.parametrize(
    ("clamped", "named"), [(0, False), (1, True), (9, True), (19, True), (20, False), (50, False)]
)
def test_the_service_is_named_where_it_returns_no_more(town, clamped, named):
    said = basis(town, ALL[:9], clamped=clamped).too_short(20)
    assert (said == f"the service returns at most {clamped} items, so nothing @20 can be measured") == named
    assert said


def test_the_cap_that_may_be_why_is_named(shared_make_world):
    world = held_to(shared_make_world("CATEGORY_CAP=2", "BRAND_CAP=0", document=TOWN))
    found = basis(world, ALL[:9])
    assert found.because(20) == "; CATEGORY_CAP=2 may be why: an item counts for each of its values"
    assert found.too_short(20).endswith(f"can be measured{found.because(20)}")


def test_the_head_is_the_most_popular_fifth_of_what_is_available(town):
    assert np.flatnonzero(basis(town, []).head).tolist() == list(range(6)), "a fifth of 29 is not quite six"


def test_some_of_the_users_have_the_lists_the_order_and_the_bound_of_the_whole(town):
    whole = basis(town, ALL, ALL[:9], ALL[:5], clamped=7)
    part = whole.of(np.array([2, 0]))
    assert part.lengths.tolist() == [5, 20]
    assert part.table.user_ids() == ["u2", "u0"]
    assert (part.order is whole.order, part.clamped) == (True, 7)


def test_gains_stand_in_the_slot_of_what_the_user_wants_under_either_relevance(town):
    """u0 wants i05 and u1 wants i06; both have seen i20 and i21 before, which nobody wants."""
    found = basis(town, [20, 5, 6], [6, 5])
    for which in ("unseen", "all"):
        assert [np.flatnonzero(row).tolist() for row in found.gains[which]] == [[1], [0]]
        assert found.sets[which].sizes.tolist() == [1, 1]


def test_what_was_seen_before_is_wanted_under_one_relevance_only(shared_make_world):
    again = {"user_id": "u0", "item_id": "i20", "type": 0, "ts": "2026-11-11T00:00:00Z"}
    world = held_to(shared_make_world(document=TOWN | {"events": [*TOWN["events"], again]}))
    found = basis(world, [20, 5])
    assert [np.flatnonzero(found.gains[which][0]).tolist() for which in ("unseen", "all")] == [[1], [0, 1]]
