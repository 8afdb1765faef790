"""The holdout as scenarios see it: relevance by id, NDCG and MRR of lists against it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth_answers import answered, event

from pytest_recsim.simulation.truth.relevance import Truth

IDS = ("i1", "i2", "i3", "i4")
SHOP = {
    "items": [{"item_id": name} | ({"available": False} if name == "i4" else {}) for name in IDS],
    "users": [{"user_id": name, "traits": {"segment": "vip"}} for name in ("u1", "u2", "u3")],
    "events": [
        *(event("u1", "i1", 30 - day, 3) for day in range(3)),
        *(event("u2", "i2", 25 - day) for day in range(3)),
        *(event("u3", "i3", 20 - day / 2) for day in range(15)),
        event("u1", "i1", 7, 3),
        event("u1", "i2", 6, 3),
        event("u1", "i2", 5, 1),
        event("u1", "i4", 4, 3),
        event("u2", "i2", 3, 0),
        event("u2", "i3", 2, 2, value=50.0),
        event("u3", "i3", 1, 0),
    ],
}
"""Held out is the last quarter: what happened less than 8 days ago."""


class Known(Truth):
    """Relevance of a world in which these lists were shown."""

    def __init__(self, world, *exchanges):
        self._world, self._lists = world, {one.ask.user_id: one for one in exchanges}

    @property
    def world(self):
        return self._world

    @property
    def lists(self):
        return self._lists


@pytest.fixture
def known(make_world):
    """Return a factory: knobs and, if only some users were asked, their ids -> relevance of the shop."""

    def make(*knobs, users=("u1", "u2", "u3")):
        return Known(make_world(*knobs, document=SHOP), *(answered(user, "i1") for user in users))

    return make


def test_what_a_user_touched_before_the_split_is_not_unseen(known):
    assert known().relevance() == {"u1": {"i2": 1.3}, "u2": {"i3": 0.7}}


def test_all_holds_what_was_touched_before_too_unless_the_purchase_exclusion_hides_it(known):
    off, on = (
        known("RULE_EXCLUDE_EVENTS=false"),
        known("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=60"),
    )
    assert off.relevance("all") == {
        "u1": {"i1": 1.0, "i2": 1.3},
        "u2": {"i2": 0.1, "i3": 0.7},
        "u3": {"i3": 0.1},
    }
    assert on.relevance("all")["u1"] == {"i2": 1.3}
    assert on.relevance("all")["u2"] == {"i2": 0.1, "i3": 0.7}


def test_an_item_that_nobody_can_be_shown_is_relevant_for_nobody(known):
    assert all(
        "i4" not in found for which in ("unseen", "all") for found in known().relevance(which).values()
    )


def test_only_users_with_a_list_and_with_something_relevant_are_told(known):
    assert set(known(users=("u2", "u3")).relevance()) == {"u2"}
    assert set(known(users=("u3",)).relevance("all")) == {"u3"}


def test_the_mean_is_over_users_with_something_relevant_and_counts_the_hits(known):
    lists = {"u1": ["i3", "i2"], "u2": ["i1"], "u3": ["i3"]}
    mean, users, hits = known().mean_ndcg(lists)
    assert mean == pytest.approx(1 / math.log2(3) / 2)
    assert (users, hits) == (2, 1)
    assert known().mean_ndcg(lists, which="all")[1] == 3


def test_a_list_may_be_given_as_ids_or_as_an_answer(known):
    truth = known()
    by_ids, by_answer = (
        truth.mean_ndcg({"u1": ["i3", "i2"]}),
        truth.mean_ndcg({"u1": answered("u1", "i3", "i2")}),
    )
    assert by_ids == by_answer == (pytest.approx(1 / math.log2(3)), 1, 1)


def test_an_item_that_is_not_in_the_fixture_takes_up_its_rank(known):
    assert known().mean_ndcg({"u1": ["recsim-probe-1", "i2"]})[0] == pytest.approx(1 / math.log2(3))


def test_only_the_first_k_count(known):
    truth = known()
    assert truth.mean_ndcg({"u1": ["i3", "i1", "i2"]}, k=2) == (0.0, 1, 0)
    assert truth.mean_ndcg({"u1": ["i3", "i1", "i2"]}, k=3)[0] == pytest.approx(0.5)


def test_ten_count_where_nobody_says_how_many(known):
    for place, counts in ((9, True), (10, False)):
        shown = [*(f"filler-{number}" for number in range(place)), "i2"]
        assert (known().mean_ndcg({"u1": shown})[0] > 0) is counts
        assert (known().mrr(shown, {"i2": 1.0}) > 0) is counts


def test_lists_of_different_length_do_not_disturb_each_other(known):
    truth = known()
    alone = [
        truth.mean_ndcg({user: shown})[0] for user, shown in (("u1", ["i2"]), ("u2", ["i1", "i2", "i3"]))
    ]
    assert alone == [1.0, pytest.approx(0.5)]
    together = truth.mean_ndcg({"u1": ["i2"], "u2": ["i1", "i2", "i3"]})
    assert together == (pytest.approx(0.75), 2, 2)


@pytest.mark.parametrize("lists", [{}, {"u3": ["i3"]}], ids=["nobody", "nobody with a relevant item"])
def test_without_anything_relevant_there_is_no_mean(known, lists):
    mean, users, hits = known().mean_ndcg(lists)
    assert math.isnan(mean)
    assert (users, hits) == (0, 0)


def test_an_empty_list_is_a_mean_of_zero_and_not_of_nothing(known):
    assert known().mean_ndcg({"u1": []}) == (0.0, 1, 0)


@pytest.mark.parametrize(
    ("ids", "k", "rank"),
    [
        (["i2", "i1"], 10, 1),
        (["i1", "i3", "i2"], 10, 3),
        (["i1", "i3", "i2"], 2, math.inf),
        (["i1", "i3", "i2"], 3, 3),
        (["i1"], 10, math.inf),
        ([], 10, math.inf),
        (["worthless", "i2"], 10, 2),
    ],
)
def test_the_reciprocal_rank_is_that_of_the_first_relevant_item(known, ids, k, rank):
    assert known().mrr(ids, {"i2": 1.0, "worthless": 0.0}, k) == 1 / rank


@given(
    st.lists(st.integers(0, 30), unique=True, max_size=25), st.sets(st.integers(0, 30)), st.integers(1, 25)
)
def test_a_reciprocal_rank_says_where_the_first_hit_is_and_that_none_is_before_it(ids, hits, k):
    ids, relevant = [str(one) for one in ids], {str(one): 1.0 for one in hits}
    found = Known(None).mrr(ids, relevant, k)
    if found == 0:
        assert not set(ids[:k]) & set(relevant)
    else:
        rank = round(1 / found)
        assert rank <= k
        assert ids[rank - 1] in relevant
        assert not set(ids[: rank - 1]) & set(relevant)
