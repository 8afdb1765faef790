#!/usr/bin/env bash
# One table of catboost's ranking metrics moves NDCG and MRR apart by users who cannot be judged at all.
# catboost 1.2.10 (Python 3.11, Linux, November 2026): eval_metric over one user whose relevant item stands second of two,
# and over the same user beside another who has nothing relevant. The second user counts 1 in NDCG and RecallAt, and 0 in
# MRR, MAP and PrecisionAt: NDCG rises from 0.63 to 0.82 while MRR falls from 0.5 to 0.25, for the same ranking.
# So with many empty holdouts NDCG flatters a model and MRR punishes it; leave such users out before asking.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q catboost==1.2.10
cd "$work"
"$work/env/bin/python" - <<'CHECK'
from catboost.utils import eval_metric

METRICS = ("NDCG:top=2", "RecallAt:top=2", "MRR:top=2", "MAP:top=2", "PrecisionAt:top=2")


def measured(relevance, scores, users):
    return [round(eval_metric(relevance, scores, one, group_id=users)[0], 4) for one in METRICS]


judged = measured([0, 1], [0.9, 0.1], [0, 0])
beside_an_empty_holdout = measured([0, 1, 0, 0], [0.9, 0.1, 0.9, 0.1], [0, 0, 1, 1])
print(*METRICS, sep=" | ")
print("one judged user:          ", judged)
print("and one without a holdout:", beside_an_empty_holdout)
assert judged == [0.6309, 1.0, 0.5, 0.5, 0.5], judged
assert beside_an_empty_holdout == [0.8155, 1.0, 0.25, 0.25, 0.25], beside_an_empty_holdout
CHECK
