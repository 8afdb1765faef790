"""The judge and numbers that are none: NaN, infinity, nothing. None of them passes, under any rule."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pytest_recsim.judge.lift import Lift, LiftRules, measure_lifts
from pytest_recsim.judge.verdict import Outcome, judge_lift, judge_lifts, judge_threshold

RULES = ("point", "confident", "harmful")
NO_NUMBER = st.sampled_from([None, math.nan, math.inf, -math.inf])
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
SHORT = LiftRules(resamples=60, ends_hold=math.inf)
METRIC = st.one_of(st.sampled_from([0.0, math.nan]), st.floats(1e-6, 1))  # no list of 20 gives less, except 0


def columns(users):
    return st.tuples(arrays(float, (users, 2), elements=METRIC), arrays(float, (users, 2), elements=METRIC))


@given(NO_NUMBER, NUMBER, st.sampled_from(["min", "max"]), st.integers(0, 10**6))
def test_no_number_is_not_measured_against_any_threshold(value, threshold, direction, n):
    verdict = judge_threshold(value, threshold, direction, n, what="x")
    assert (verdict.outcome, verdict.got) == (Outcome.NOT_MEASURED, None)
    assert verdict.sentence.startswith("not measured: x: ")


@given(NUMBER, NUMBER, st.sampled_from(["min", "max"]))
def test_a_number_passes_only_on_the_right_side_of_its_threshold(value, threshold, direction):
    miss = threshold - value if direction == "min" else value - threshold
    passed = judge_threshold(value, threshold, direction, 5, what="x").outcome is Outcome.PASSED
    assert passed == (miss <= 1e-12)


@given(st.one_of(NUMBER, NO_NUMBER), NUMBER, st.text(max_size=5))
def test_a_reason_never_passes(value, threshold, reason):
    verdict = judge_threshold(value, threshold, "min", 5, what="x", reason=reason)
    assert verdict.outcome is Outcome.NOT_MEASURED


@given(NO_NUMBER, st.one_of(NO_NUMBER, NUMBER), st.one_of(NO_NUMBER, NUMBER), NUMBER)
def test_a_lift_that_is_no_number_is_not_measured_under_any_rule(value, low, high, threshold):
    lift = Lift("s", "mrr", 40, 20, 0.1, 0.1, 0.0, lift=value, low=low, high=high)
    assert {judge_lift(lift, threshold, rule).outcome for rule in RULES} == {Outcome.NOT_MEASURED}


@given(st.sampled_from([math.nan, math.inf, -math.inf]), st.sampled_from(RULES))
def test_a_threshold_that_is_no_number_is_refused(threshold, rule):
    with pytest.raises(ValueError, match="not a finite number"):
        judge_lift(Lift("s", "mrr", 40, 20, 0.1, 0.1, 0.0), threshold, rule)


@given(st.integers(0, 60).flatmap(columns), st.floats(-1, 2))
def test_only_enough_data_is_ever_measured_and_what_is_measured_has_a_number(sides, threshold):
    """Whole way, from the metric values of any users to the verdicts of a family."""
    missing = np.isnan(sides[0]) | np.isnan(sides[1])  # a user without relevant items is NaN for both lists
    values, baseline = (np.where(missing, np.nan, side) for side in sides)
    lifts = measure_lifts("s", ["ndcg", "mrr"], values, baseline, SHORT)
    for rule in RULES:
        for lift, verdict in zip(lifts, judge_lifts(lifts, [threshold] * 2, rule), strict=True):
            enough = lift.n_users >= 20 and lift.n_baseline_hits >= 10
            assert (verdict.outcome is not Outcome.NOT_MEASURED) == enough
            assert enough or verdict.got is None
            if enough:
                assert math.isfinite(verdict.got)
                assert lift.low <= lift.lift <= (math.inf if lift.high is None else lift.high)
