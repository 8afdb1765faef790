"""Answers and holdout as arrays: who is in which row, which item in which slot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth_answers import answered, event

from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.plan.model import K
from pytest_recsim.simulation.truth.slates import observed

SHOP = {
    "items": [{"item_id": f"i{number}"} for number in range(30)],
    "users": [
        {"user_id": f"u{number}", "traits": {"segment": "new_users" if number == 3 else "vip"}}
        for number in range(5)
    ],
    "events": [
        event("u0", "i5", 40, 3),
        event("u0", "i6", 39),
        event("u1", "i5", 38, 3),
        event("u3", "i7", 37, 3),
        event("u4", "i8", 36, 3),
        event("u4", "i8", 35, 3),
        event("u0", "i6", 3, 1),
        event("u4", "i9", 2, 3),
    ],
}


@pytest.fixture(scope="module")
def world(shared_make_world):
    return shared_make_world("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=90", document=SHOP)


@pytest.fixture
def table(world):
    """Users u4, u0 and u3, in the order of their answers."""
    return observed(
        world, [answered("u4", "i8", "i1"), answered("u0", "i2"), answered("u3", "i1", "i2", "i3")]
    )


def test_a_slot_holds_the_place_of_its_item_and_what_is_left_is_padded(table):
    assert table.lists.shape == (3, K)
    assert table.lists[:, :4].tolist() == [[8, 1, -1, -1], [2, -1, -1, -1], [1, 2, 3, -1]]
    assert (table.lists[:, 4:] == PADDING).all()


def test_an_item_that_the_fixture_does_not_know_takes_its_slot(world):
    assert observed(world, [answered("u0", "i1", "recsim-probe-7", "i2")]).lists[0, :4].tolist() == [
        1,
        UNKNOWN,
        2,
        PADDING,
    ]


def test_a_list_that_is_longer_than_it_should_be_is_judged_by_what_was_asked_for(world):
    shown = [f"i{number}" for number in range(25)]
    assert observed(world, [answered("u0", *shown)]).lists.tolist() == [list(range(K))]


def test_nobody_asked_is_an_empty_table_of_full_width(world):
    nobody = observed(world, [])
    assert nobody.lists.shape == (0, K)
    assert (nobody.rows, nobody.user_ids(), nobody.relevance("all").n_users) == ((), [], 0)


def test_rows_follow_the_answers_and_not_the_fixture(table):
    assert table.user_ids() == ["u4", "u0", "u3"]
    assert table.user_ids([2, 0]) == ["u3", "u4"]
    assert table.user_ids([]) == []
    assert table.row_of_user.tolist() == [1, -1, -1, 2, 0]


def test_a_segment_has_the_rows_of_its_evaluated_users(table):
    assert table.rows_of("vip").tolist() == [0, 1]
    assert table.rows_of("new_users").tolist() == [2]
    assert table.rows_of("nobody").tolist() == []


def test_some_of_the_users_keep_their_lists_their_order_and_their_segments(table):
    some = table.of([True, False, True])
    assert some.user_ids() == ["u4", "u3"]
    np.testing.assert_array_equal(some.lists, table.lists[[0, 2]])
    assert some.rows_of("new_users").tolist() == [1]
    assert some.row_of_user.tolist() == [-1, -1, -1, 1, 0]
    assert table.at(np.array([2, 0])).user_ids() == ["u3", "u4"]


def test_all_of_the_users_are_the_same_table_and_none_of_them_an_empty_one(table):
    assert table.of([True] * 3) is table
    assert table.of([False] * 3).lists.shape == (0, K)


def pairs(found):
    return sorted(zip(found[0].tolist(), found[1].tolist(), strict=True))


def test_seen_is_what_evaluated_users_touched_before_the_split(table):
    assert set(pairs(table.seen_pairs)) == {(0, 8), (1, 5), (1, 6), (2, 7)}


def test_hidden_is_what_evaluated_users_bought_unless_they_are_new(table):
    assert pairs(table.hidden_pairs) == [(0, 8), (1, 5)]


def test_where_nothing_is_hidden_there_are_no_pairs_and_arrays_all_the_same(make_world):
    table = observed(make_world("RULE_EXCLUDE_EVENTS=false", document=SHOP), [answered("u0", "i1")])
    assert [part.shape for part in table.hidden_pairs] == [(0,), (0,)]
    assert table.relevance("all").items.tolist() == [6]


def graded(relevance):
    return [
        dict(zip(relevance.items[low:high].tolist(), relevance.grades[low:high].tolist(), strict=True))
        for low, high in zip(relevance.indptr[:-1], relevance.indptr[1:], strict=True)
    ]


def test_relevance_has_a_row_for_every_evaluated_user_also_for_those_without_any(table):
    assert graded(table.relevance("unseen")) == [{9: 1.0}, {}, {}]
    assert graded(table.relevance("all")) == [{9: 1.0}, {6: 0.3}, {}]


def test_the_holdout_of_somebody_who_was_not_asked_counts_for_nobody(world):
    assert graded(observed(world, [answered("u1"), answered("u2")]).relevance("all")) == [{}, {}]


@given(st.permutations([("u0", "i2"), ("u3", "i1"), ("u4", "i9"), ("u1", "i3")]), st.data())
def test_however_users_are_ordered_and_chosen_each_keeps_the_list_and_the_relevance_that_are_hers(
    world, order, data
):
    table = observed(world, [answered(user, item) for user, item in order])
    kept = data.draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    some = table.of(kept)
    expected = [pair for pair, is_kept in zip(order, kept, strict=True) if is_kept]
    names = [item.item_id for item in world.fixture.items]
    assert list(zip(some.user_ids(), (names[row[0]] for row in some.lists), strict=True)) == expected
    mine = {"u0": {6: 0.3}, "u4": {9: 1.0}}
    assert graded(some.relevance("all")) == [mine.get(user, {}) for user, _ in expected]
