"""The ranking metrics: golden cases, laws, and agreement with implementations that are not ours."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.judge import ranking
from pytest_recsim.judge.means import mean_measured, segment_means
from pytest_recsim.judge.ranking import (
    OF_SLOTS,
    average_precision,
    gains,
    hit_rate,
    mrr,
    ndcg,
    rank_metrics,
    recall,
    repeat_hit_share,
)
from pytest_recsim.judge.relevance import build_relevance, drop_items, drop_pairs

ITEMS = 60


def relevance_of(sets, n_items=ITEMS):
    """One ``{item: grade}`` per user."""
    triples = [(row, item, grade) for row, one in enumerate(sets) for item, grade in one.items()]
    rows, items, grades = (
        (np.array(column) for column in zip(*triples, strict=True)) if triples else ([], [], [])
    )
    as_int = np.asarray(rows, dtype=np.int32), np.asarray(items, dtype=np.int32)
    return build_relevance(*as_int, np.asarray(grades, dtype=np.float64), len(sets), n_items)


def lists_of(rows, width=20):
    return np.array([list(row) + [-1] * (width - len(row)) for row in rows], dtype=np.int32).reshape(
        -1, width
    )


def plain_ndcg(row, grades, k):
    """The definition, written out for one user."""
    if not grades:
        return math.nan
    dcg = sum(
        math.expm1(grades.get(item, 0) * math.log(2)) / math.log2(rank + 1)
        for rank, item in enumerate(row[:k], start=1)
    )
    best = sorted(grades.values(), reverse=True)[:k]
    ideal = sum(
        math.expm1(grade * math.log(2)) / math.log2(rank + 1) for rank, grade in enumerate(best, start=1)
    )
    return dcg / ideal


def plain_mrr(row, grades, k):
    if not grades:
        return math.nan
    return next((1 / rank for rank, item in enumerate(row[:k], start=1) if item in grades), 0.0)


def plain_recall(row, grades, k):
    return len(set(row[:k]) & set(grades)) / len(grades) if grades else math.nan


def plain_average_precision(row, grades, k):
    if not grades:
        return math.nan
    precision = [
        sum(item in grades for item in row[:rank]) / rank
        for rank, item in enumerate(row[:k], start=1)
        if item in grades
    ]
    return sum(precision) / len(grades)


def plain_hit_rate(row, grades, k):
    return float(any(item in grades for item in row[:k])) if grades else math.nan


PLAIN = (
    (ndcg, plain_ndcg, 10),
    (mrr, plain_mrr, 10),
    (recall, plain_recall, 20),
    (average_precision, plain_average_precision, 10),
    (hit_rate, plain_hit_rate, 10),
)
ALL = tuple(metric for metric, _, _ in PLAIN)


@st.composite
def slates(draw):
    users = draw(st.integers(1, 6))
    row = st.lists(st.integers(0, ITEMS - 1), unique=True, max_size=20)
    grades = st.dictionaries(st.integers(0, ITEMS - 1), st.floats(0.05, 10), max_size=30)
    return (
        draw(st.lists(row, min_size=users, max_size=users)),
        draw(st.lists(grades, min_size=users, max_size=users)),
    )


def random_slates(seed, users, grade):
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(ITEMS)[: rng.integers(0, 21)].tolist() for _ in range(users)]
    sets = [
        {int(item): grade(rng) for item in rng.permutation(ITEMS)[: rng.integers(0, 30)]}
        for _ in range(users)
    ]
    return rows, sets


WEIGHTS = st.one_of(st.floats(1e-300, 1e300), st.sampled_from([1e-300, 1e-17, 5e-324, 0.1, 1e17, 1e300]))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, ITEMS - 1), unique=True, max_size=20),
            st.dictionaries(st.integers(0, ITEMS - 1), WEIGHTS, max_size=30),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_the_weights_ndcg_is_between_0_and_1_and_above_0_for_a_hit(users):
    rows, sets = [row for row, _ in users], [grades for _, grades in users]
    for row, grades, value in zip(rows, sets, ndcg(lists_of(rows), relevance_of(sets)), strict=True):
        assert math.isnan(value) == (not grades)
        if grades:
            assert 0 <= value <= 1
            assert value == pytest.approx(
                plain_ndcg(row, {i: min(g, 10) for i, g in grades.items()}, 10), abs=1e-6
            )


def test_weights_all_scaled_down_to_nothing_keep_the_order_of_their_items():
    """2 ** 1e-17 - 1 is 0 in floating point; the gain is not."""
    sets = [{1: 3e-17, 2: 1e-17}, {1: 3e-17, 2: 1e-17}]
    first, second = ndcg(lists_of([[1, 2], [2, 1]]), relevance_of(sets))
    assert first == pytest.approx(1)
    assert second == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))


def test_golden_case_computed_by_hand():
    """Grades 3 and 1 at ranks 2 and 4, a third relevant item missed."""
    lists = lists_of([[9, 1, 8, 2]])
    relevance = relevance_of([{1: 3.0, 2: 1.0, 3: 2.0}])
    dcg = 7 / math.log2(3) + 1 / math.log2(5)
    ideal = 7 / math.log2(2) + 3 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(lists, relevance)[0] == pytest.approx(dcg / ideal, abs=1e-15)
    assert mrr(lists, relevance)[0] == 0.5
    assert recall(lists, relevance)[0] == pytest.approx(2 / 3)
    assert average_precision(lists, relevance)[0] == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert hit_rate(lists, relevance)[0] == 1


def test_cut_offs_are_exact():
    row = list(range(20))
    assert mrr(lists_of([row]), relevance_of([{9: 1.0}]))[0] == 0.1
    assert mrr(lists_of([row]), relevance_of([{10: 1.0}]))[0] == 0
    assert ndcg(lists_of([row]), relevance_of([{10: 1.0}]))[0] == 0
    assert recall(lists_of([row]), relevance_of([{19: 1.0, 30: 1.0}]))[0] == 0.5
    assert recall(lists_of([row]), relevance_of([{19: 1.0}]), k=19)[0] == 0
    for metric in (average_precision, hit_rate):
        assert metric(lists_of([row]), relevance_of([{9: 1.0}]))[0] > 0
        assert metric(lists_of([row]), relevance_of([{10: 1.0}]))[0] == 0


def test_the_ideal_is_cut_at_k_too():
    """Ten hits of one grade are perfect although the user has thirty relevant items."""
    assert ndcg(lists_of([range(20)]), relevance_of([dict.fromkeys(range(30), 1.0)]))[0] == pytest.approx(1)


def test_an_empty_relevance_set_is_nan_and_an_empty_list_is_zero():
    lists, relevance = lists_of([[1, 2], []]), relevance_of([{}, {1: 1.0}])
    for metric in ALL:
        first, second = metric(lists, relevance)
        assert math.isnan(first)
        assert second == 0


def test_no_users_and_no_relevance_at_all_are_not_errors():
    assert len(ndcg(lists_of([]), relevance_of([]))) == 0
    assert np.isnan(ndcg(lists_of([[1], [2]]), relevance_of([{}, {}]))).all()


def test_an_unknown_id_keeps_its_rank_and_is_never_a_hit():
    relevance = relevance_of([{4: 1.0}, {59: 1.0}])
    assert mrr(lists_of([[-2, 4], [-2, -2, 59]]), relevance).tolist() == [1 / 2, 1 / 3]


def test_a_repeated_item_earns_once_at_its_first_place():
    lists = lists_of([[5, 5, 5, 7]])
    relevance = relevance_of([{5: 2.0, 7: 1.0}])
    assert gains(lists, relevance)[0, :5].tolist() == [2, 0, 0, 1, 0]
    assert ndcg(lists, relevance)[0] < 1
    assert recall(lists, relevance)[0] == 1


def test_lists_and_relevance_of_different_users_are_refused():
    with pytest.raises(ValueError, match="2 lists for 1 users"):
        gains(lists_of([[1], [2]]), relevance_of([{1: 1.0}]))


@given(slates())
def test_metrics_equal_the_plain_definitions(case):
    rows, sets = case
    lists, relevance = lists_of(rows), relevance_of(sets)
    for metric, plain, k in PLAIN:
        expected = [plain(row, grades, k) for row, grades in zip(rows, sets, strict=True)]
        np.testing.assert_allclose(metric(lists, relevance), expected, rtol=0, atol=1e-9)


@given(slates())
def test_metrics_from_one_look_up_are_those_from_their_own(case):
    rows, sets = case
    lists, relevance = lists_of(rows), relevance_of(sets)
    slots, by_name = gains(lists, relevance), {"map": average_precision}
    for name, of_slots in OF_SLOTS.items():
        own = by_name.get(name) or getattr(ranking, name)
        k = 20 if name == "recall" else 10
        np.testing.assert_array_equal(of_slots(slots, relevance, k), own(lists, relevance))


@given(slates())
def test_metrics_lie_between_zero_and_one(case):
    rows, sets = case
    for values in (metric(lists_of(rows), relevance_of(sets)) for metric in ALL):
        measured = values[~np.isnan(values)]
        assert (measured >= 0).all()
        assert (measured <= 1 + 1e-12).all()
        assert np.isnan(values).tolist() == [not grades for grades in sets]


@given(slates(), st.integers(1, 15))
def test_padding_and_columns_beyond_the_cut_change_nothing(case, extra):
    rows, sets = case
    relevance = relevance_of(sets)
    padded = lists_of(rows, width=20 + extra)
    for metric in ALL:
        np.testing.assert_array_equal(metric(lists_of(rows), relevance), metric(padded, relevance))


@given(slates(), st.randoms(use_true_random=False))
def test_users_and_item_names_can_be_permuted(case, random):
    rows, sets = case
    users = random.sample(range(len(rows)), len(rows))
    names = random.sample(range(ITEMS), ITEMS)
    renamed = lists_of([[names[item] for item in rows[user]] for user in users])
    regraded = relevance_of([{names[item]: grade for item, grade in sets[user].items()} for user in users])
    for metric in ALL:
        before = metric(lists_of(rows), relevance_of(sets))[users]
        np.testing.assert_allclose(metric(renamed, regraded), before, rtol=0, atol=1e-12)


@given(slates(), st.data())
def test_moving_a_better_item_up_never_hurts(case, data):
    rows, sets = case
    for row, grades in zip(rows, sets, strict=True):
        if len(row) < 2 or not grades:
            continue
        first = data.draw(st.integers(0, len(row) - 2))
        second = data.draw(st.integers(first + 1, len(row) - 1))
        if grades.get(row[second], 0) < grades.get(row[first], 0):
            continue
        better = row.copy()
        better[first], better[second] = row[second], row[first]
        relevance = relevance_of([grades])
        for metric in ALL:
            assert metric(lists_of([better]), relevance)[0] >= metric(lists_of([row]), relevance)[0] - 1e-12


@given(slates())
def test_recall_grows_with_the_cut_off_and_the_ideal_list_is_perfect(case):
    rows, sets = case
    lists, relevance = lists_of(rows), relevance_of(sets)
    by_k = [np.nan_to_num(recall(lists, relevance, k)) for k in range(1, 21)]
    assert all((later >= earlier).all() for earlier, later in itertools.pairwise(by_k))
    ideal = lists_of([sorted(grades, key=grades.__getitem__, reverse=True)[:20] for grades in sets])
    perfect = ndcg(ideal, relevance)
    np.testing.assert_allclose(perfect[~np.isnan(perfect)], 1, atol=1e-12)


@given(slates())
def test_table_and_search_find_the_same_gains(case):
    rows, sets = case
    lists, relevance = lists_of(rows), relevance_of(sets)
    by_search = ranking._gains_by_search(lists, relevance, ITEMS)
    assert np.array_equal(by_search, ranking._gains_by_table(lists, relevance, ITEMS))


def test_large_catalogues_and_many_blocks_give_the_same_numbers(monkeypatch):
    rows, sets = random_slates(5, 300, lambda rng: float(rng.uniform(0.1, 10)))
    expected = rank_metrics(lists_of(rows), relevance_of(sets))
    monkeypatch.setattr(ranking, "TABLE_CELLS", 4 * (ITEMS + 1))
    in_blocks = rank_metrics(lists_of(rows), relevance_of(sets))
    monkeypatch.setattr(ranking, "WIDEST_TABLE", 0)
    searched = rank_metrics(lists_of(rows), relevance_of(sets))
    for other in (in_blocks, searched):
        np.testing.assert_array_equal(other.ndcg, expected.ndcg)
        np.testing.assert_array_equal(other.mrr, expected.mrr)
        np.testing.assert_array_equal(other.recall, expected.recall)


def test_agrees_with_pytrec_eval_on_integer_grades():
    """It has linear gains and takes integers only: it is fed 2**grade - 1."""
    pytrec_eval = pytest.importorskip("pytrec_eval")
    rows, sets = random_slates(6, 400, lambda rng: float(rng.integers(1, 6)))
    qrels = {
        f"u{user}": {f"i{item}": int(2**grade) - 1 for item, grade in grades.items()}
        for user, grades in enumerate(sets)
        if grades
    }
    run = {
        f"u{user}": {f"i{item}": float(-rank) for rank, item in enumerate(row)}
        for user, row in enumerate(rows)
        if row
    }
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.20", "recip_rank"}).evaluate(run)
    cut = {user: dict(list(slots.items())[:10]) for user, slots in run.items()}
    theirs_at_10 = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate(cut)
    ours = rank_metrics(lists_of(rows), relevance_of(sets))
    compared = [int(user[1:]) for user in theirs]
    assert len(compared) > 300
    for name, values, other in (
        ("ndcg_cut_10", ours.ndcg, theirs),
        ("recall_20", ours.recall, theirs),
        ("recip_rank", ours.mrr, theirs_at_10),
    ):
        expected = [other[f"u{user}"][name] for user in compared]
        np.testing.assert_allclose(values[compared], expected, rtol=0, atol=1e-9)


@pytest.mark.long
def test_agrees_with_ranx_on_integer_grades():
    """Marked long: ranx compiles its kernels on first use. Its own warnings are not ours to fix."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ranx = pytest.importorskip("ranx")
        rows, sets = random_slates(7, 300, lambda rng: float(rng.integers(1, 6)))
        users = [user for user, grades in enumerate(sets) if grades and rows[user]]
        qrels = ranx.Qrels(
            {f"u{u}": {f"i{item}": int(grade) for item, grade in sets[u].items()} for u in users}
        )
        run = ranx.Run(
            {f"u{u}": {f"i{item}": 100.0 - rank for rank, item in enumerate(rows[u])} for u in users}
        )
        names = ["ndcg_burges@10", "mrr@10", "recall@20"]
        ranx.evaluate(qrels, run, names)
    ours = rank_metrics(lists_of(rows), relevance_of(sets))
    for name, values in zip(names, (ours.ndcg, ours.mrr, ours.recall), strict=True):
        expected = [run.scores[name][f"u{user}"] for user in users]
        np.testing.assert_allclose(values[users], expected, rtol=0, atol=1e-9)


def test_event_weights_are_summed_per_pair_and_capped():
    user, item = np.array([0, 0, 0, 1, 1]), np.array([3, 3, 5, 3, 3])
    weight = np.array([0.1, 0.3, 1.0, 7.0, 8.0])
    relevance = build_relevance(user, item, weight, 3, 6)
    assert relevance.indptr.tolist() == [0, 2, 3, 3]
    assert relevance.items.tolist() == [3, 5, 3]
    assert relevance.grades.tolist() == pytest.approx([0.4, 1.0, 10.0])
    assert relevance.sizes.tolist() == [2, 1, 0]


def test_masked_events_and_weights_of_zero_make_nothing_relevant():
    user, item, weight = np.array([0, 0, 1]), np.array([1, 2, 1]), np.array([1.0, 0.0, 1.0])
    relevance = build_relevance(user, item, weight, 2, 3, keep=np.array([True, True, False]))
    assert relevance.items.tolist() == [1]
    assert relevance.sizes.tolist() == [1, 0]


def test_seen_pairs_and_unavailable_items_leave_the_set():
    relevance = relevance_of([{1: 1.0, 2: 2.0, 3: 3.0}, {1: 4.0, 2: 5.0}])
    unseen = drop_pairs(relevance, np.array([0, 0, 1, 1]), np.array([1, 40, 1, 2]))
    assert unseen.indptr.tolist() == [0, 2, 2]
    assert unseen.items.tolist() == [2, 3]
    assert unseen.grades.tolist() == [2, 3]
    mask = np.zeros(ITEMS, dtype=bool)
    mask[2] = True
    assert drop_items(relevance, mask).items.tolist() == [1, 3, 1]
    assert drop_pairs(
        relevance, np.array([], dtype=np.int32), np.array([], dtype=np.int32)
    ).sizes.tolist() == [3, 2]


@given(slates(), st.lists(st.tuples(st.integers(0, 5), st.integers(0, ITEMS - 1)), max_size=40))
def test_unseen_is_part_of_all_and_its_hits_are_too(case, seen):
    rows, sets = case
    seen = [(user, item) for user, item in seen if user < len(rows)]
    everything = relevance_of(sets)
    pairs = np.array(seen, dtype=np.int64).reshape(-1, 2)
    unseen = drop_pairs(everything, pairs[:, 0], pairs[:, 1])
    left = {(int(u), int(i)): g for u, i, g in zip(unseen.rows, unseen.items, unseen.grades, strict=True)}
    wanted = {(u, i): g for u, one in enumerate(sets) for i, g in one.items() if (u, i) not in set(seen)}
    assert left == wanted
    fresh, hits = gains(lists_of(rows), unseen), gains(lists_of(rows), everything)
    assert ((fresh == 0) | (fresh == hits)).all()


def test_repeat_hit_share_counts_hits_on_known_items():
    everything = relevance_of([{1: 1.0, 2: 1.0}, {3: 1.0, 4: 1.0}])
    unseen = drop_pairs(everything, np.array([0]), np.array([1]))
    lists = lists_of([[1, 2], [3, 9]])
    assert repeat_hit_share(lists, everything, unseen) == pytest.approx(1 / 3)
    assert math.isnan(repeat_hit_share(lists_of([[9], [9]]), everything, unseen))


def test_means_leave_nan_out_and_say_how_many_were_measured():
    values = np.array([1.0, math.nan, 3.0, math.nan])
    assert mean_measured(values) == 2
    assert math.isnan(mean_measured(np.array([math.nan])))
    means, counts = segment_means(values, np.array([0, 0, 0, 1]), 3)
    assert means[0] == 2
    assert np.isnan(means[1:]).all()
    assert counts.tolist() == [2, 0, 0]


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_segment_means_add_up_to_the_overall_mean(seed):
    rng = np.random.default_rng(seed)
    values, segment = rng.random(50), rng.integers(0, 4, 50)
    means, counts = segment_means(values, segment, 4)
    assert np.nansum(means * counts) / counts.sum() == pytest.approx(values.mean())
