"""NDCG, MRR and recall of many users, beside the two libraries that do the same.

Everybody starts from what a harness holds in its hands: per user a list of item ids and a dict of grades. The
conversion into each library's own form is timed with it. Grades are integers, because ranx cuts fractions off and
pytrec_eval refuses them.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from pytest_recsim.judge.ranking import rank_metrics
from pytest_recsim.judge.relevance import build_relevance

USERS, ITEMS, SLOTS = 100_000, 1000, 20
Slates = tuple[list[list[str]], list[dict[str, int]]]


def make_slates(users: int, rng: np.random.Generator) -> Slates:
    """Twenty distinct items and one to eleven graded items per user."""
    names = [f"item-{position:05d}" for position in range(ITEMS)]
    offset, stride = rng.integers(0, ITEMS, users), rng.choice([3, 7, 9, 11, 13, 17, 19, 21], users)
    positions = (offset[:, None] + stride[:, None] * np.arange(SLOTS)) % ITEMS
    answers = [[names[position] for position in row] for row in positions.tolist()]
    truth = [
        {names[position]: grade for position, grade in zip(items, grades, strict=True)}
        for items, grades in (
            (rng.integers(0, ITEMS, size).tolist(), rng.integers(1, 6, size).tolist())
            for size in rng.integers(1, 12, users)
        )
    ]
    return answers, truth


def ours(slates: Slates) -> object:
    answers, truth = slates
    index = {f"item-{position:05d}": position for position in range(ITEMS)}
    lengths = np.fromiter(map(len, answers), dtype=np.int64, count=len(answers))
    lists = np.full((len(answers), SLOTS), -1, dtype=np.int32)
    flat = map(index.__getitem__, chain.from_iterable(answers))
    lists[np.arange(SLOTS) < lengths[:, None]] = np.fromiter(flat, dtype=np.int32, count=int(lengths.sum()))
    sizes = np.fromiter(map(len, truth), dtype=np.int64, count=len(truth))
    items = np.fromiter(map(index.__getitem__, chain.from_iterable(truth)), np.int32, int(sizes.sum()))
    grades = np.fromiter(chain.from_iterable(one.values() for one in truth), np.float64, int(sizes.sum()))
    users = np.repeat(np.arange(len(truth), dtype=np.int32), sizes)
    return rank_metrics(lists, build_relevance(users, items, grades, len(truth), ITEMS))


def scored(slates: Slates) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """The form that both libraries take: dicts of dicts, ranks as falling scores."""
    answers, truth = slates
    run = {
        f"u{user}": {item: float(SLOTS - rank) for rank, item in enumerate(row)}
        for user, row in enumerate(answers)
    }
    return {f"u{user}": grades for user, grades in enumerate(truth)}, run


def pytrec(slates: Slates) -> object:
    import pytrec_eval

    qrels, run = scored(slates)
    measures = {"ndcg_cut.10", "recip_rank", "recall.20"}
    return pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)


def ranx(slates: Slates) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ranx  # type: ignore[import-untyped]

        qrels, run = scored(slates)
        return ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), ["ndcg_burges@10", "mrr@10", "recall@20"])


TARGETS = {
    other: Target(
        f"metrics-{other.__name__}", "metrics", f"NDCG, MRR and recall of {USERS:,} users with conversion", limit,
        at_most=False, unit="users per s", beside=name,
    )
    for other, name, limit in ((pytrec, "pytrec_eval", 7), (ranx, "ranx", 70))
}  # fmt: skip


def rate(work: Callable[[Slates], object], slates: Slates) -> float:
    start = time.perf_counter()
    work(slates)
    return len(slates[1]) / (time.perf_counter() - start)


def measure(bench: Bench) -> Iterator[Row]:
    rng = np.random.default_rng(1)
    slates, few = make_slates(USERS, rng), make_slates(200, rng)
    ours(few)
    for other, target in TARGETS.items():
        try:
            other(few)  # ranx compiles
        except ImportError:
            yield target.missed(f"{target.beside} is not installed")
            continue
        pairs = [(rate(ours, slates), rate(other, slates)) for _ in range(bench.repeat)]
        yield target.row([mine for mine, _ in pairs], [its for _, its in pairs])


PART = Part("metrics", "how fast the judge computes", tuple(TARGETS.values()), measure)
