"""How fast the judge is, beside what else does the same: prints ratios, writes JSON with ``--json FILE``.

    python benchmarks/bench_judge.py [--users 100000] [--json out.json]

Everybody starts from what a harness holds in its hands: per user a list of item ids and a dict of grades. The
conversion into each library's own form is timed with it. Grades are integers, because ranx cuts fractions off and
pytrec_eval refuses them. Ours are medians of five, the others' of three (ranx of one, after it has compiled).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable
from itertools import chain, combinations
from pathlib import Path

import numpy as np

from pytest_recsim.judge.bootstrap import bootstrap_lift
from pytest_recsim.judge.catalogue import catalogue_coverage, head_items, long_tail_share, novelty
from pytest_recsim.judge.means import segment_means
from pytest_recsim.judge.ranking import rank_metrics
from pytest_recsim.judge.relevance import build_relevance
from pytest_recsim.judge.similarity import intra_list_similarity, pack_tags

ITEMS, TAGS, SLOTS = 1000, 200, 20
Slates = tuple[list[list[str]], list[dict[str, int]]]


def timed(work: Callable[[], object], repeats: int) -> float:
    """Median wall time in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


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


def ranx_scores(slates: Slates) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ranx

        qrels, run = scored(slates)
        return ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), ["ndcg_burges@10", "mrr@10", "recall@20"])


def bench_ranking(users: int, rng: np.random.Generator) -> dict[str, float]:
    slates, few = make_slates(users, rng), make_slates(200, rng)
    result = {"ours_s": timed(lambda: ours(slates), 5)}
    for name, work, repeats in (("pytrec_eval", pytrec, 3), ("ranx", ranx_scores, 1)):
        try:
            work(few)
        except ImportError:
            continue
        result[f"{name}_s"] = timed(lambda work=work: work(slates), repeats)  # type: ignore[misc]
        result[f"times_{name}"] = result[f"{name}_s"] / result["ours_s"]
    return result


def random_lists(users: int, rng: np.random.Generator) -> np.ndarray:
    start, stride = rng.integers(0, ITEMS, users), rng.choice([3, 7, 9, 11, 13], users)
    return ((start[:, None] + stride[:, None] * np.arange(SLOTS)) % ITEMS).astype(np.int32)


def bench_catalogue(users: int, rng: np.random.Generator) -> dict[str, float]:
    lists, available = random_lists(users, rng), rng.random(ITEMS) < 0.95
    head = head_items(np.flatnonzero(available), ITEMS)
    counts, values, segment = rng.integers(0, 500, ITEMS), rng.random(users), rng.integers(0, 5, users)

    def work() -> None:
        catalogue_coverage(lists, available)
        long_tail_share(lists, head)
        novelty(lists, counts, int(counts.sum()))
        segment_means(values, segment, 5)

    return {"coverage_long_tail_novelty_means_s": timed(work, 7)}


def bench_bootstrap(users: int, rng: np.random.Generator) -> dict[str, float]:
    baseline = rng.random((users, 10)) * (rng.random((users, 10)) < 0.3)
    values = rng.random((users, 10)) * (rng.random((users, 10)) < 0.4)
    own = timed(lambda: bootstrap_lift(values, baseline, seed=1), 5)

    def by_index() -> None:
        drawn = rng.integers(0, users, users)
        values[drawn].mean(axis=0) / baseline[drawn].mean(axis=0)

    drawing = timed(by_index, 5) * 1000
    return {"ours_s": own, "drawing_users_s_extrapolated": drawing, "times_drawing_users": drawing / own}


def bench_similarity(users: int, rng: np.random.Generator) -> dict[str, float]:
    lists = random_lists(users, rng)
    tags = [set(rng.integers(0, TAGS, 6).tolist()) for _ in range(ITEMS)]
    pairs = np.array([(item, tag) for item, some in enumerate(tags) for tag in some])

    def in_python() -> None:
        for row in lists[:, :10].tolist():
            alike = [len(a & b) / len(a | b) for a, b in combinations([tags[item] for item in row], 2)]
            sum(alike) / len(alike)

    own = timed(lambda: intra_list_similarity(lists, pack_tags(pairs[:, 0], pairs[:, 1], ITEMS, TAGS)), 5)
    plain = timed(in_python, 1)
    return {"ours_s": own, "python_sets_s": plain, "times_python_sets": plain / own}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    parts = (
        ("ndcg_mrr_recall", bench_ranking),
        ("catalogue", bench_catalogue),
        ("bootstrap_1000x10", bench_bootstrap),
        ("intra_list_similarity", bench_similarity),
    )
    report: dict[str, object] = {
        "users": options.users,
        "numpy": np.__version__,
        "load_average": os.getloadavg()[0],
    }
    print(
        f"{options.users} users, load average {os.getloadavg()[0]:.1f} (above the number of cores, times are inflated)"
    )
    for name, bench in parts:
        figures = report[name] = bench(options.users, rng)
        print(name, *(f"{key}={value:.4g}" for key, value in figures.items()), sep="  ", flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
