"""Golden rankings as two other people's packages see them.

    python tests/judge/golden_maker.py > tests/judge/golden/ranking.json

Grades are whole numbers, the only kind that both take as they are: pytrec_eval has linear gains, so it is fed
2**grade - 1; ranx has the exponential gain under the name ``ndcg_burges``.
"""

from __future__ import annotations

import json
import warnings
from importlib.metadata import version

import numpy as np

ITEMS = 60
EDGES = (
    ([*range(1, 10), 0, *range(10, 20)], {0: 1}),  # the only hit is on rank 10
    ([*range(1, 11), 0, *range(11, 20)], {0: 1}),  # and on rank 11
    ([*range(1, 20), 0], {0: 5, 30: 5}),  # and on rank 20
    ([*range(20)], dict.fromkeys(range(30), 2)),  # more relevant items than slots
    ([*range(20)], {item: 5 - item % 5 for item in range(20)}),  # everything is a hit, grades in steps
    ([3, 1, 2], {1: 1, 2: 3, 3: 2}),  # a short list, every item of it relevant
    ([7], {8: 4}),  # one slot, no hit
    ([*range(40, 60)], dict.fromkeys(range(20), 1)),  # a full list without a hit
)

IN_RANX = {
    "ndcg@10": "ndcg_burges@10",
    "mrr@10": "mrr@10",
    "recall@20": "recall@20",
    "map@10": "map@10",
    "hit_rate@10": "hit_rate@10",
}


def cases():
    """Lists of at most 20 items, best first, and whole grades 1 to 5 per user."""
    rng = np.random.default_rng(20261122)
    found = [(list(row), dict(grades)) for row, grades in EDGES]
    while len(found) < 60:
        row = rng.permutation(ITEMS)[: rng.integers(1, 21)].tolist()
        relevant = rng.permutation(ITEMS)[: rng.integers(1, 26)].tolist()
        found.append((row, {item: int(rng.integers(1, 6)) for item in relevant}))
    return found


def by_pytrec_eval(some):
    import pytrec_eval

    qrels = {
        f"u{n}": {f"i{i}": 2**grade - 1 for i, grade in grades.items()} for n, (_, grades) in enumerate(some)
    }
    run = {f"u{n}": {f"i{i}": float(-rank) for rank, i in enumerate(row)} for n, (row, _) in enumerate(some)}
    cut = {user: dict(list(slots.items())[:10]) for user, slots in run.items()}
    whole = pytrec_eval.RelevanceEvaluator(
        qrels, {"ndcg_cut.10", "recall.20", "map_cut.10", "success.10"}
    ).evaluate(run)
    first = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate(cut)
    return [
        {
            "ndcg@10": whole[user]["ndcg_cut_10"],
            "mrr@10": first[user]["recip_rank"],
            "recall@20": whole[user]["recall_20"],
            "map@10": whole[user]["map_cut_10"],
            "hit_rate@10": whole[user]["success_10"],
        }
        for user in qrels
    ]


def by_ranx(some):
    with warnings.catch_warnings():  # its own warnings are not ours to mend
        warnings.simplefilter("ignore")
        import ranx

        qrels = ranx.Qrels(
            {f"u{n}": {f"i{i}": g for i, g in grades.items()} for n, (_, grades) in enumerate(some)}
        )
        run = ranx.Run(
            {
                f"u{n}": {f"i{i}": 100.0 - rank for rank, i in enumerate(row)}
                for n, (row, _) in enumerate(some)
            }
        )
        ranx.evaluate(qrels, run, list(IN_RANX.values()))
    return [
        {ours: float(run.scores[theirs][f"u{n}"]) for ours, theirs in IN_RANX.items()}
        for n in range(len(some))
    ]


def golden():
    """The document: who made it, and per user the list, the grades and both packages' numbers."""
    some = cases()
    users = [
        {
            "list": row,
            "grades": {str(item): grade for item, grade in grades.items()},
            "pytrec_eval": one,
            "ranx": other,
        }
        for (row, grades), one, other in zip(some, by_pytrec_eval(some), by_ranx(some), strict=True)
    ]
    return {"made_with": {name: version(name) for name in ("pytrec-eval-terrier", "ranx")}, "users": users}


if __name__ == "__main__":
    document = golden()
    lines = ",\n  ".join(json.dumps(user) for user in document["users"])
    print(f'{{"made_with": {json.dumps(document["made_with"])},\n "users": [\n  {lines}\n]}}')
