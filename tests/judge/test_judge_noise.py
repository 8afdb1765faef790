"""What equal questions give, held against hand-made answers and against random numbers of known spread."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.judge.noise import (
    falls_beyond_chance,
    noise_of_mean,
    over_pairs,
    score_drift,
    shared,
    within_variance,
)

LISTS = st.lists(st.integers(0, 30), unique=True, max_size=25)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("abc", "cba", 1), ("abc", "xyz", 0), ("abcd", "abxy", 1 / 2), ("ab", "abcd", 1 / 2), ("", "ab", 0)],
)
def test_shared_counts_items_and_not_their_order(one, other, expected):
    assert shared(one, other) == pytest.approx(expected)


def test_two_empty_lists_share_nothing_that_could_be_measured():
    assert math.isnan(shared("", ""))
    assert math.isnan(over_pairs(["", ""], shared))
    assert math.isnan(over_pairs(["abc"], shared))


@given(LISTS, LISTS, st.integers(1, 25))
def test_shared_is_symmetric_and_1_only_for_the_same_items(one, other, k):
    value = shared(one, other, k)
    if not one and not other:
        assert math.isnan(value)
        return
    assert value == shared(other, one, k)
    assert 0 <= value <= 1
    assert (value == 1) == (set(one[:k]) == set(other[:k]))


def test_over_pairs_is_the_mean_over_every_pair():
    assert over_pairs(["ab", "ab", "xy"], shared) == pytest.approx(1 / 3)


def test_drift_is_the_largest_relative_move_of_an_item_that_two_answers_list():
    assert score_drift([{"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.1, "c": 9.0}]) == pytest.approx(0.1 / 2.1)
    assert score_drift([{"a": 1.0}, {"b": 5.0}]) == 0
    assert score_drift([{"a": 0.0}, {"a": 0.0}]) == 0
    assert score_drift([{"a": 0.0}, {"a": 0.5}]) == 1


def test_within_variance_is_that_of_one_users_answers_and_not_the_difference_between_users():
    rng = np.random.default_rng(1)
    levels = rng.uniform(0, 100, size=(4000, 1))
    variance, users = within_variance(levels + rng.normal(0, 0.3, size=(4000, 3)))
    assert users == 4000
    assert variance == pytest.approx(0.09, rel=0.05)


def test_within_variance_leaves_out_users_without_truth_and_needs_a_repeat():
    variance, users = within_variance(np.array([[np.nan, np.nan], [1.0, 3.0]]))
    assert (variance, users) == (2.0, 1)
    assert within_variance(np.full((5, 3), 0.1)) == (0.0, 5)
    assert within_variance(np.array([[1.0], [2.0]]))[1] == 0
    assert within_variance(np.empty((0, 3)))[1] == 0


def test_a_fall_of_everybody_is_no_coin_and_one_of_a_few_is():
    assert falls_beyond_chance(15, 0, 0.0025)
    assert falls_beyond_chance(9, 0, 0.0025)
    assert not falls_beyond_chance(3, 2, 0.0025)
    assert not falls_beyond_chance(0, 0, 0.5)
    assert not falls_beyond_chance(5, 0, 0.0025)


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_sign_test_is_the_tail_of_a_fair_coin(lost, gained):
    changed = lost + gained
    tail = sum(math.comb(changed, count) for count in range(lost, changed + 1)) / 2**changed
    assert falls_beyond_chance(lost, gained, 0.01) == (changed > 0 and tail <= 0.01)


def test_the_noise_of_a_mean_is_a_part_of_the_variance_that_users_asked_once_already_show():
    """2,000 times 50 users, each with a level of their own and one answer that is off by chance."""
    rng = np.random.default_rng(7)
    answers = rng.normal(1, 0.4, size=(2000, 50)) + rng.normal(0, 0.3, size=(2000, 50))
    found = [noise_of_mean(values, np.full(50, 0.09)) for values in answers]
    assert found[0][0] == pytest.approx(0.3 / math.sqrt(50))
    assert np.mean([share for _, share in found]) == pytest.approx(0.09 / (0.09 + 0.16), rel=0.06)
    shown = np.mean(answers.var(axis=1, ddof=1)) / 50
    assert shown == pytest.approx(answers.mean(axis=1).var(), rel=0.1), "nothing is missing from the interval"


def test_the_noise_of_a_mean_is_unknown_where_a_users_class_was_not_measured():
    values = np.array([0.1, 0.2, 0.4])
    assert noise_of_mean(values, np.array([0.0, np.nan, 0.0])) == (None, None)
    assert noise_of_mean(np.array([]), np.array([])) == (None, None)
    assert noise_of_mean(values, np.zeros(3)) == (0.0, 0.0)
    assert noise_of_mean(np.array([0.5, 0.5]), np.array([0.01, 0.01]))[1] is None
