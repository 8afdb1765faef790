#!/usr/bin/env bash
# A list with equal scores is read in the given order up to fifteen items, and in another one from sixteen on.
# ranx 0.3.21 (Python 3.11, Linux, November 2026): every item of the list has the score 1.0 and the first one is relevant.
# The reciprocal rank is 1 for 2, 10 and 15 items; for 16 items it is 1/15, for 20 items 1/19 and for 30 items 1/29: the
# first item has gone to the last place but one. So services that answer with ranks or with coarse scores get another MRR
# and NDCG only because the list is longer. Written with falling scores (1/rank), every length gives 1.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q ranx==0.3.21
cd "$work"
"$work/env/bin/python" -W ignore - <<'CHECK'
from ranx import Qrels, Run, evaluate


def reciprocal_rank(length, score):
    items = [f"d{place:02}" for place in range(length)]
    run = Run({"u": {item: score(rank) for rank, item in enumerate(items, 1)}})
    return float(evaluate(Qrels({"u": {items[0]: 1}}), run, "mrr"))


lengths = (2, 10, 15, 16, 20, 30)
tied = {length: round(reciprocal_rank(length, lambda rank: 1.0), 4) for length in lengths}
falling = {length: reciprocal_rank(length, lambda rank: 1 / rank) for length in lengths}
print("equal scores:", tied)
print("falling scores:", falling)
assert tied == {2: 1.0, 10: 1.0, 15: 1.0, 16: 0.0667, 20: 0.0526, 30: 0.0345}, tied
assert set(falling.values()) == {1.0}, falling
CHECK
