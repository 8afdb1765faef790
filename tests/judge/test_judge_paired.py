"""The paired interval: it agrees with Student's, knows how few users decide, and cries wolf as seldom as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_recsim.judge.paired import paired_difference, t_quantile

VALUES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=60)


def sides(pairs):
    return np.array(pairs, dtype=np.float64).reshape(-1, 2).T


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 6, 8, 9, 15, 40, 333, 1e6])
def test_the_quantile_is_students_or_a_little_more(freedom):
    true = stats.t.ppf(0.975, freedom)
    assert true * 0.9999 <= t_quantile(freedom) <= true * 1.031


def test_where_many_users_move_alike_the_interval_is_that_of_the_paired_t_test():
    rng = np.random.default_rng(7)
    before = rng.random(3000)
    now = before + rng.choice([-0.1, 0.1], 3000) + 0.01
    theirs = stats.ttest_rel(now, before).confidence_interval(0.95)
    ours = paired_difference(before, now)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=2e-5)


def test_few_users_who_decide_widen_the_interval():
    before, now = np.zeros(1000), np.zeros(1000)
    now[:4] = 0.5
    few = paired_difference(before, now)
    theirs = stats.ttest_rel(now, before).confidence_interval(0.95)
    assert few.low < theirs.low
    assert few.moved == 4


def test_one_or_two_users_who_moved_say_nothing():
    for moved in (1, 2):
        now = np.zeros(100)
        now[:moved] = 1.0
        found = paired_difference(np.zeros(100), now)
        assert (found.low, found.high) == (-math.inf, math.inf)


def test_nobody_moved_is_a_difference_of_nothing():
    values = np.array([0.1, 0.5, np.nan])
    found = paired_difference(values, values)
    assert (found.n, found.difference, found.low, found.high, found.moved) == (2, 0, 0, 0, 0)


def test_who_has_no_number_on_one_side_is_in_no_mean():
    found = paired_difference(np.array([0.2, np.nan, 0.4]), np.array([0.3, 0.9, np.nan]))
    assert (found.n, found.before, found.now) == (1, 0.2, 0.3)


def test_without_a_pair_there_is_no_number():
    found = paired_difference(np.array([np.nan]), np.array([1.0]))
    assert found.n == 0
    assert math.isnan(found.difference)


def test_numbers_of_different_users_are_refused():
    with pytest.raises(ValueError, match="2 users before and 3 now"):
        paired_difference(np.zeros(2), np.zeros(3))


@given(pairs=VALUES)
def test_swapping_the_runs_turns_the_difference_round(pairs):
    before, now = sides(pairs)
    one, other = paired_difference(before, now), paired_difference(now, before)
    assert one.difference == pytest.approx(-other.difference)
    assert one.low == pytest.approx(-other.high)
    assert one.low <= one.difference <= one.high


@given(pairs=VALUES, order=st.randoms())
def test_the_order_of_the_users_does_not_matter(pairs, order):
    one = paired_difference(*sides(pairs))
    order.shuffle(pairs)
    other = paired_difference(*sides(pairs))
    assert (one.difference, one.low) == (pytest.approx(other.difference), pytest.approx(other.low))


def test_equal_runs_are_called_worse_in_about_one_of_forty():
    """Whoever gets which of two lists is a coin's choice, so neither side is better; a fifth of the users differ at all."""
    rng = np.random.default_rng(11)
    worse = 0
    for _ in range(2000):
        hit = rng.random((2, 300)) < 0.3
        pair = np.where(rng.random(300) < 0.2, hit, hit[:1]) / rng.integers(1, 11, 300)
        worse += paired_difference(*pair).high < 0
    assert 0.010 <= worse / 2000 <= 0.030
