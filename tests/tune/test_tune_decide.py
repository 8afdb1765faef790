"""Which trials go on, and when a winner is recommended: only where everything speaks for it."""

from __future__ import annotations

import pytest
from made_study import gain, measured, replace, study, suite, trial

from pytest_recsim.record.comparison import Difference
from pytest_recsim.record.trial import Goal
from pytest_recsim.tune.decide import decide, finalists, gains_of, optimism_of, per_user

GOAL = Goal(metric="lift_ndcg", label="lift of NDCG@10")
GAINS = (gain(0.02), gain(0.01, "new_users"), gain(-0.004, "power_users", low=-0.02, high=0.01))


def numbers(*trials, **more):
    return [one.number for one in finalists(study(trials=trials, start=measured(0.48), **more))]


def own(number, lift, **more):
    """A trial with knobs of its own."""
    return trial(number, lift, values={"PROFILE_BOOST": str(number)}, **more)


def test_the_best_three_by_the_first_goal_go_on():
    assert numbers(*(own(number, lift) for number, lift in enumerate((0.5, 0.9, 0.6, 0.7)))) == [1, 3, 2]


def test_less_wins_where_the_goal_says_so():
    goals = (replace(GOAL, better="lower"),)
    assert numbers(*(own(number, lift) for number, lift in enumerate((0.4, 0.9, 0.3))), goals=goals) == [2, 0]


def test_nobody_goes_on_who_breaks_something_was_stopped_or_is_no_better_than_the_start():
    bad = own(0, 0.9, coverage=0.5)
    stopped = own(1, 0.9, state="stopped")
    equal = own(2, 0.48)
    unmeasured = own(3, 0.9, measured=replace(measured(0.9), held=()))
    failed = own(4, 0.9, state="failed", measured=None)
    assert numbers(bad, stopped, equal, unmeasured, failed) == []


def test_change_needs_a_ready_winner_an_interval_above_nothing_and_no_harm():
    decision, sentence = decide(GOAL, suite("17"), GAINS, 0.05)
    assert decision == "change"
    assert "trial 17 is better by lift of NDCG@10" in sentence


@pytest.mark.parametrize(
    ("winner", "gains", "words"),
    [
        (suite("17", ready=False), GAINS, "trial 17 does not pass the whole suite on the verdict slice (S4)"),
        (suite("17"), (gain(0.02, low=-0.001),), "cannot be told from chance"),
        (suite("17"), (gain(0.02, low=0.0),), "cannot be told from chance"),
        (suite("17"), (gain(0.02, low=None, high=None),), "no paired interval"),
        (suite("17"), (gain(0.02, metric="mrr"),), "no paired interval"),
        (suite("17"), (), "no paired interval"),
        (suite("17"), (gain(0.02), gain(-0.006, "new_users")), "segment new_users loses 6.0% of ndcg, more than the 5.0%"),
        (suite("17"), (gain(0.02), gain(-0.006, "new_users", low=None, high=None)), "segment new_users loses"),
        (suite("17"), (gain(0.02), gain(-0.006, "new_users", before=0.0)), "segment new_users loses 0.0060"),
    ],
)  # fmt: skip
def test_everything_else_keeps_the_profile_and_says_why(winner, gains, words):
    decision, sentence = decide(GOAL, winner, gains, 0.05)
    assert decision == "keep"
    assert words in sentence
    assert sentence.startswith("Keep the starting profile")


def test_where_less_is_better_the_interval_has_to_lie_below_nothing():
    goal = Goal(metric="intra_list_similarity", label="similarity", better="lower")
    fall = gain(-0.02, metric=goal.metric, low=-0.03, high=-0.01)
    assert decide(goal, suite("1"), (fall,), 0.05)[0] == "change"
    rise = gain(0.02, metric=goal.metric, low=0.01, high=0.03)
    assert decide(goal, suite("1"), (rise,), 0.05)[0] == "keep"
    worse = gain(0.02, "vip", metric=goal.metric)
    assert decide(goal, suite("1"), (fall, worse), 0.05)[0] == "keep"


def test_a_segment_may_not_lose_ndcg_whatever_the_goal_is():
    goal = Goal(metric="map", label="MAP@10")
    gains = (gain(0.02, metric="map"), gain(-0.006, "new_users"))
    assert decide(goal, suite("1"), gains, 0.05)[0] == "keep"
    assert decide(goal, suite("1"), gains, 0.1)[0] == "change"


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("segment_lift_ndcg", "ndcg"),
        ("lift_ndcg", "ndcg"),
        ("lift_mrr", "mrr"),
        ("map", "map"),
        ("own", "own"),
    ],
)
def test_a_lift_stands_for_the_mean_that_it_is_made_of(metric, name):
    assert per_user(Goal(metric=metric, label="")) == name


def row(metric, segment="", **more):
    facts = {
        "n": 40,
        "outcome": "better",
        "before": 0.1,
        "now": 0.2,
        "difference": 0.1,
        "low": 0.05,
        "high": 0.15,
    }
    return Difference(metric=metric, label=metric, segment=segment, better_when="higher", **facts | more)


class Compared:
    """As much of a comparison as gains are read from."""

    def __init__(self, *differences):
        self.differences = differences


def test_gains_are_of_the_goals_by_segment_and_of_everything_else_over_everybody():
    found = gains_of(
        Compared(
            row("recall"), row("recall", "vip"), row("catalog_coverage", low=None, high=None),
            row("mrr", "vip"), row("ndcg"), row("ndcg", "vip", low=None, high=None),
            row("ndcg", "few", difference=None, low=None, high=None),
        ),
        [GOAL],
    )  # fmt: skip
    assert [(one.metric, one.segment) for one in found] == [
        ("ndcg", ""),
        ("ndcg", "vip"),
        ("mrr", "vip"),
        ("recall", ""),
    ]


def test_what_was_promised_stands_beside_what_is_shown_also_where_one_is_missing():
    one = trial(1, measured=replace(measured(), gains=(gain(0.03), gain(0.02, "vip"))))
    found = {(row.metric, row.segment): (row.promised, row.shown) for row in optimism_of([GOAL], one, GAINS)}
    assert found["ndcg", ""] == (0.03, 0.02)
    assert found["ndcg", "vip"] == (0.02, None)
    assert found["ndcg", "new_users"] == (None, 0.01)
