"""Trials by expectation: what a knob does is learned, what must hold comes first, and what could not be measured is kept away from."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from made_bench import GOALS, SPACE, MadeBench, study
from msgspec.structs import replace

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.trial import Dimension, Goal, Held, Measured, expected_excess
from pytest_recsim.tune.decide import finalists
from pytest_recsim.tune.guards import Guard
from pytest_recsim.tune.guided import (
    FIRST,
    Cube,
    exploring,
    first,
    most_hopeful,
    propose,
    screened,
    spread_out,
)
from pytest_recsim.tune.spreads import TOGETHER, spread_of
from pytest_recsim.tune.study import go_on, incumbent
from pytest_recsim.tune.surrogate import Surrogate

MANY = [Dimension(knob=f"k{n}", kind="float", start="0", travels=True, low=0, high=1) for n in range(19)]


def whole(bench=None, sampler="gp", **how):
    bench = bench or MadeBench()
    return go_on(study(bench, sampler=sampler, **how), bench, lambda _: None)


def best(found):
    return max(one.measured.goals["lift"] for one in found.trials if one.measured.feasible)


@pytest.mark.long
def test_it_comes_nearer_to_the_top_than_chance_in_as_many_trials():
    found = [
        [best(whole(wanted=30, seed=seed, sampler=sampler)) for seed in range(5)]
        for sampler in ("gp", "random")
    ]
    assert min(found[0]) > np.mean(found[1])


def test_the_first_sets_have_a_value_of_every_piece_of_a_range():
    lambdas = sorted(float(spread_out(SPACE, number, 3)["MMR_LAMBDA"]) for number in range(FIRST))
    pieces = [int((one - 0.1) / 0.9 * FIRST - 1e-9) for one in lambdas]
    assert pieces == list(range(FIRST))


def test_of_many_knobs_the_first_sets_have_each_at_its_ends_and_no_two_knobs_together():
    sets = [spread_out(MANY, number, 3) for number in range(first(MANY))]
    places = np.array([[float(one[f"k{n}"]) for n in range(19)] for one in sets])
    assert ((places <= 0.25) | (places >= 0.75)).all()
    signs = np.where(places > 0.5, 1, -1)
    np.testing.assert_array_equal(signs.T @ signs, 20 * np.eye(19))
    assert (screened(SPACE), first(SPACE)) == (0, FIRST)
    assert len(spread_out([*MANY, *SPACE], 19, 3)) == 23


def test_a_variant_moves_few_of_the_knobs_that_matter_and_half_of_the_others():
    cube, random = Cube(MANY), np.random.default_rng(5)
    place, matters = np.full(len(MANY), 0.5), np.array([10.0] * 3 + [1.0] * 16)
    moved = (cube.varied(place, matters, 2_000, random) != place).mean(axis=0)
    np.testing.assert_allclose(moved, [0.1] * 3 + [0.5] * 16, atol=0.05)


def test_after_a_screening_the_best_that_is_expected_is_tried_in_variants_and_later_as_it_is():
    start = Measured(users=9, of=9, goals={"lift": 0.0}, held=(held(2.0, 1.0),))
    known = [({}, start)]
    for number in range(first(MANY)):
        values = spread_out(MANY, number, 3)
        missed = 3 * abs(float(values["k0"]) - 0.9) + 0.4 * sum(float(values[f"k{n}"]) for n in range(1, 19))
        known.append((values, replace(start, held=(held(missed, 1.0),))))
    goals = (Goal(metric="lift", label="lift"),)
    places = [
        np.array([Cube(MANY).place(propose(MANY, goals, known, number, seed)) for seed in range(6)])
        for number in (first(MANY), exploring(MANY))
    ]
    varied, later = (found[:, 1:].mean() for found in places)
    assert later + 0.1 < varied < 0.5, "where the others are at their good ends, variants are not all"
    assert np.median(places[0][:, 0]) > 0.7, "the knob that matters stays where it is good"
    assert exploring(SPACE) == 0


@pytest.mark.long
def test_what_could_not_be_measured_is_kept_away_from():
    def blind(values):
        return float(values["PROFILE_BOOST"]) > 0.5

    late = whole(MadeBench(blind=blind), wanted=28).trials[FIRST:]
    assert sum(blind(one.values) for one in late) <= len(late) / 4


def test_a_trial_that_failed_is_told_as_one_that_misses_everything():
    bench = MadeBench()
    known = [({}, bench.start)]
    for number in range(FIRST):
        values = spread_out(SPACE, number, 1)
        failed = float(values["MMR_LAMBDA"]) > 0.5
        known.append((values, None if failed else bench.measured(values)))
    found = [propose(SPACE, GOALS, known, 1 + 4 * number, number) for number in range(6)]
    assert sum(float(one["MMR_LAMBDA"]) <= 0.6 for one in found) >= 5


def test_knobs_are_told_apart_although_all_of_them_move_at_once():
    random = np.random.default_rng(1)
    points = random.random((50, 16))
    figures = np.column_stack([3 * points[:, 0], -2 * points[:, 5]])
    one, other = np.full((1, 16), 0.5), np.full((1, 16), 0.5)
    other[0, 0] = 0.9
    learned = Surrogate(points, figures, np.ones(50), np.zeros(16, dtype=bool))
    moved = learned.expect(other)[0] - learned.expect(one)[0]
    assert moved[0] == pytest.approx([1.2, 0.0], abs=0.25)


def test_what_is_expected_where_nothing_was_tried_is_told_as_unsure_as_it_is():
    random = np.random.default_rng(2)
    points, others = random.random((40, 17)), random.random((400, 17))

    def true(at):
        return (3 * at[:, 0] - 4 * (at[:, 1] - 0.6) ** 2 + 5 * (at[:, 0] - 0.5) * (at[:, 2] - 0.5))[:, None]

    learned = Surrogate(points, true(points), np.ones(40), np.zeros(17, dtype=bool))
    mean, spread = learned.expect(others)
    away = np.abs(mean - true(others)) / spread
    assert (away < 2).mean() > 0.9
    assert np.abs(mean - true(others)).mean() < 0.6 * np.abs(true(others) - true(points).mean()).mean()
    assert spread.mean() > 2 * learned.expect(points)[1].mean()


def test_more_is_hoped_of_what_is_unknown_than_of_what_is_surely_a_little_better_and_least_of_what_is_surely_worse():
    mean = np.array([[1.0, -3.0], [1.0, -3.0], [0.9, -3.0], [4.0, -3.0]])
    spread = np.array([[0.01, 0.1], [0.8, 0.1], [0.01, 0.1], [0.01, 0.1]])
    least = held(0.1, 0.1).expected_miss()
    assert most_hopeful(mean, spread, least).tolist() == [1, 2, 0, 3]


def test_of_a_single_knob_there_are_no_pairs_to_learn_from():
    points = np.linspace(0, 1, 9)[:, None]
    learned = Surrogate(points, points**2, np.ones(9), np.zeros(1, dtype=bool))
    assert learned.expect(np.array([[0.45]]))[0][0, 0] == pytest.approx(0.2, abs=0.05)


def test_values_come_back_from_where_they_lie():
    values = {
        "PROFILE_BOOST": "0.4", "MMR_LAMBDA": "0.55", "BRAND_CAP": "3", "RULE_EXCLUDE_EVENTS": "false",
    }  # fmt: skip
    cube = Cube(SPACE)
    assert cube.values(cube.place(values)) == values


def held(margin, spread):
    return Held(
        check="a", case="", label="a", threshold=0.5, value=0.5 - margin, margin=margin, spread=spread
    )


def test_what_just_holds_is_expected_to_be_missed_by_others_and_what_holds_with_slack_is_not():
    assert expected_excess(0.0) == pytest.approx(0.3989, abs=1e-4)
    assert held(0.0, 0.1).expected_miss() > 0.3
    assert held(-0.3, 0.1).expected_miss() < 0.001
    assert held(-0.001, None).expected_miss() == 0, "without a spread only what is missed counts"


def test_what_is_out_of_reach_still_counts_and_does_not_drown_what_is_within_reach():
    far, farther, near = (held(margin, 0.1).expected_miss() for margin in (0.5, 0.9, 0.1))
    assert far < farther < far + near
    assert held(0.2, 0.1).expected_miss() == pytest.approx(2, abs=0.01)


def test_the_spread_of_a_share_near_0_is_that_of_its_threshold_so_that_a_miss_is_not_a_hundred_of_them():
    everybody = SimpleNamespace(kept=lambda _: np.arange(9))
    contrast = SimpleNamespace(now=everybody, start=everybody)
    limit = Limit("min_long_tail_share", 0.2, "block", "")
    guard = Guard("long_tail_share", "", limit, METRICS["long_tail_share"])
    assert spread_of(contrast, guard, 0.001) == pytest.approx(TOGETHER * 0.2)
    assert spread_of(contrast, guard, 0.5) == pytest.approx(TOGETHER * 0.5)


def test_of_finalists_that_all_keep_everything_the_one_with_slack_goes_first_whatever_its_goal():
    bench = MadeBench()
    trials = []
    for number, (margin, lift) in enumerate([(-0.001, 0.9), (-0.3, 0.6), (-0.4, 0.7)]):
        measured = Measured(
            users=9, of=9, goals={"lift": lift, "coverage": 0.5}, held=(held(margin, 0.1),) * 2
        )
        trials.append(replace(whole(wanted=1).trials[0], number=number, state="complete", measured=measured))
    found = replace(study(bench), trials=tuple(trials))
    assert [one.number for one in finalists(found)] == [2, 1, 0]
    assert incumbent(found, found.trials).number == 2, "what is safest has to be beaten, too"
