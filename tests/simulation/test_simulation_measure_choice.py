"""Numbers that no ranking could have made worse prove nothing, and each of them says why."""

from __future__ import annotations

import pytest
from measured_town import held_to, table_of

from pytest_recsim.judge import UNKNOWN
from pytest_recsim.simulation.measure.choice import no_choice, sure_coverage, sure_long_tail, too_few_slots


def shop(items, unavailable=()):
    return {
        "items": [{"item_id": f"i{n:02}", "available": n not in unavailable} for n in range(items)],
        "users": [{"user_id": f"u{n}", "traits": {"segment": "vip"}} for n in range(3)],
        "events": [{"user_id": "u0", "item_id": "i00", "type": 3, "ts": "2026-10-20T00:00:00Z"}],
    }


@pytest.fixture(scope="module")
def seen(shared_make_world):
    """Return lists of item positions in a shop of so many items, one per user, under these limits."""
    worlds = {}

    def of(items, *lists, unavailable=(), hides=False, **limits):
        key = (items, unavailable, hides)
        if key not in worlds:
            knobs = ("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=365") if hides else ()
            worlds[key] = shared_make_world(*knobs, document=shop(items, unavailable))
        return table_of(held_to(worlds[key], **limits), *lists)

    return of


ALL_FIVE = "every list of 20 holds all 5 available items, whatever the ranking"


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ([[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]], ALL_FIVE),
        ([[0, 1, 2, 3, 4], [0, 1, 2, 3]], ""),
        ([[0, 1, 2, 3, UNKNOWN]], ""),
        ([], ""),
    ],
)
def test_lists_that_all_hold_the_whole_catalogue_leave_no_choice(seen, lists, said):
    assert no_choice(seen(5, *lists)) == said


def test_an_unavailable_item_neither_counts_as_shown_nor_has_to_be(seen):
    assert no_choice(seen(6, [0, 1, 2, 3, 4], unavailable=(5,))) == ALL_FIVE
    assert no_choice(seen(6, [0, 1, 2, 3, 5], unavailable=(5,))) == ""


def test_what_is_hidden_from_a_user_need_not_be_in_the_list(seen):
    assert no_choice(seen(5, [1, 2, 3, 4], [0, 1, 2, 3, 4], hides=True)) == ALL_FIVE
    assert no_choice(seen(5, [1, 2, 3], [0, 1, 2, 3, 4], hides=True)) == ""


@pytest.mark.parametrize(
    ("items", "k", "choice"), [(10, 10, False), (11, 10, True), (20, 20, False), (21, 20, True)]
)
def test_a_catalogue_that_does_not_fit_into_a_list_leaves_a_choice(seen, items, k, choice):
    table = seen(items, list(range(min(items, 20))))
    assert (no_choice(table, k) == "") == choice


def test_what_stands_below_the_cut_off_is_not_shown(seen):
    table = seen(3, [UNKNOWN, 0, 1, 2])
    assert no_choice(table, 4) != ""
    assert no_choice(table, 3) == ""


def test_a_shop_of_one_item_has_nothing_to_choose(seen):
    table = seen(1, [0], min_catalog_coverage=1.0)
    assert no_choice(table) == "every list of 20 holds all 1 available items, whatever the ranking"
    assert "already shows 1 or more of 1" in sure_coverage(table)


def test_a_shop_without_an_available_item_has_no_sure_number(seen):
    table = seen(2, [0, 1], unavailable=(0, 1))
    assert (no_choice(table), sure_coverage(table), sure_long_tail(table, 0)) == ("", "", "")
    assert too_few_slots(table, 0.5, "show half of") == "no item of the fixture is available"


@pytest.mark.parametrize(
    ("items", "length", "threshold", "sure"),
    [
        (40, 20, 0.5, True),
        (40, 20, 0.51, False),
        (41, 20, 0.1, False),
        (40, 19, 0.5, False),
        (30, 18, 0.6, True),
    ],
)
def test_coverage_is_sure_where_every_single_list_of_a_small_catalogue_shows_as_much(
    seen, items, length, threshold, sure
):
    table = seen(items, list(range(20)), list(range(length)), min_catalog_coverage=threshold)
    assert bool(sure_coverage(table)) == sure


def test_a_sure_coverage_is_told_with_what_the_shortest_list_shows_and_what_is_asked_for(seen):
    table = seen(30, list(range(20)), list(range(18)), min_catalog_coverage=0.55)
    assert sure_coverage(table) == (
        "every single list already shows 18 or more of 30 available items, the threshold 0.55 asks for 17"
    )


def test_without_a_list_coverage_is_as_sure_as_a_full_list_makes_it(seen):
    assert "already shows 20 or more of 40" in sure_coverage(seen(40, min_catalog_coverage=0.5))


@pytest.mark.parametrize(
    ("items", "head", "threshold", "sure"),
    [
        (40, 8, 0.6, True),
        (40, 8, 0.61, False),
        (41, 8, 0.1, False),
        (40, 20, 0.0, True),
        (40, 20, 0.01, False),
    ],
)
def test_the_long_tail_is_sure_where_lists_have_no_room_for_the_head_alone(
    seen, items, head, threshold, sure
):
    table = seen(items, list(range(20)), min_long_tail_share=threshold)
    assert bool(sure_long_tail(table, head)) == sure


def test_a_sure_long_tail_counts_all_slots_and_short_lists_have_fewer_to_spare(seen):
    table = seen(40, list(range(20)), list(range(10)), list(range(4)), min_long_tail_share=0.4)
    assert sure_long_tail(table, 8) == (
        "the head has 8 of 40 available items, so 0.412 of all slots are outside it whatever the ranking; "
        "the threshold is 0.4"
    )


def test_empty_lists_have_no_slot_outside_the_head(seen):
    assert sure_long_tail(seen(40, [], [], min_long_tail_share=0.0), 8) == ""


@pytest.mark.parametrize(("users", "enough"), [(3, True), (2, True), (1, False)])
def test_slots_are_enough_when_there_are_twice_as_many_as_items_are_asked_for(seen, users, enough):
    """Half of 40 items with room to spare are 40 slots, those of two users."""
    said = too_few_slots(seen(40, *[[0]] * users), 0.5, "show half of")
    assert (said == "") == enough
    assert enough or said == (
        "not enough data: 1 evaluated users x 20 slots cannot show half of 40 available items with room to spare; "
        "2 users would do"
    )


def test_somebody_is_always_needed(seen):
    assert too_few_slots(seen(5), 0.1, "show some of").endswith("; 1 users would do")
