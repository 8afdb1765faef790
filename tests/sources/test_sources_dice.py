from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.sources.dice import Dice, apportion, seed_of
from pytest_recsim.sources.streams import Streams, drawn


def numbers(purpose, count):
    dice = Dice(5, purpose)
    return [dice.unit() for _ in range(count)]


def test_the_same_seed_and_purpose_give_the_same_numbers():
    first, second = Dice(5, "people"), Dice(5, "people")
    assert [first.unit() for _ in range(20)] == [second.unit() for _ in range(20)]


@pytest.mark.parametrize(("seed", "purpose"), [(6, "people"), (5, "market")])
def test_another_seed_or_purpose_gives_other_numbers(seed, purpose):
    assert Dice(5, "people").unit() != Dice(seed, purpose).unit()


def test_the_first_numbers_are_the_documented_ones():
    dice = Dice(1, "golden")
    assert [round(dice.unit(), 6) for _ in range(3)] == [0.038504, 0.194464, 0.909482]


def test_numbers_in_bulk_are_the_next_ones():
    assert Dice(5, "bulk").units(2, 3).ravel().tolist() == numbers("bulk", 6)


@pytest.mark.parametrize("ahead", [0, 3, 700])
def test_each_of_many_streams_gives_what_it_gives_alone_however_many_numbers_are_drawn_ahead(ahead):
    names = ["one", "two", "three"]
    streams = Streams([seed_of(5, name) for name in names], np.full(3, ahead))
    everybody, some = np.arange(3), np.array([0, 2])
    streams.ready(everybody, 1)
    taken = [streams.take(everybody)]
    streams.ready(everybody, np.array([0, 300, 1]))
    runs = streams.runs(np.array([0, 300, 1]))
    streams.ready(some, 3)
    coming = streams.coming(some, 2)
    streams.skip(some, np.array([1, 2]))
    left = streams.take(some)
    one, two, three = [numbers(name, 301) for name in names]
    assert np.array_equal(taken, [[one[0], two[0], three[0]]])
    assert runs.tolist() == [*two[1:], three[1]]
    assert coming.tolist() == [one[1:3], three[2:4]]
    assert left.tolist() == [one[2], three[4]]


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**64 - 1])
def test_a_stream_of_any_seed_is_pythons_own(seed):
    streams = Streams([seed], np.array([700]))
    alone = random.Random(seed)
    assert streams.runs(np.array([700])).tolist() == [alone.random() for _ in range(700)]


def test_positions_are_drawn_for_many_as_for_one():
    cumulative, units = [1.0, 1.0, 4.0, 4.0], [0.0, 0.24, 0.25, 0.9999, 1.0]
    singly = [min(bisect_right(cumulative, unit * 4.0), 3) for unit in units]
    assert drawn(np.array([cumulative] * 5), np.array(units)).tolist() == singly


def test_whole_numbers_reach_both_ends_and_nothing_else():
    dice = Dice(1, "whole")
    assert {dice.whole(2, 5) for _ in range(200)} == {2, 3, 4, 5}


def test_weighted_draws_follow_the_weights():
    dice = Dice(1, "weights")
    counts = Counter(dice.index([1.0, 1.0, 4.0]) for _ in range(4000))
    assert counts[1] == 0
    assert counts[2] / counts[0] == pytest.approx(3.0, rel=0.15)


def test_several_draws_are_different_and_limited_by_what_there_is():
    dice = Dice(1, "several")
    assert sorted(dice.several("abc", 7)) == ["a", "b", "c"]
    assert len(set(dice.several("abc", 2))) == 2


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
