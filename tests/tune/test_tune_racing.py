"""When a trial is stopped."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pytest_recsim.record.trial import Goal, Held, Measured, Trial
from pytest_recsim.tune.estimating import Estimate
from pytest_recsim.tune.racing import has_room, verdict

GOAL = Goal(metric="lift_ndcg", label="lift of NDCG@10")
LOWER = Goal(metric="lift_ndcg", label="lift of NDCG@10", better="lower")


def held(value=0.7, margin=-0.1):
    return Held(
        check="catalog_coverage",
        case="",
        label="catalogue_coverage@20",
        threshold=0.6,
        value=value,
        margin=margin,
    )


def measured(lift):
    return Measured(users=400, of=400, goals={"lift_ndcg": lift}, held=(held(),))


def kept(margin, error=0.01):
    return held(value=0.6 - margin, margin=margin), Estimate(0.6 - margin, error)


def test_a_trial_that_may_still_be_the_best_goes_on():
    assert verdict(0, [kept(-0.1)], GOAL, Estimate(0.52, 0.1), measured(lift=0.5)) == ""
    assert verdict(0, [kept(-0.1)], GOAL, Estimate(0.48, 0.1), measured(lift=0.5)) == ""


def test_one_that_is_surely_behind_the_best_is_stopped_with_both_figures():
    said = verdict(0, [kept(-0.1)], GOAL, Estimate(0.2, 0.1), measured(lift=0.5))
    assert said == "lift of NDCG@10 is estimated at 0.2, the best so far has 0.5"


def test_where_less_is_better_it_is_the_other_way_round():
    assert verdict(0, [], LOWER, Estimate(0.2, 0.1), measured(lift=0.5)) == ""
    assert "0.9" in verdict(0, [], LOWER, Estimate(0.9, 0.1), measured(lift=0.5))


def test_what_breaks_a_guardrail_by_far_is_stopped_also_where_nothing_is_to_be_beaten():
    said = verdict(0, [kept(-0.1), kept(0.05)], GOAL, Estimate(0.9, 0.1), None)
    assert said == "catalogue_coverage@20 is estimated at 0.55, which misses 0.6"


def test_a_guardrail_that_is_broken_within_what_chance_does_stops_nothing():
    assert verdict(0, [kept(0.005)], GOAL, Estimate(0.9, 0.1), None) == ""


@pytest.mark.parametrize("error", [0.01, 0.1])
def test_the_more_users_were_asked_the_sooner_a_trial_is_stopped(error):
    behind = [
        bool(verdict(rung, [], GOAL, Estimate(0.5 - 0.7 * error, error), measured(lift=0.5)))
        for rung in range(2)
    ]
    assert behind == sorted(behind)
    assert behind[-1]


def test_what_nobody_could_measure_stops_nothing():
    unknown = held(value=None, margin=None), Estimate(None)
    assert verdict(0, [unknown], GOAL, Estimate(None), measured(lift=0.5)) == ""
    assert verdict(0, [unknown], GOAL, Estimate(0.1, 0.01), measured(lift=None)) == ""


def short(missed):
    """What misses something, by so much."""
    return Measured(
        users=400, of=400, goals={"lift_ndcg": 0.5}, held=(held(value=0.6 - missed, margin=missed),)
    )


def test_while_nothing_keeps_everything_a_trial_goes_on_that_may_miss_less_than_the_best_whatever_its_goal():
    assert verdict(0, [kept(0.05)], GOAL, Estimate(-0.9, 0.1), short(0.2)) == ""
    said = verdict(1, [kept(0.3), kept(0.05)], GOAL, Estimate(0.9, 0.1), short(0.1))
    assert said == (
        "what has to hold is expected to be missed by 3.28 standard errors in all, by the best so far by 1.67"
    )


def test_what_holds_without_slack_is_beaten_by_more_slack_and_not_by_more_of_the_goal():
    safe, narrow = replace(held(margin=-0.4), spread=0.1), replace(held(margin=-0.01), spread=0.1)
    best = replace(measured(lift=0.5), held=(narrow, narrow))
    assert best.feasible
    assert verdict(1, [(safe, Estimate(1.0, 0.0))], GOAL, Estimate(0.1, 0.0), best) == ""
    assert "to hold is expected" in verdict(
        1, [(narrow, Estimate(0.6, 0.0))] * 4, GOAL, Estimate(0.9, 0.0), best
    )
    best = replace(best, held=(safe, safe))
    assert "the best so far has 0.5" in verdict(
        1, [(safe, Estimate(1.0, 0.0))], GOAL, Estimate(0.1, 0.0), best
    )


def test_the_more_users_the_nearer_a_trial_has_to_come():
    near = [kept(0.3, error=0.0), kept(0.05, error=0.0)]
    found = [bool(verdict(rung, near, GOAL, Estimate(0.9, 0.1), short(0.1))) for rung in range(2)]
    assert found == [False, True]


def trial(number, users):
    measured = Measured(users=users, of=400, goals={}, held=())
    return Trial(number=number, values={}, state="stopped", measured=measured)


def test_long_trials_stay_few_enough_that_the_median_is_a_short_one():
    explored = [trial(n, 100) for n in range(12)]
    assert not has_room(explored[:9], 12), "among those that explore, only what is clearly better is worth it"
    assert has_room(explored, 12)
    later = [trial(12 + n, 400) for n in range(12)]
    assert has_room([*explored, *later[:10]], 12), "11 of 23 are long then"
    assert not has_room([*explored, *later[:11]], 12), "12 of 24 would be"


@pytest.mark.parametrize("wanted", [13, 30, 60, 61, 200])
@pytest.mark.parametrize("exploring", [0, 12, 32])
def test_a_study_that_takes_every_room_there_is_has_a_short_median(wanted, exploring):
    told = []
    for number in range(wanted):
        told.append(trial(number, 400 if has_room(told, exploring) else 100))
    assert sorted(one.measured.users for one in told)[wanted // 2] == 100


def test_without_room_only_what_is_clearly_better_becomes_a_long_trial():
    near = [kept(0.1, error=0.0)]
    assert verdict(0, near, GOAL, Estimate(0.9, 0.1), short(0.1)) == ""
    assert verdict(0, near, GOAL, Estimate(0.9, 0.1), short(0.1), room=False)
    assert verdict(0, [kept(0.07)], GOAL, Estimate(0.9, 0.1), short(0.1), room=False) == ""
    assert verdict(1, near, GOAL, Estimate(0.9, 0.1), short(0.1), room=False) == "", (
        "it is a long one already"
    )
