#!/usr/bin/env bash
# NDCG is 1 when the only relevant item is in second place, so a swap at the top of the list cannot be seen.
# LensKit 2025.8.1 (Python 3.11, Linux, November 2026), NDCG(10) of a list of four with one relevant item at rank
#   1: 1.0   2: 1.0   3: 0.6309   4: 0.5
# and with grades 1 and 3 at ranks 1 and 2 NDCG(10, gain="rating") is 1.0 too, although the better item is second.
# The default weight is that of the first paper, in which ranks 1 and 2 weigh the same; the page of `LogRankWeight` says
# it, the one of `NDCG` names only the logarithm. Most other packages give 0.6309 for rank 2. So a model that puts the wrong
# item on top passes, and figures from here and from elsewhere must not share a table. NDCG(10, weight=
# LogRankWeight(offset=1)) is the usual one: 1.0, 0.6309, 0.5, 0.4307, and 0.7967 for the grades.
# The install brings PyTorch and can take several gigabytes until it is removed. Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q lenskit==2025.8.1
cd "$work"
"$work/env/bin/python" -W ignore - <<'CHECK'
from lenskit.data import ItemList
from lenskit.metrics import NDCG
from lenskit.metrics.ranking import LogRankWeight

ITEMS = ["a", "b", "c", "d"]


def measured(**weight):
    shown = ItemList(item_ids=ITEMS, ordered=True)
    single = [NDCG(10, **weight).measure_list(shown, ItemList(item_ids=[item])) for item in ITEMS]
    grades = ItemList(item_ids=["a", "b"], rating=[1.0, 3.0])
    graded = NDCG(10, gain="rating", **weight).measure_list(shown, grades)
    return [round(float(one), 4) for one in (*single, graded)]


default, usual = measured(), measured(weight=LogRankWeight(offset=1))
print("ranks 1 to 4 and the grades, default:", default)
print("ranks 1 to 4 and the grades, offset 1:", usual)
assert default == [1.0, 1.0, 0.6309, 0.5, 1.0], default
assert usual == [1.0, 0.6309, 0.5, 0.4307, 0.7967], usual
CHECK
