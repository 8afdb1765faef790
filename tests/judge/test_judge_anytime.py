"""Intervals that hold whenever one looks: against simulation, exact values, and another implementation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from pytest_recsim.judge.anytime import Draws, Growth, ratio_interval, ratio_wealth

TAIL = 0.05
Maker = Callable[[np.random.Generator, int], np.ndarray]


def looks(n: int, first: int = 20, growth: float = 1.3) -> tuple[int, ...]:
    ends = [min(first, n)]
    while ends[-1] < n:
        ends.append(min(n, math.ceil(ends[-1] * growth)))
    return tuple(ends)


def drawn(values: np.ndarray, asked: int) -> Draws:
    seen = values[:asked]
    return Draws(seen, np.ones(len(seen)), looks(len(seen)), len(values))


WORLDS: dict[str, Maker] = {
    "like MRR": lambda dice, n: np.where(dice.random(n) < 0.2, 1.0 / dice.integers(1, 11, n), 0.0),
    "rare": lambda dice, n: (dice.random(n) < 0.02).astype(float),
    "even": lambda dice, n: dice.random(n),
    "nearly all": lambda dice, n: (dice.random(n) < 0.97).astype(float),
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_mean_is_left_out_at_any_time_no_more_often_than_said(name: str) -> None:
    dice, runs, out = np.random.default_rng(5), 300, {True: 0, False: 0}
    for _ in range(runs):
        values = dice.permutation(WORLDS[name](dice, 400))
        draws = drawn(values, 399)  # nearly everybody, so that every look is among those that count
        out[True] += draws.above(float(values.mean())) >= -math.log(TAIL)
        out[False] += draws.below(float(values.mean())) >= -math.log(TAIL)
    assert max(out.values()) <= runs * TAIL + 3 * math.sqrt(runs * TAIL), out


def strata_drawn(dice: np.random.Generator, strata: list[np.ndarray], share: float) -> Draws:
    """Batches in which every stratum has its share, rounded up, so that the batch's shares are not quite theirs."""
    left = [dice.permutation(values) for values in strata]
    values, weights, ends = [], [], []
    for _ in range(12):
        counts = [min(len(one), math.ceil(share * len(one))) for one in left]
        total, before = max(sum(counts), 1), sum(map(len, left))
        for place, count in enumerate(counts):
            values += left[place][:count].tolist()
            weights += [len(left[place]) / before * total / count] * count if count else []
            left[place] = left[place][count:]
        ends.append(len(values))
    return Draws(np.array(values), np.array(weights), tuple(ends), sum(map(len, strata)))


def test_strata_that_are_rounded_up_leave_the_mean_of_all_in() -> None:
    dice, runs, out = np.random.default_rng(6), 300, {True: 0, False: 0}
    for _ in range(runs):
        strata = [(dice.random(n) < p).astype(float) for n, p in ((7, 0.9), (60, 0.5), (400, 0.1), (1, 1.0))]
        draws, mean = strata_drawn(dice, strata, 0.05), float(np.concatenate(strata).mean())
        out[True] += draws.above(mean) >= -math.log(TAIL)
        out[False] += draws.below(mean) >= -math.log(TAIL)
    assert max(out.values()) <= runs * TAIL + 3 * math.sqrt(runs * TAIL), out


def test_a_stratum_of_which_a_batch_has_nobody_is_not_taken_for_the_others() -> None:
    ones, zeros = np.ones(500), np.zeros(500)
    blind = Draws(zeros[:400], np.full(400, 0.5), (400,), 1000, (0.5,))
    assert blind.below(0.5) < -math.log(TAIL) < blind.below(0.7)
    blind = Draws(ones[:400], np.full(400, 0.5), (400,), 1000, (0.5,))
    assert blind.above(0.5) < -math.log(TAIL) < blind.above(0.35)


def test_when_everybody_was_asked_both_ends_are_the_mean() -> None:
    values = np.random.default_rng(1).random(50)
    assert drawn(values, 50).interval(TAIL) == (values.mean(), values.mean())


def test_before_anybody_was_asked_everything_is_possible() -> None:
    assert Draws(np.zeros(0), np.zeros(0), (), 10).interval(TAIL) == (0.0, 1.0)


def test_the_last_users_cannot_turn_what_is_certain() -> None:
    values = np.concatenate([np.ones(95), np.zeros(5)])
    low, high = drawn(values, 95).interval(1e-30)
    assert 0.95 - 1e-6 <= low <= high <= 1.0
    assert drawn(values, 95).above(0.94) == math.inf
    assert drawn(values, 95).above(0.95) < math.inf  # that is what it may be


def test_the_interval_shrinks_with_the_users_and_holds_the_mean_that_was_seen() -> None:
    values, widths = np.random.default_rng(2).permutation(np.linspace(0, 0.6, 1000)), []
    for asked in (30, 100, 300, 900, 1000):
        low, high = drawn(values, asked).interval(TAIL)
        assert low <= values[:asked].mean() <= high
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0


def pairs(dice: np.random.Generator, n: int, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    others = np.where(dice.random(n) < 0.4, 0.5 * dice.random(n), 0.0)
    luck = np.where(dice.random(n) < 0.6, others, np.where(dice.random(n) < 0.4, 0.5 * dice.random(n), 0.0))
    return ratio * luck, others  # both have the same mean before the factor


def test_the_ratio_of_two_means_is_left_out_at_any_time_no_more_often_than_said() -> None:
    dice, runs, out = np.random.default_rng(7), 300, {True: 0, False: 0}
    for _ in range(runs):
        values, others = pairs(dice, 400, 1.3)
        for above in out:
            out[above] += ratio_wealth(values, others, looks(400), 1.3, above=above) >= -math.log(TAIL)
    assert max(out.values()) <= runs * TAIL + 3 * math.sqrt(runs * TAIL), out


def test_a_ratio_far_away_is_out_and_one_without_a_baseline_has_no_upper_end() -> None:
    values, others = pairs(np.random.default_rng(8), 4000, 1.5)
    low, high = ratio_interval(values, others, looks(4000), TAIL)
    assert 1.2 < low < 1.5 < (high or 0) < 1.9
    assert ratio_interval(values, np.zeros(4000), looks(4000), TAIL)[1] is None
    assert ratio_interval(np.zeros(4000), others, looks(4000), TAIL)[0] == 0


def grown(
    dice: np.random.Generator, users: int, items: int, shown: int, asked: int
) -> tuple[Growth, int, int]:
    """Lists of five of the first ``shown`` items; returns also the size now and at the end."""
    lists = np.array([dice.choice(shown, 5, replace=False) for _ in range(users)])
    seen, fresh, before, start = np.zeros(items, dtype=bool), [], [], 0
    for end in looks(asked):
        before.append(int(seen.sum()))
        fresh += (~seen[lists[start:end]]).sum(axis=1).tolist()
        seen[lists[start:end].ravel()] = True
        start = end
    new = Growth(np.array(fresh) / 5, np.ones(asked), looks(asked), users, tuple(before), int(seen.sum()), 5)
    return new, int(seen.sum()), len(np.unique(lists))


def test_a_goal_that_is_reached_at_the_end_is_given_up_no_more_often_than_said() -> None:
    dice, runs, out = np.random.default_rng(9), 200, 0
    for _ in range(runs):
        growth, _, final = grown(dice, 150, 400, 300, 140)
        out += growth.short_of(final) >= -math.log(TAIL)
    assert out <= runs * TAIL + 3 * math.sqrt(runs * TAIL)


def test_a_set_that_has_stopped_growing_stays_below_a_far_goal() -> None:
    growth, now, final = grown(np.random.default_rng(10), 3000, 200, 100, 2000)
    assert now == final == 100
    assert 100 <= growth.most_in_all(0.005, 200) < 135
    small, now, _ = grown(np.random.default_rng(10), 3000, 200, 100, 30)
    assert small.most_in_all(0.005, 200) == 200
    assert small.short_of(now + 5 * 2970 + 1) == math.inf  # nobody can bring that many


CONFSEQ = {0.1: (0.100, 0.126), 0.3: (0.292, 0.321), 0.5: (0.494, 0.520)}
"""What betting_cs of confseq 0.0.11 said of the same draws: of 1,000 values, 400 seen, at 95 %, on a grid of 0.001."""


def test_the_interval_is_as_wide_as_that_of_another_implementation() -> None:
    dice = np.random.default_rng(11)
    for mean, theirs in CONFSEQ.items():
        values = np.clip(dice.normal(mean, 0.1, 1000), 0, 1)
        assert drawn(values, 400).interval(TAIL / 2) == pytest.approx(theirs, abs=0.003)
        WORLDS["like MRR"](dice, 1000)  # which they were asked about in between
