"""Laws that every metric obeys whatever the data: ranges, permutations, monotony, and the definitions written out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.judge.baseline import (
    baseline_lists,
    latest_distinct,
    popularity_order,
    popularity_scores,
    user_items,
)
from pytest_recsim.judge.bootstrap import bootstrap_lift
from pytest_recsim.judge.catalogue import catalogue_coverage, gini, head_items, long_tail_share, novelty
from pytest_recsim.judge.holm import holm_levels
from pytest_recsim.judge.lift import LiftRules, measure_lift
from pytest_recsim.judge.relevance import GRADE_CAP, build_relevance
from pytest_recsim.judge.similarity import intra_list_similarity, pack_tags
from pytest_recsim.judge.verdict import Outcome, judge_lift, judge_threshold

ITEMS = 12
ROW = st.lists(st.integers(0, ITEMS - 1), unique=True, max_size=10)
ROWS = st.lists(ROW, min_size=1, max_size=6)
MASK = st.lists(st.booleans(), min_size=ITEMS, max_size=ITEMS).map(np.array)
COUNTS = st.lists(st.integers(0, 50), min_size=ITEMS, max_size=ITEMS).map(np.array)
TAGS = st.lists(st.frozensets(st.integers(0, 5), max_size=4), min_size=ITEMS, max_size=ITEMS)
NAMES = st.permutations(range(ITEMS)).map(np.array)
GAIN = st.sampled_from([0.0, 0.0, 0.1, 0.25, 0.5, 1.0])
SAMPLE = st.lists(st.tuples(GAIN, GAIN), min_size=25, max_size=60).map(np.array)
FEW_RULES = LiftRules(min_segment_users=1, min_baseline_hits=1, resamples=200, ends_hold=math.inf)
EVENTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, ITEMS - 1), st.sampled_from([0, 0.1, 0.3, 0.7, 1, 9.5]))
)
P_VALUES = st.lists(st.floats(0, 1) | st.sampled_from([0.001, 0.0125, 0.025]), min_size=1, max_size=12)


def lists_of(rows, width=10):
    return np.array([list(row) + [-1] * (width - len(row)) for row in rows], dtype=np.int32).reshape(
        -1, width
    )


def bits_of(tags):
    pairs = np.array([(item, tag) for item, some in enumerate(tags) for tag in some], dtype=np.int64).reshape(
        -1, 2
    )
    return pack_tags(pairs[:, 0], pairs[:, 1], len(tags), 6)


def catalogue_numbers(rows, mask, counts, tags):
    lists = lists_of(rows)
    return (
        catalogue_coverage(lists, mask),
        long_tail_share(lists, mask),
        novelty(lists, counts, int(counts.sum())),
        gini(lists, mask),
    ), intra_list_similarity(lists, bits_of(tags))


@given(ROWS, MASK, COUNTS, TAGS, NAMES, st.randoms(use_true_random=False))
def test_catalogue_metrics_do_not_hang_on_names_or_the_order_of_users(
    rows, mask, counts, tags, names, random
):
    users = random.sample(range(len(rows)), len(rows))
    back = np.argsort(names)
    renamed = [[int(names[item]) for item in rows[user]] for user in users]
    before, alike = catalogue_numbers(rows, mask, counts, tags)
    after, still = catalogue_numbers(renamed, mask[back], counts[back], [tags[item] for item in back])
    assert after == pytest.approx(before, nan_ok=True)
    np.testing.assert_allclose(still, alike[users])


@given(ROWS, MASK, COUNTS, TAGS)
def test_catalogue_metrics_stay_in_their_ranges(rows, mask, counts, tags):
    (coverage, tail, surprise, concentration), alike = catalogue_numbers(rows, mask, counts, tags)
    shown = {item for row in rows for item in row}
    assert math.isnan(coverage) if not mask.any() else 0 <= coverage <= 1
    assert math.isnan(tail) if not shown else 0 <= tail <= 1
    everything = math.log2(counts.sum() + ITEMS)
    assert math.isnan(surprise) if not shown else -1e-9 <= surprise <= everything + 1e-9
    seen = shown & set(np.flatnonzero(mask).tolist())
    assert math.isnan(concentration) if not seen else -1e-12 <= concentration <= 1 - 1 / mask.sum() + 1e-12
    for row, value in zip(rows, alike, strict=True):
        assert math.isnan(value) if len(row) < 2 else 0 <= value <= 1


@given(ROWS, TAGS.filter(lambda tags: tags[0]))
def test_lists_of_equally_tagged_items_are_as_alike_as_can_be(rows, tags):
    values = intra_list_similarity(lists_of(rows), bits_of([tags[0]] * ITEMS))
    assert [value for value in values if not math.isnan(value)] == pytest.approx(
        [1.0] * sum(len(r) > 1 for r in rows)
    )


@given(ROWS, COUNTS, st.data())
def test_swapping_a_slot_for_a_rarer_or_a_tail_item_never_lowers_novelty_or_the_tail(rows, counts, data):
    user = data.draw(st.integers(0, len(rows) - 1))
    free = sorted(set(range(ITEMS)) - set(rows[user]))
    if not rows[user] or not free:
        return
    slot, other = data.draw(st.integers(0, len(rows[user]) - 1)), data.draw(st.sampled_from(free))
    swapped = [list(row) for row in rows]
    old, swapped[user][slot] = swapped[user][slot], other
    if counts[other] > counts[old]:
        return
    total = int(counts.sum())
    assert novelty(lists_of(swapped), counts, total) >= novelty(lists_of(rows), counts, total) - 1e-12
    order = np.lexsort((np.arange(ITEMS), -counts))
    head = head_items(order, ITEMS)
    if head[other] <= head[old]:
        assert long_tail_share(lists_of(swapped), head) >= long_tail_share(lists_of(rows), head) - 1e-12


@given(ROWS, st.data())
def test_giving_a_slot_of_an_often_shown_item_to_a_rarely_shown_one_never_raises_gini(rows, data):
    everything = np.ones(ITEMS, dtype=bool)
    shown = np.bincount([item for row in rows for item in row], minlength=ITEMS)
    user = data.draw(st.integers(0, len(rows) - 1))
    pairs = [
        (slot, other)
        for slot, item in enumerate(rows[user])
        for other in range(ITEMS)
        if other not in rows[user] and shown[other] < shown[item]
    ]
    if not pairs:
        return
    slot, other = data.draw(st.sampled_from(pairs))
    fairer = [list(row) for row in rows]
    fairer[user][slot] = other
    assert gini(lists_of(fairer), everything) <= gini(lists_of(rows), everything) + 1e-12


@given(EVENTS, st.randoms(use_true_random=False))
def test_relevance_is_the_capped_sum_of_weights_in_any_order_of_events(events, random):
    wanted = {}
    for user, item, weight in events:
        wanted[user, item] = wanted.get((user, item), 0) + weight
    wanted = {pair: min(total, GRADE_CAP) for pair, total in wanted.items() if total > 0}
    for order in (events, random.sample(events, len(events))):
        table = np.array(order, dtype=float).reshape(-1, 3)
        built = build_relevance(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2], 5, ITEMS)
        found = dict(
            zip(zip(built.rows.tolist(), built.items.tolist(), strict=True), built.grades, strict=True)
        )
        assert found == pytest.approx(wanted)
        assert built.sizes.sum() == len(wanted)
        assert all((np.diff(built.items[a:b]) > 0).all() for a, b in itertools.pairwise(built.indptr))


@given(EVENTS, MASK, NAMES)
def test_the_popularity_order_does_not_hang_on_positions_and_holds_every_available_item_once(
    events, mask, names
):
    item = np.array([event[1] for event in events], dtype=int)
    weight = np.array([event[2] for event in events], dtype=float)
    by_id = np.arange(ITEMS)
    order = popularity_order(popularity_scores(item, weight, ITEMS), mask, by_id)
    assert sorted(order) == np.flatnonzero(mask).tolist()
    back = np.argsort(names)
    scores = popularity_scores(names[item] if len(item) else item, weight, ITEMS)
    renamed = popularity_order(scores, mask[back], by_id[back])
    assert renamed.tolist() == names[order].tolist()


@given(EVENTS, NAMES, st.integers(1, 10))
def test_baseline_and_latest_lists_are_what_their_words_say(events, order, k):
    users = np.array([event[0] for event in events], dtype=int)
    items = np.array([event[1] for event in events], dtype=int)
    latest = latest_distinct(users, items, 5, k)
    touched = [[item for user, item, _ in events if user == one] for one in range(5)]
    for user, seen in enumerate(touched):
        newest = list(dict.fromkeys(reversed(seen)))[:k]
        assert latest.items[latest.indptr[user] : latest.indptr[user + 1]].tolist() == newest
    lists = baseline_lists(order.astype(np.int32), user_items(users, items, 5), k)
    for row, seen in zip(lists, touched, strict=True):
        wanted = [item for item in order.tolist() if item not in seen][:k]
        assert [item for item in row.tolist() if item >= 0] == wanted


def lift_of(sample, scale=1.0):
    return measure_lift("s", "m", sample[:, 0] * scale, sample[:, 1] * scale, FEW_RULES)


@settings(max_examples=40)
@given(
    SAMPLE.filter(lambda sample: sample[:, 1].any()),
    st.sampled_from([0.25, 4.0]),
    st.randoms(use_true_random=False),
)
def test_a_lift_is_a_ratio_of_means_that_scale_order_and_unmeasured_users_do_not_touch(sample, scale, random):
    lift = lift_of(sample)
    assert lift.lift == pytest.approx(sample[:, 0].sum() / sample[:, 1].sum() - 1)
    assert -1 <= lift.low <= lift.lift
    assert lift.high is None or lift.lift <= lift.high
    scaled = lift_of(sample, scale)
    assert (scaled.lift, scaled.low) == pytest.approx((lift.lift, lift.low), rel=1e-4, abs=1e-4)
    shuffled = sample[random.sample(range(len(sample)), len(sample))]
    assert lift_of(shuffled).lift == pytest.approx(lift.lift)
    widened = np.vstack([sample, np.full((3, 2), np.nan)])
    assert lift_of(widened) == lift


@settings(max_examples=40)
@given(SAMPLE.filter(lambda sample: sample.any(axis=0).all()))
def test_swapping_service_and_baseline_inverts_the_ratio(sample):
    assert (1 + lift_of(sample).lift) * (1 + lift_of(sample[:, ::-1]).lift) == pytest.approx(1)


@settings(max_examples=30)
@given(SAMPLE.filter(lambda sample: sample[:, 1].any()), st.integers(0, 2**32 - 1))
def test_the_resamples_are_monotone_in_threshold_and_tail(sample, seed):
    (draws,) = bootstrap_lift(sample[:, :1], sample[:, 1:], seed, 200)
    thresholds = np.linspace(-0.9, 3, 12)
    p_values = [draws.p_reaches(x) for x in thresholds]
    below = [draws.share_below(x) for x in thresholds]
    assert p_values == sorted(p_values, reverse=True)
    assert below == sorted(below)
    assert all(0 < p <= 1 for p in p_values)
    tails = (0.01, 0.025, 0.1, 0.25)
    lower, upper = [draws.lower(tail) for tail in tails], [draws.upper(tail) for tail in tails]
    assert lower == sorted(lower)
    assert upper == sorted(upper, reverse=True)
    (again,) = bootstrap_lift(sample[:, :1], sample[:, 1:], seed, 200)
    assert (again.low, again.high) == (draws.low, draws.high)


def plain_holm(p_values, alpha):
    """Which are rejected: the smallest p against alpha / n, the next against alpha / (n - 1), until one is not."""
    rejected = set()
    for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > alpha / (len(p_values) - step):
            break
        rejected.add(index)
    return rejected


@given(P_VALUES, st.sampled_from([0.025, 0.05]), st.randoms(use_true_random=False))
def test_holm_rejects_what_the_definition_rejects_in_any_order(p_values, alpha, random):
    for family in (p_values, random.sample(p_values, len(p_values))):
        levels = holm_levels(family, alpha)
        found = {index for index, p in enumerate(family) if p <= levels[index]}
        assert found == plain_holm(family, alpha)
        assert (levels >= alpha / len(family) - 1e-15).all()
        assert (levels <= alpha + 1e-15).all()


@given(P_VALUES, st.data())
def test_a_smaller_p_value_never_saves_anybody_from_rejection(p_values, data):
    index = data.draw(st.integers(0, len(p_values) - 1))
    smaller = [p / 2 if number == index else p for number, p in enumerate(p_values)]
    assert plain_holm(p_values, 0.05) <= {
        n for n, p in enumerate(smaller) if p <= holm_levels(smaller, 0.05)[n]
    }


@settings(max_examples=40)
@given(SAMPLE, st.floats(-0.9, 2))
def test_a_higher_demand_never_turns_a_failure_into_a_pass_and_the_rules_are_ordered(sample, threshold):
    lift = lift_of(sample)
    outcomes = {}
    for rule in ("confident", "point", "harmful"):
        outcomes[rule], stricter = (judge_lift(lift, x, rule).outcome for x in (threshold, threshold + 0.5))
        assert not (outcomes[rule] is Outcome.FAILED and stricter is Outcome.PASSED)
        assert (outcomes[rule] is Outcome.NOT_MEASURED) == (lift.lift is None)
    for strict, mild in itertools.pairwise(outcomes.values()):
        assert not (strict is Outcome.PASSED and mild is Outcome.FAILED)


@given(st.floats(allow_nan=True), st.floats(-1e6, 1e6), st.floats(0, 10))
def test_thresholds_are_monotone_and_only_finite_values_are_judged(value, threshold, more):
    for direction, stricter in (("min", threshold + more), ("max", threshold - more)):
        mild = judge_threshold(value, threshold, direction, 5, what="x").outcome
        strict = judge_threshold(value, stricter, direction, 5, what="x").outcome
        assert not (mild is Outcome.FAILED and strict is Outcome.PASSED)
        assert (mild is Outcome.NOT_MEASURED) == (not math.isfinite(value))
