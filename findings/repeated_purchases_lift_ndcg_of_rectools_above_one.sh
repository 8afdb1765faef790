#!/usr/bin/env bash
# An item that was bought four times in the holdout counts as four hits, and NDCG leaves the range that its page promises.
# RecTools 0.19.0 (Python 3.11, Linux, November 2026): the user bought item 0 four times and item 7 once; the list has
# item 0 first and item 7 not at all. Metrics at 5:
#   holdout with the repeats:    NDCG 1.3566 (the same with divide_by_achievable), recall 0.8, MAP 0.8
#   holdout without the repeats: NDCG 0.3392 (0.6131 with divide_by_achievable), recall 0.5, MAP 0.5
# There is no warning, although the documentation says that NDCG lies between 0 and 1. Only NDCG can show by its size that
# something is wrong: recall and MAP stay below 1 and look like a better model. A log of purchases or plays has such
# repeats by nature, so a change that only favours what users buy again wins. Drop repeated pairs before measuring.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q rectools==0.19.0
cd "$work"
"$work/env/bin/python" - <<'CHECK'
import warnings

import pandas as pd
from rectools.metrics import MAP, NDCG, Recall, calc_metrics

METRICS = {"ndcg": NDCG(5), "achievable": NDCG(5, divide_by_achievable=True), "recall": Recall(5), "map": MAP(5)}


def measured(bought):
    shown = pd.DataFrame({"user_id": 1, "item_id": [0, 1, 2, 3, 4], "rank": [1, 2, 3, 4, 5]})
    holdout = pd.DataFrame({"user_id": 1, "item_id": bought})
    found = calc_metrics(METRICS, shown, holdout)
    return {name: round(float(found[name]), 4) for name in METRICS}


with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    repeated = measured([0, 0, 0, 0, 7])
once = measured([0, 7])
print("with repeats:", repeated, "warnings:", len(warned))
print("without repeats:", once)
assert repeated == {"ndcg": 1.3566, "achievable": 1.3566, "recall": 0.8, "map": 0.8}, repeated
assert once == {"ndcg": 0.3392, "achievable": 0.6131, "recall": 0.5, "map": 0.5}, once
assert not warned, [str(one.message) for one in warned]
CHECK
