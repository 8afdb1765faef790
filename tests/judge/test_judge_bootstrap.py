"""The paired bootstrap: deterministic, sane at the edges, and as sure as it says."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from pytest_recsim.judge import bootstrap
from pytest_recsim.judge.bootstrap import ENDS_HOLD, MOST_RESAMPLES, WEIGHT_TABLE_COUNTS, bootstrap_lift
from pytest_recsim.judge.holm import holm_levels, resamples_for


def one(values, baseline, seed=1, resamples=1000):
    return bootstrap_lift(np.asarray(values)[:, None], np.asarray(baseline)[:, None], seed, resamples)[0]


def plain_sums(x, gap, seed, resamples):
    source, step, total = np.random.SFC64(seed), bootstrap.BLOCK_WEIGHTS // resamples, 0.0
    table = np.repeat(np.arange(6, dtype=np.float32), WEIGHT_TABLE_COUNTS)
    for start in range(0, len(x), step):
        a, b = x[start : start + step], gap[start : start + step]
        drawn = source.random_raw(-(-resamples * len(a) // 8)).view(np.uint8)[: resamples * len(a)]
        block = np.concatenate([a, b, a * a, a * b, b * b], axis=1)
        total = total + (table[drawn].reshape(resamples, len(a)) @ block).astype(np.float64)
    return total.reshape(resamples, 5, -1)


def world(rng, users, base_rate, rate, together):
    """Per-user metric values: a hit or not (correlated between the two lists), and reciprocal ranks for hits."""
    shared = rng.random(users)
    own = rng.random(users)
    coupled = rng.random(users) < together
    base_hit = shared < base_rate
    hit = np.where(coupled, shared, own) < rate
    return hit / rng.integers(1, 11, users), base_hit / rng.integers(1, 11, users)


def coverage(worlds, runs, seed):
    """Share of intervals that contain the true lift, given that the enough-data rule holds."""
    rng = np.random.default_rng(seed)
    inside = []
    for users, base_rate, rate, together in worlds:
        done = 0
        while done < runs:
            values, baseline = world(rng, users, base_rate, rate, together)
            if np.count_nonzero(baseline) < 10:
                continue
            draws = one(values, baseline, seed=done)
            inside.append(draws.low <= rate / base_rate - 1 <= draws.high)
            done += 1
    return np.mean(np.reshape(inside, (len(worlds), runs)), axis=1)


def test_same_seed_same_answer_other_seed_another():
    values, baseline = world(np.random.default_rng(3), 200, 0.3, 0.4, 0.5)
    first, again, other = one(values, baseline, 7), one(values, baseline, 7), one(values, baseline, 8)
    assert np.array_equal(first.draws, again.draws)
    assert (first.low, first.high) == (again.low, again.high)
    assert not np.array_equal(first.draws, other.draws)


def test_columns_share_the_weights_and_do_not_influence_each_other():
    values, baseline = world(np.random.default_rng(4), 150, 0.4, 0.5, 0.3)
    double = bootstrap_lift(np.stack([values, values**2], 1), np.stack([baseline, baseline**2], 1), 5)
    assert double[0].low == pytest.approx(one(values, baseline, 5).low, abs=1e-5)
    assert double[1].lift == pytest.approx((values**2).mean() / (baseline**2).mean() - 1)


def test_the_point_estimate_is_the_ratio_of_means_and_lies_in_the_interval():
    values, baseline = world(np.random.default_rng(5), 100, 0.3, 0.5, 0.5)
    draws = one(values, baseline)
    assert draws.lift == pytest.approx(values.mean() / baseline.mean() - 1)
    assert draws.low < draws.lift < draws.high


@pytest.mark.parametrize("factor", [1.0, 2.0, 3.0])
def test_proportional_lists_have_an_interval_of_no_width(factor):
    _, baseline = world(np.random.default_rng(6), 60, 0.5, 0.5, 0.5)
    draws = one(baseline * factor, baseline)
    assert draws.lift == pytest.approx(factor - 1)
    assert draws.low == pytest.approx(factor - 1, abs=1e-6)
    assert draws.high == pytest.approx(factor - 1, abs=1e-6)


def test_nearly_equal_lists_keep_a_sound_interval_in_single_precision():
    """One user in 20,000 differs: x - y would vanish in float32 if the sums were formed first."""
    baseline = np.ones(20_000)
    values = baseline.copy()
    values[:40] = 2.0
    draws = one(values, baseline)
    by_hand = math.sqrt(40) / 20_000
    assert draws.lift == pytest.approx(0.002)
    assert (draws.high - draws.low) / 2 == pytest.approx(1.96 * by_hand, rel=0.2)


def test_a_service_that_never_hits_is_minus_one_with_a_finite_upper_bound():
    baseline = np.r_[np.ones(12), np.zeros(28)]
    draws = one(np.zeros(40), baseline)
    assert draws.lift == -1
    assert draws.low == -1
    assert -1 < draws.high < 0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.5])
def test_values_that_are_no_metric_are_refused(bad):
    with pytest.raises(ValueError, match="finite and not negative"):
        one([bad, 0.5], [0.5, 0.5])
    with pytest.raises(ValueError, match="finite and not negative"):
        one([0.5, 0.5], [bad, 0.5])


def test_a_baseline_of_zeros_is_refused():
    with pytest.raises(ValueError, match="zero for everybody"):
        one([0.5, 0.5], [0.0, 0.0])


def test_large_samples_agree_with_the_normal_approximation():
    values, baseline = world(np.random.default_rng(8), 20_000, 0.3, 0.4, 0.5)
    draws = one(values, baseline)
    influence = values / values.mean() - baseline / baseline.mean()
    error = influence.std() / math.sqrt(len(values))
    ratio = values.mean() / baseline.mean()
    assert draws.low == pytest.approx(ratio * math.exp(-1.96 * error) - 1, abs=0.2 * error)
    assert draws.high == pytest.approx(ratio * math.exp(1.96 * error) - 1, abs=0.2 * error)


def test_more_users_narrow_the_interval():
    rng = np.random.default_rng(9)
    few, many = (one(*world(rng, users, 0.4, 0.5, 0.5)) for users in (100, 10_000))
    assert many.high - many.low < (few.high - few.low) / 5


def test_an_error_that_rests_on_few_users_is_widened():
    """As many users and hits and the same spread of the gaps; once from all users, once mostly from two."""
    baseline = np.ones(200)
    many, few = np.tile([0.95, 1.05], 100), np.ones(200)
    few[:2] = 1 + math.sqrt(many.var() * 100) * np.array([-1, 1])
    widened, usual = one(few, baseline), one(many, baseline)
    assert few.var() == pytest.approx(many.var())
    assert usual.error == pytest.approx(many.std() / math.sqrt(200), rel=0.01)
    assert widened.error == pytest.approx(usual.error * math.sqrt(1 + 1.5 / 2), rel=0.01)


@pytest.mark.parametrize("tail", [0.025, 0.01, 0.0025, 0.001])
def test_the_p_value_is_within_the_level_exactly_when_the_upper_bound_is_below(tail):
    draws = one(*world(np.random.default_rng(10), 80, 0.4, 0.4, 0.5))
    for threshold in np.linspace(-0.99, 4, 200):
        assert (draws.p_reaches(threshold) <= tail) == (draws.upper(tail) < threshold)


def test_the_p_value_falls_with_the_threshold_and_is_one_up_to_the_lift():
    draws = one(*world(np.random.default_rng(11), 80, 0.4, 0.4, 0.5))
    p_values = [draws.p_reaches(threshold) for threshold in np.linspace(-1.5, 5, 100)]
    assert p_values == sorted(p_values, reverse=True)
    assert draws.p_reaches(draws.lift) == 1
    assert p_values[-1] == 1 / 1001


def test_too_few_resamples_give_no_bound_at_a_strict_level():
    draws = one(*world(np.random.default_rng(12), 80, 0.4, 0.4, 0.5), resamples=100)
    assert draws.upper(0.001) == math.inf
    assert draws.lower(0.001) == -1


def test_share_below_is_the_position_of_the_threshold_in_the_interval():
    draws = one(*world(np.random.default_rng(13), 300, 0.4, 0.5, 0.5))
    assert draws.share_below(draws.low) == pytest.approx(0.025, abs=0.003)
    assert draws.share_below(draws.high) == pytest.approx(0.975, abs=0.003)
    assert draws.share_below(-1) == 0


def drawn(users, resamples=1000, ends_hold=math.inf, seeds=range(1)):
    values, baseline = (side[:, None] for side in world(np.random.default_rng(31), users, 0.4, 0.5, 0.5))
    return [bootstrap_lift(values, baseline, seed, resamples, ends_hold)[0] for seed in seeds]


def test_the_error_of_the_ends_is_what_other_resamples_move_them_by():
    found = drawn(300, seeds=range(200))
    strays = max(np.std([one.low for one in found]), np.std([one.high for one in found]))
    assert np.median([one.ends_error for one in found]) == pytest.approx(strays, rel=0.2)


@pytest.mark.parametrize("users", [pytest.param(300, marks=pytest.mark.long), 3000])
def test_resampling_goes_on_until_the_decimals_that_are_shown_hold(users):
    found = drawn(users, ends_hold=ENDS_HOLD, seeds=range(30))
    for end in ("low", "high"):
        assert np.std([getattr(one, end) for one in found]) <= 1.2 * ENDS_HOLD
    assert 1000 < len(found[0].draws) < MOST_RESAMPLES


def test_resampling_ends_somewhere_and_the_error_that_is_left_is_known():
    (one,) = drawn(25, ends_hold=1e-6)
    assert len(one.draws) == MOST_RESAMPLES
    assert one.ends_error > 1e-6


def test_too_few_resamples_leave_the_error_of_the_ends_unknown():
    assert math.isinf(drawn(100, resamples=50)[0].ends_error)


def test_the_weight_table_is_a_poisson_in_its_first_three_moments():
    counts = np.array(WEIGHT_TABLE_COUNTS)
    weights = np.arange(len(counts))
    assert counts.sum() == 256
    assert counts @ weights == 256
    assert counts @ (weights - 1) ** 2 == 256
    assert counts @ (weights - 1) ** 3 / 256 == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("users", "resamples"), [(30, 9), (7, 999), (2100, 1000), (700, 4000)])
def test_the_draws_are_those_of_weights_drawn_and_of_metrics_studentised_all_at_once(users, resamples):
    """The formula as it was written first, to the last digit."""
    rng = np.random.default_rng(users)
    values, baseline = rng.random((2, users, 3)) * (rng.random((2, users, 3)) < 0.4) + 1e-9
    x = values / (
        values.sum(axis=0) + (half := np.stack([values.mean(axis=0), baseline.mean(axis=0)]) / 2)[0]
    )
    gap = x - baseline / (baseline.sum(axis=0) + half[1])
    sums = plain_sums(x.astype(np.float32), gap.astype(np.float32), users, resamples)
    share = half / (np.stack([values.sum(axis=0), baseline.sum(axis=0)]) + half)
    upper, change = sums[:, 0] + share[0], sums[:, 1] + share[0] - share[1]
    slope = change / upper
    spread = np.maximum(sums[:, 4] - 2 * slope * sums[:, 3] + slope * slope * sums[:, 2], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = np.sort(-np.log1p(-slope) / (np.sqrt(spread) / (upper - change)), axis=0)
    found = bootstrap_lift(values, baseline, users, resamples)
    assert [one.draws.tobytes() for one in found] == [column.tobytes() for column in plain.T]


def test_many_resamples_hold_their_sums_once_beside_one_block_of_weights():
    values, baseline = np.random.default_rng(1).random((2, 2000, 10))
    resamples = 16_000
    tracemalloc.start()
    bootstrap_lift(values, baseline, resamples=resamples)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    sums, product, weights = resamples * 50 * 8, resamples * 50 * 4, bootstrap.BLOCK_WEIGHTS * 4
    assert most < sums + product + weights + 2e6


def test_holm_rejects_step_by_step_and_stops():
    p_values = [0.0049, 0.02, 0.001, 0.9, 0.0091]
    levels = holm_levels(p_values, alpha=0.025)
    rejected = [p <= level for p, level in zip(p_values, levels, strict=True)]
    assert rejected == [True, False, True, False, False]
    assert levels[2] == pytest.approx(0.005)
    assert levels[0] == pytest.approx(0.00625)
    assert levels[4] == levels[1] == levels[3] == pytest.approx(0.025 / 3)


def test_holm_does_not_step_over_a_kept_check():
    """0.024 alone would pass 0.025, but the smaller one has stopped the procedure."""
    assert [p <= level for p, level in zip([0.02, 0.024], holm_levels([0.02, 0.024]), strict=True)] == [
        False
    ] * 2


def test_holm_of_one_check_is_the_level_itself_and_of_none_is_empty():
    assert holm_levels([0.5]).tolist() == [0.025]
    assert len(holm_levels([])) == 0


@pytest.mark.parametrize("family", [1, 12, 13, 100])
def test_enough_resamples_make_the_strictest_level_reachable(family):
    assert 1 / (resamples_for(family) + 1) <= 0.025 / family
    assert resamples_for(family) >= 1000


QUICK = [(40, 0.5, 0.5, 0.5), (60, 0.4, 0.6, 0.2), (120, 0.25, 0.2, 0.5)]
THOROUGH = [
    (users, base_rate, base_rate * factor, together)
    for users, base_rate in ((40, 0.4), (80, 0.25), (200, 0.15), (600, 0.3))
    for factor in (0.7, 1.0, 1.6)
    for together in (0.0, 0.7)
]


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    assert coverage(QUICK, 200, seed=21).mean() == pytest.approx(0.95, abs=0.03)


@pytest.mark.long
def test_the_interval_covers_the_truth_in_93_to_97_percent_of_many_worlds():
    shares = coverage(THOROUGH, 1000, seed=22)
    assert 0.94 <= shares.mean() <= 0.965
    assert shares.min() >= 0.92  # 0.93 less the noise of 1,000 runs
    assert shares.max() <= 0.98
