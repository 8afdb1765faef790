"""Coverage, long tail, novelty, concentration, similarity and the baseline lists."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.judge import baseline as baseline_module
from pytest_recsim.judge.baseline import (
    baseline_lists,
    latest_distinct,
    no_popularity,
    popularity_order,
    popularity_scores,
    recent_then_popular,
    user_items,
)
from pytest_recsim.judge.catalogue import (
    catalogue_coverage,
    coverage_measurable,
    exposures,
    gini,
    head_items,
    long_tail_share,
    novelty,
)
from pytest_recsim.judge.similarity import by_list, intra_list_similarity, pack_tags


def ordered(item, value, available, id_rank):
    return popularity_order(popularity_scores(item, value, len(available)), available, id_rank)


ITEMS = 30
row = st.lists(st.integers(0, ITEMS - 1), unique=True, max_size=20)
rows = st.lists(row, min_size=1, max_size=8)
masks = st.lists(st.booleans(), min_size=ITEMS, max_size=ITEMS).map(np.array)


def lists_of(some, width=20):
    return np.array([list(one) + [-1] * (width - len(one)) for one in some], dtype=np.int32).reshape(
        -1, width
    )


def hidden_of(sets):
    pairs = [(user, item) for user, items in enumerate(sets) for item in items]
    users, items = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return user_items(users, items, len(sets))


def test_coverage_counts_distinct_available_items_within_the_cut():
    available = np.array([True, True, True, True, False])
    lists = np.array([[0, 4, 1], [1, 0, 2]], dtype=np.int32)
    assert catalogue_coverage(lists, available, k=2) == 0.5
    assert catalogue_coverage(lists, available) == 0.75


@given(rows, masks)
def test_coverage_equals_the_set_definition(some, available):
    shown = {item for one in some for item in one if available[item]}
    got = catalogue_coverage(lists_of(some), available)
    assert math.isnan(got) if not available.any() else got == len(shown) / available.sum()


@given(rows, row, masks)
def test_one_more_list_never_lowers_coverage(some, more, available):
    before, after = (catalogue_coverage(lists_of(x), available) for x in (some, [*some, more]))
    assert math.isnan(before) or 0 <= before <= after <= 1


@pytest.mark.parametrize(
    ("users", "expected"), [(0, False), (1, False), (11, False), (12, True), (1000, True)]
)
def test_coverage_needs_twice_the_slots_of_the_threshold(users, expected):
    """0.6 of 200 items is 120; twice that is 240 slots, 12 users with 20 each."""
    assert coverage_measurable(users, 20, 0.6, 200) is expected


def test_coverage_of_an_empty_catalogue_is_not_measurable():
    assert not coverage_measurable(10, 20, 0.6, 0)
    assert math.isnan(catalogue_coverage(lists_of([[1]]), np.zeros(ITEMS, dtype=bool)))


def test_the_head_is_the_first_fifth_of_the_order_rounded_up():
    order = np.array([4, 2, 0, 1, 3, 6], dtype=np.int32)
    assert np.flatnonzero(head_items(order, 8)).tolist() == [2, 4]
    assert np.flatnonzero(head_items(order[:5], 8)).tolist() == [4]
    assert head_items(order[:0], 8).sum() == 0


@pytest.mark.parametrize("available", [5, 15, 35, 320, 1000])
def test_a_fifth_of_a_multiple_of_five_is_exact(available):
    assert head_items(np.arange(available), available).sum() == available // 5


def test_long_tail_share_counts_slots_not_lists():
    head = np.zeros(ITEMS, dtype=bool)
    head[:3] = True
    assert long_tail_share(lists_of([[0, 1, 2, 9], [10]]), head) == 2 / 5
    assert long_tail_share(lists_of([[0, 1, 9]]), head, k=2) == 0
    assert long_tail_share(lists_of([[0, -2]]), head) == 0.5
    assert math.isnan(long_tail_share(lists_of([[], []]), head))


@given(rows, masks)
def test_long_tail_share_equals_the_plain_definition(some, head):
    slots = [item for one in some for item in one]
    got = long_tail_share(lists_of(some), head)
    assert (
        math.isnan(got)
        if not slots
        else got == pytest.approx(sum(not head[item] for item in slots) / len(slots))
    )


@given(rows, st.integers(0, 500))
def test_novelty_equals_the_plain_definition(some, extra):
    counts = np.arange(ITEMS) * 3
    events = int(counts.sum()) + extra
    slots = [item for one in some for item in one]
    got = novelty(lists_of(some), counts, events)
    if not slots:
        assert math.isnan(got)
        return
    surprise = [-math.log2((counts[item] + 1) / (events + ITEMS)) for item in slots]
    assert got == pytest.approx(sum(surprise) / len(slots))
    assert got >= 0


def test_novelty_of_one_item_that_took_half_of_all_events_is_one_bit():
    assert novelty(np.array([[0]], dtype=np.int32), np.array([4, 4]), 8) == pytest.approx(1.0)


def test_gini_at_its_ends():
    available = np.ones(4, dtype=bool)
    assert gini(np.array([[0, 1, 2, 3]], dtype=np.int32), available) == 0
    assert gini(np.array([[2], [2], [2]], dtype=np.int32), available) == pytest.approx(0.75)
    assert math.isnan(gini(lists_of([[]]), available))


@given(rows, masks)
def test_gini_equals_the_mean_difference_definition(some, available):
    shown, _ = exposures(lists_of(some), ITEMS)
    mine = shown[available]
    got = gini(lists_of(some), available)
    if not mine.sum():
        assert math.isnan(got)
        return
    differences = np.abs(mine[:, None] - mine[None, :]).sum()
    assert got == pytest.approx(differences / (2 * len(mine) * mine.sum()))
    assert -1e-12 <= got < 1


def test_a_position_outside_the_catalogue_is_refused():
    with pytest.raises(ValueError, match="item position 30 in a list, but only 30 items"):
        exposures(lists_of([[30]]), ITEMS)


@given(rows, st.integers(1, 10))
def test_padding_changes_no_catalogue_metric(some, extra):
    mask = np.arange(ITEMS) % 3 > 0
    narrow, wide = lists_of(some), lists_of(some, 20 + extra)
    for metric in (catalogue_coverage, long_tail_share, gini):
        assert metric(narrow, mask) == pytest.approx(metric(wide, mask), nan_ok=True)
    assert intra_list_similarity(narrow, bits_of(TAGS)).tolist() == pytest.approx(
        intra_list_similarity(wide, bits_of(TAGS)).tolist(), nan_ok=True
    )


TAGS = [set(np.random.default_rng(item).integers(0, 130, item % 6).tolist()) for item in range(ITEMS)]


def bits_of(tags, n_tags=130):
    pairs = np.array([(item, tag) for item, some in enumerate(tags) for tag in some])
    return pack_tags(pairs[:, 0], pairs[:, 1], len(tags), n_tags)


def plain_similarity(items):
    pairs = list(itertools.combinations([TAGS[item] for item in items if item >= 0], 2))
    if not pairs:
        return math.nan
    return sum(len(a & b) / len(a | b) if a and b else 0.0 for a, b in pairs) / len(pairs)


def test_tags_become_bits_over_several_words():
    bits = bits_of(TAGS)
    assert bits.shape == (ITEMS, 3)
    assert np.bitwise_count(bits).sum(axis=1).tolist() == [len(some) for some in TAGS]


@given(st.lists(st.lists(st.integers(-2, ITEMS - 1), max_size=20), min_size=1, max_size=8))
def test_similarity_equals_sets_in_plain_python(some):
    got = intra_list_similarity(lists_of(some), bits_of(TAGS))
    assert got.tolist() == pytest.approx([plain_similarity(one[:10]) for one in some], nan_ok=True)


@given(st.lists(st.lists(st.integers(-2, ITEMS - 1), max_size=20), min_size=1, max_size=8))
def test_similarity_list_by_list_is_the_same_to_the_last_digit(some):
    pairs = np.array([(item, tag) for item, some in enumerate(TAGS) for tag in some] * 2)
    got = by_list(lists_of(some), pairs[:, 0], pairs[:, 1], ITEMS, 130)
    assert np.array_equal(got, intra_list_similarity(lists_of(some), bits_of(TAGS)), equal_nan=True)


def test_similarity_golden_cases():
    """Tags ab, bc, none, none: one pair of six shares one of three tags."""
    bits = pack_tags(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2]), 4, 3)
    lists = np.array(
        [[0, 1, -1, -1], [0, 0, -1, -1], [2, 3, -1, -1], [0, -1, -1, -1], [0, 1, 2, 3]], np.int32
    )
    got = intra_list_similarity(lists, bits)
    assert got[:3].tolist() == pytest.approx([1 / 3, 1, 0])
    assert math.isnan(got[3])
    assert got[4] == pytest.approx(1 / 18)


def test_similarity_is_the_same_in_blocks(monkeypatch):
    rng = np.random.default_rng(1)
    lists = np.stack([rng.permutation(ITEMS)[:20] for _ in range(50)]).astype(np.int32)
    expected = intra_list_similarity(lists, bits_of(TAGS))
    monkeypatch.setattr("pytest_recsim.judge.similarity.BLOCK_USERS", 7)
    assert np.array_equal(intra_list_similarity(lists, bits_of(TAGS)), expected)


def test_popularity_is_the_sum_over_available_items_ties_by_id():
    item = np.array([0, 1, 1, 2, 3, 3])
    value = np.array([1.0, 0.4, 0.6, 9.0, 0.7, 0.7])
    available = np.array([True, True, False, True, True, True])
    id_rank = np.array([3, 1, 0, 5, 4, 2])
    assert ordered(item, value, available, id_rank).tolist() == [3, 1, 0, 5, 4]


@given(st.permutations([0.1, 0.3, 0.7, 0.2, 1.0]), st.permutations([0.1, 0.3, 0.7, 0.2, 1.0]))
def test_a_tie_does_not_hang_on_the_order_of_events(first, second):
    item = np.repeat([0, 1], 5)
    order = ordered(item, np.array([*first, *second]), np.ones(2, dtype=bool), np.array([1, 0]))
    assert order.tolist() == [1, 0]


@pytest.mark.parametrize("outlier", [1e15, 1e40, -1e15, 1e300])
def test_one_outlying_event_leaves_the_order_of_all_other_items_alone(outlier):
    """The outlier's own item is first or last; what nine others weigh still tells them apart."""
    item, value = np.arange(10), np.array([*range(1, 10), outlier], dtype=float)
    order = ordered(item, value, np.ones(10, dtype=bool), np.arange(10)).tolist()
    order.remove(9)
    assert order == [8, 7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "no event was seeded"),
        ([0.0, 0.0, 0.0], "add up to nothing"),
        ([0.3, -0.3, -1.0], "add up to nothing"),
        ([0.1 + 0.2, 0.3, 9.0], "equally popular"),
        ([1.0, 0.0, 0.0], ""),
        ([0.2, 0.1, 0.0], ""),
    ],
)
def test_an_order_that_is_only_that_of_ids_is_no_popularity(value, reason):
    """The third item is not available; the second row's events cancel out on the first item."""
    item = np.array([0, 0, 1] if value[:1] == [0.3] and value[1] < 0 else [0, 1, 2])[: len(value)]
    score = popularity_scores(item, np.array(value, dtype=float), 3)
    found = no_popularity(len(value), score, np.array([True, True, False]))
    assert (reason in found) if reason else found == ""


@given(st.permutations([0.3, -0.1, -0.1, -0.1]), st.permutations([1e15, -1e15, 0.2]))
def test_what_was_all_returned_is_a_tie_with_what_was_never_bought(first, second):
    item = np.array([0] * 4 + [2] * 3)
    order = ordered(item, np.array([*first, *second]), np.ones(3, dtype=bool), np.array([2, 1, 0]))
    assert order.tolist() == [2, 1, 0]


@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.integers(-300, 290)), min_size=2, max_size=20),
    st.permutations(range(20)),
)
def test_scores_count_as_equal_when_they_agree_in_twelve_digits_whatever_their_size(scores, ranks):
    value = np.array([base * 10.0**power for base, power in scores])
    rank = np.array(ranks[: len(value)]).argsort().argsort()
    order = ordered(np.arange(len(value)), value, np.ones(len(value), dtype=bool), rank).tolist()
    assert order == sorted(order, key=lambda place: (-float(f"{value[place]:.11e}"), rank[place]))


@given(
    st.lists(st.sets(st.integers(0, ITEMS - 1)), min_size=1, max_size=6), st.randoms(use_true_random=False)
)
def test_baseline_lists_are_the_order_minus_what_is_hidden(sets, random):
    order = np.array(random.sample(range(ITEMS), 25), dtype=np.int32)
    got = baseline_lists(order, hidden_of(sets), k=10)
    assert got.tolist() == lists_of([[i for i in order if i not in out][:10] for out in sets], 10).tolist()


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, ITEMS - 1), unique=True, max_size=10), st.sets(st.integers(0, 29)))
    ),
    st.randoms(use_true_random=False),
)
def test_recent_items_come_first_and_popularity_fills_up(users, random):
    order = np.array(random.sample(range(ITEMS), 20), dtype=np.int32)
    recent, hidden = [list(one) for one, _ in users], [out for _, out in users]
    got = recent_then_popular(hidden_of(recent), order, hidden_of(hidden), k=12)
    for mine, out, found in zip(recent, hidden, got.tolist(), strict=True):
        front = [item for item in mine if item in order and item not in out]
        rest = [item for item in order if item not in out and item not in front]
        assert found == lists_of([[*front, *rest][:12]], 12)[0].tolist()


def test_baseline_lists_are_the_same_in_blocks(monkeypatch):
    rng = np.random.default_rng(2)
    hidden = hidden_of([set(rng.integers(0, ITEMS, rng.integers(0, 25)).tolist()) for _ in range(40)])
    order = rng.permutation(ITEMS).astype(np.int32)
    expected = baseline_lists(order, hidden)
    monkeypatch.setattr(baseline_module, "BLOCK_USERS", 3)
    assert np.array_equal(baseline_lists(order, hidden), expected)


def test_latest_distinct_items_newest_first():
    user = np.array([0, 1, 0, 0, 1, 0])
    item = np.array([5, 9, 6, 5, 9, 7])
    assert latest_distinct(user, item, 3).items.tolist() == [7, 5, 6, 9]
    assert latest_distinct(user, item, 3).indptr.tolist() == [0, 3, 4, 4]
    assert latest_distinct(user, item, 3, n=2).items.tolist() == [7, 5, 9]
    assert latest_distinct(user[:0], item[:0], 2).indptr.tolist() == [0, 0, 0]


def test_a_shop_that_is_sold_out_has_no_popularity_and_says_so():
    assert no_popularity(5, np.ones(3), np.zeros(3, dtype=bool)) == "no item of the fixture is available"
