"""How alike repeated answers are, and quantiles, held against definitions and NumPy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.judge.quantile import nearest_rank
from pytest_recsim.judge.stability import overlap, rank_instability

LISTS = st.lists(st.integers(0, 15), unique=True, max_size=14)


def by_hand(one, other, k):
    """Fagin, Kumar and Sivakumar's intersection metric for two lists of k: mean of |difference| / 2d."""
    return sum(len(set(one[:d]) ^ set(other[:d])) / (2 * d) for d in range(1, k + 1)) / k


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("abc", "abc", 1),
        ("abc", "xyz", 0),
        ("ab", "ba", 1 / 2),
        ("abc", "acb", (1 + 1 / 2 + 1) / 3),
        ("a", "ab", (1 + 1 / 2) / 2),
        ("", "ab", 0),
    ],
)
def test_overlap_golden_cases(one, other, expected):
    assert overlap(one, other) == pytest.approx(expected)


@given(LISTS, LISTS)
def test_overlap_is_symmetric_between_0_and_1_and_1_only_for_the_same_first_k(one, other):
    value = overlap(one, other, 10)
    if not one and not other:
        assert math.isnan(value)
        return
    assert value == overlap(other, one, 10)
    assert 0 <= value <= 1
    assert (value > 1 - 1e-12) == (one[:10] == other[:10])


@given(st.permutations(range(10)), st.permutations(range(5, 15)))
def test_one_minus_overlap_is_the_intersection_metric_for_full_lists(one, other):
    assert 1 - overlap(one, other) == pytest.approx(by_hand(one, other, 10))


def test_only_the_first_k_count():
    assert overlap("abcdefghijk", "abcdefghijX") == 1
    assert overlap("abcdefghij", "abcdefghiX") == pytest.approx(1 - 0.1 / 10)


def test_an_exchange_at_the_front_weighs_more_than_one_at_the_end():
    assert overlap("bacdefghij", "abcdefghij") < overlap("abcdefghji", "abcdefghij") < 1


@given(st.lists(LISTS, min_size=2, max_size=5))
def test_instability_is_the_mean_over_all_pairs(answers):
    pairs = [1 - overlap(one, other) for one, other in itertools.combinations(answers, 2)]
    known = [value for value in pairs if not math.isnan(value)]
    assert rank_instability(answers) == pytest.approx(
        sum(known) / len(known) if known else math.nan, nan_ok=True
    )


def test_instability_is_0_when_nothing_changes_and_unknown_when_nothing_was_repeated():
    assert rank_instability(["abc"] * 5) == 0
    assert rank_instability(["abc"] * 4 + ["acb"]) == pytest.approx(4 / 10 * (1 - (1 + 1 / 2 + 1) / 3))
    assert math.isnan(rank_instability(["abc"]))
    assert math.isnan(rank_instability(["", ""]))


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.01, 0.5, 0.75, 0.95, 1.0]))
def test_the_nearest_rank_is_numpys_inverted_cdf(values, share):
    assert nearest_rank(values, share) == np.quantile(values, share, method="inverted_cdf")


def test_the_95th_of_a_hundred_is_the_95th_and_of_twenty_the_19th():
    assert nearest_rank(range(1, 101), 0.95) == 95
    assert nearest_rank(range(20, 0, -1), 0.95) == 19
    assert math.isnan(nearest_rank([], 0.95))
