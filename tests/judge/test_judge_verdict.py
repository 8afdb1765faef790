"""Lifts, thresholds and verdicts: what counts as measured, and what can never pass."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.judge.lift import Lift, LiftRules, measure_lift, measure_lifts, users_needed
from pytest_recsim.judge.verdict import (
    Outcome,
    borderline,
    judge_lift,
    judge_lifts,
    judge_threshold,
    users_to_tell,
)


def values(users, hits, size=0.5, missing=0):
    return np.r_[np.full(hits, size), np.zeros(users - hits), np.full(missing, np.nan)]


def noisy(users, hits, seed, size=1.0):
    rng = np.random.default_rng(seed)
    column = np.zeros(users)
    column[rng.permutation(users)[:hits]] = size * rng.uniform(0.2, 1, hits)
    return column


def lift_of(users=100, hits=50, base_hits=40, seed=1):
    return measure_lift("regulars", "ndcg", noisy(users, hits, seed), noisy(users, base_hits, seed + 1))


def test_a_lift_is_the_ratio_of_the_means_of_measured_users():
    lift = measure_lift("new_users", "ndcg", values(40, 30, missing=5), values(40, 20, missing=5))
    assert (lift.n_users, lift.n_baseline_hits) == (40, 20)
    assert lift.lift == pytest.approx(0.5)
    assert lift.difference == pytest.approx(0.125)
    assert lift.low < 0.5 < lift.high
    assert lift.reason is None
    assert lift.users_needed is None


@pytest.mark.parametrize(
    ("users", "base_hits", "reason", "needed"),
    [
        (19, 10, "19 users with a relevant item, at least 20 are needed", 20),
        (19, 2, "19 users with a relevant item, at least 20 are needed", 95),
        (40, 9, "the baseline hits for 9 of 40 users, at least 10 are needed", 45),
        (30, 0, "the baseline hits for 0 of 30 users, at least 10 are needed", 100),
        (0, 0, "0 users with a relevant item, at least 20 are needed", None),
    ],
)
def test_too_little_data_is_not_measured_and_says_how_much_would_do(users, base_hits, reason, needed):
    lift = measure_lift(
        "s", "mrr", values(users, min(users, 8), missing=3), values(users, base_hits, missing=3)
    )
    assert (lift.lift, lift.low, lift.high) == (None, None, None)
    assert lift.reason == reason
    assert lift.users_needed == needed
    assert (lift.mean is None) == (users == 0)
    verdict = judge_lift(lift, 0.1)
    assert verdict.outcome is Outcome.NOT_MEASURED
    assert verdict.got is None
    assert verdict.sentence.startswith("not measured: mrr lift over popularity, segment s: ")
    assert reason in verdict.sentence
    if users:
        assert "difference" in verdict.sentence
        assert f"{needed} users would do" in verdict.sentence


def test_just_enough_data_is_measured():
    assert measure_lift("s", "mrr", values(20, 12), values(20, 10)).lift == pytest.approx(0.2)


def test_a_rule_of_no_hits_still_cannot_divide_by_zero():
    rules = LiftRules(min_segment_users=1, min_baseline_hits=0)
    lift = measure_lift("s", "mrr", values(5, 2), values(5, 0), rules)
    assert lift.lift is None
    assert lift.reason == "the baseline hits for nobody, so there is no ratio"


@given(st.integers(1, 500), st.integers(0, 500))
def test_the_estimate_would_be_enough_at_the_observed_rate(users, hits):
    hits = min(hits, users)
    needed = users_needed(users, hits, LiftRules())
    assert needed >= 20
    if hits:
        assert needed * hits / users >= 10 - 1e-6


def test_columns_with_other_users_are_measured_by_themselves():
    full, part = noisy(80, 50, 1), noisy(80, 50, 2)
    part_base = noisy(80, 40, 3)
    part[:30] = part_base[:30] = np.nan
    both = measure_lifts(
        "s",
        ["all", "unseen"],
        np.stack([full, part], 1),
        np.stack([noisy(80, 40, 4), part_base], 1),
        LiftRules(),
    )
    assert [lift.n_users for lift in both] == [80, 50]
    alone = measure_lift("s", "unseen", part, part_base)
    assert (both[1].low, both[1].high) == (alone.low, alone.high)
    assert both[1].lift == pytest.approx(np.nanmean(part) / np.nanmean(part_base) - 1)


def test_the_same_seed_gives_the_same_interval():
    assert lift_of() == lift_of()


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("direction", ["min", "max"])
def test_what_is_no_number_never_passes(value, direction):
    verdict = judge_threshold(value, 0.0, direction, 10, what="coverage")
    assert verdict.outcome is Outcome.NOT_MEASURED
    assert verdict.got is None
    assert verdict.sentence.startswith("not measured: coverage: ")


@pytest.mark.parametrize(
    ("value", "threshold", "direction", "outcome"),
    [
        (0.6, 0.6, "min", Outcome.PASSED),
        (0.1 + 0.2 + 0.3 - 0.6 + 0.3, 0.3, "max", Outcome.PASSED),
        (1 - 0.4 - 0.4, 0.2, "min", Outcome.PASSED),
        (0.599, 0.6, "min", Outcome.FAILED),
        (0.7, 0.6, "max", Outcome.FAILED),
        (0.0, 0.0, "max", Outcome.PASSED),
    ],
)
def test_a_threshold_is_met_when_it_is_reached(value, threshold, direction, outcome):
    assert judge_threshold(value, threshold, direction, 10, what="x").outcome is outcome


def test_a_failure_says_expected_got_and_for_whom():
    verdict = judge_threshold(0.5512, 0.6, "min", 400, what="catalogue coverage@20")
    assert verdict.sentence == "catalogue coverage@20: expected at least 0.6, got 0.5512 (400 users)"


def test_a_reason_wins_over_a_value():
    verdict = judge_threshold(0.9, 0.6, "min", 3, what="coverage", reason="too few slots")
    assert verdict.outcome is Outcome.NOT_MEASURED
    assert verdict.sentence == "not measured: coverage: too few slots"


@pytest.mark.parametrize("threshold", [math.nan, math.inf])
def test_a_threshold_that_is_no_number_is_a_mistake_of_the_caller(threshold):
    with pytest.raises(ValueError, match="not a finite number"):
        judge_threshold(0.5, threshold, "min", 10, what="x")
    with pytest.raises(ValueError, match="not a finite number"):
        judge_lift(lift_of(), threshold)


def test_the_three_rules_look_at_three_numbers():
    lift = lift_of()
    below, inside, above = lift.low - 0.01, (lift.low + lift.lift) / 2, lift.high + 0.5
    outcomes = {
        rule: [judge_lift(lift, threshold, rule).outcome.value for threshold in (below, inside, above)]
        for rule in ("point", "confident", "harmful")
    }
    assert outcomes == {
        "point": ["passed", "passed", "failed"],
        "confident": ["passed", "failed", "failed"],
        "harmful": ["passed", "passed", "failed"],
    }
    between = (lift.lift + lift.high) / 2
    assert judge_lift(lift, between, "point").outcome is Outcome.FAILED
    assert judge_lift(lift, between, "harmful").outcome is Outcome.PASSED


def test_borderline_is_a_threshold_inside_the_interval():
    lift = lift_of()
    assert [borderline(lift, x) for x in (lift.low - 0.01, lift.low, lift.high, lift.high + 0.01)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert "; borderline: " in judge_lift(lift, (lift.low + lift.lift) / 2).sentence
    clear = judge_lift(lift, lift.low - 1)
    assert (clear.borderline, clear.users_needed) == (False, None)
    assert "borderline" not in clear.sentence


@pytest.mark.parametrize("side", ["low", "high"])
def test_a_borderline_lift_says_how_many_users_would_tell(side):
    """The interval shrinks with the root of the users: a threshold halfway to its end needs four times as many."""
    lift = lift_of()
    halfway = math.sqrt((1 + lift.lift) * (1 + getattr(lift, side))) - 1
    verdict = judge_lift(lift, halfway)
    assert verdict.borderline
    assert verdict.users_needed == pytest.approx(4 * lift.n_users, abs=10)
    assert verdict.users_needed >= 400
    assert verdict.sentence.endswith(f"; borderline: about {verdict.users_needed} users are needed to decide")


def test_that_many_users_of_the_same_kind_do_tell():
    values, baseline = noisy(100, 50, 1), noisy(100, 40, 2)
    threshold = 0.1
    lift = measure_lift("s", "ndcg", values, baseline)
    assert borderline(lift, threshold)
    times = math.ceil(users_to_tell(lift, threshold) / 100)
    more = measure_lift("s", "ndcg", np.tile(values, 2 * times), np.tile(baseline, 2 * times))
    fewer = measure_lift(
        "s", "ndcg", np.tile(values, max(1, times // 2)), np.tile(baseline, max(1, times // 2))
    )
    assert borderline(fewer, threshold)
    assert not borderline(more, threshold)


def test_a_lift_that_equals_its_threshold_is_beyond_any_number_of_users():
    lift = lift_of()
    assert users_to_tell(lift, lift.lift) is None
    assert judge_lift(lift, lift.lift).sentence.endswith(
        "; borderline: no realistic number of users would decide it"
    )


def test_without_an_upper_end_the_lower_one_gives_the_estimate():
    endless = Lift("s", "mrr", 40, 12, 0.1, 0.1, 0.0, lift=0.0, low=-0.5, high=None)
    assert users_to_tell(endless, 1.0) == 41
    assert users_to_tell(endless, math.sqrt(2) - 1) == 160


@given(
    st.floats(-1, 50),
    st.floats(0, 1),
    st.one_of(st.none(), st.floats(0, 100)),
    st.floats(-1.5, 100),
    st.integers(20, 10**6),
)
def test_the_estimate_is_a_sane_number_or_none(value, below, above, threshold, users):
    low = max(-1.0, value - below)
    high = None if above is None else value + above
    lift = Lift("s", "mrr", users, users, 0.1, 0.1, 0.0, lift=value, low=low, high=high)
    needed = users_to_tell(lift, threshold)
    assert needed is None or users < needed <= 1_100_000


def test_no_upper_bound_is_borderline_for_any_threshold_above():
    lift = Lift("s", "mrr", 40, 12, 0.1, 0.1, 0.0, lift=0.0, low=-0.5, high=None)
    assert borderline(lift, 1e9)
    assert not borderline(Lift("s", "mrr", 4, 1, 0.1, 0.1, 0.0, reason="too few"), 0.1)


def test_a_lift_with_a_reason_or_a_broken_value_never_passes():
    for broken in (None, math.nan, math.inf):
        lift = Lift("s", "mrr", 40, 12, 0.1, 0.1, 0.0, lift=broken, low=0.5, high=1.0)
        for rule in ("point", "confident", "harmful"):
            assert judge_lift(lift, -5, rule).outcome is Outcome.NOT_MEASURED


def test_harmful_is_milder_in_a_family_than_alone():
    """A threshold just above the 95 % bound: enough for one check, not for one of thirty harmless ones."""
    suspect = lift_of(seed=5)
    threshold = suspect.high + 0.01
    harmless = [lift_of(seed=seed) for seed in range(10, 39)]
    thresholds = [threshold] + [-0.9] * len(harmless)
    assert judge_lifts([suspect], [threshold], "harmful")[0].outcome is Outcome.FAILED
    family = judge_lifts([suspect, *harmless], thresholds, "harmful")
    assert family[0].outcome is Outcome.PASSED
    assert all(verdict.outcome is Outcome.PASSED for verdict in family[1:])


def test_harmful_still_finds_what_is_clearly_below_in_a_family():
    poor = measure_lift("poor", "ndcg", noisy(200, 20, 1), noisy(200, 120, 2))
    family = judge_lifts([poor, *(lift_of(seed=s) for s in range(9))], [0.1] + [-0.9] * 9, "harmful")
    assert [v.outcome for v in family].count(Outcome.FAILED) == 1
    assert family[0].outcome is Outcome.FAILED
    assert "adjusted for the number of checks" in family[0].sentence


def test_unmeasured_lifts_do_not_enlarge_the_family():
    suspect = lift_of(seed=5)
    unmeasured = measure_lift("tiny", "ndcg", values(5, 2), values(5, 1))
    threshold = suspect.high + 0.01
    verdicts = judge_lifts([suspect] + [unmeasured] * 20, [threshold] * 21, "harmful")
    assert verdicts[0].outcome is Outcome.FAILED
    assert {verdict.outcome for verdict in verdicts[1:]} == {Outcome.NOT_MEASURED}


def test_the_sentence_of_a_lift_has_everything_a_reader_needs():
    lift = lift_of()
    sentence = judge_lift(lift, 5).sentence
    assert sentence == (
        f"ndcg lift over popularity, segment regulars: expected at least +5, got {lift.lift:+.4g} "
        f"(95 % interval {lift.low:+.2f} to {lift.high:+.2f}, 100 users)"
    )


def test_ends_that_hold_to_fewer_decimals_than_are_shown_say_so():
    rough = replace(lift_of(), ends_error=0.02)
    assert ", ends +-0.02 by resampling, 100 users" in judge_lift(rough, 5).sentence
