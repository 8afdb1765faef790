from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.sources.dice import Dice, apportion


def test_the_same_seed_and_purpose_give_the_same_numbers():
    first, second = Dice(5, "people"), Dice(5, "people")
    assert [first.unit() for _ in range(20)] == [second.unit() for _ in range(20)]


@pytest.mark.parametrize(("seed", "purpose"), [(6, "people"), (5, "market")])
def test_another_seed_or_purpose_gives_other_numbers(seed, purpose):
    assert Dice(5, "people").unit() != Dice(seed, purpose).unit()


def test_the_first_numbers_are_the_documented_ones():
    dice = Dice(1, "golden")
    assert [round(dice.unit(), 6) for _ in range(3)] == [0.038504, 0.194464, 0.909482]


def test_whole_numbers_reach_both_ends_and_nothing_else():
    dice = Dice(1, "whole")
    assert {dice.whole(2, 5) for _ in range(200)} == {2, 3, 4, 5}


def test_weighted_draws_follow_the_weights():
    dice = Dice(1, "weights")
    counts = Counter(dice.weighted([1.0, 0.0, 3.0]) for _ in range(4000))
    assert counts[1] == 0
    assert counts[2] / counts[0] == pytest.approx(3.0, rel=0.15)


def test_several_draws_are_different_and_limited_by_what_there_is():
    dice = Dice(1, "several")
    assert sorted(dice.several([1.0, 1.0, 1.0], 7)) == [0, 1, 2]


def test_shuffling_keeps_everything():
    assert sorted(Dice(1, "shuffle").shuffled(range(50))) == list(range(50))


def test_bell_is_centred_with_unit_spread():
    dice = Dice(1, "bell")
    drawn = [dice.bell() for _ in range(4000)]
    mean = sum(drawn) / len(drawn)
    assert mean == pytest.approx(0.0, abs=0.05)
    assert sum((x - mean) ** 2 for x in drawn) / len(drawn) == pytest.approx(1.0, abs=0.08)


def test_heavy_is_mostly_small_sometimes_large_never_above_the_cap():
    dice = Dice(1, "heavy")
    drawn = [dice.heavy(6.0) for _ in range(4000)]
    assert min(drawn) >= 1.0
    assert max(drawn) == 6.0
    assert sum(x < 1.5 for x in drawn) / len(drawn) == pytest.approx(1 - 1 / 1.5**2, abs=0.04)


@given(st.integers(0, 5000), st.lists(st.floats(0.01, 100), min_size=1, max_size=12))
def test_parts_add_up_and_stay_within_one_of_their_share(total, weights):
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) <= 1 + 1e-9
