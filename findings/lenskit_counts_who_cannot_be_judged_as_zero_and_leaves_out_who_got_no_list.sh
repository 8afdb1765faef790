#!/usr/bin/env bash
# The mean counts users without anything to find as 0, and leaves out users who got no list: each the wrong way round.
# LensKit 2025.8.1 (Python 3.11, Linux, November 2026), `RunAnalysis` with NDCG, Recall and RecipRank at 10, mean of
# `list_summary`; every list that there is hits at rank 1:
#   2 users with lists, both with test items:          1.0, 1.0, 1.0
#   2 users with lists, one of them without test items: 0.5, 0.5, 0.5
#   2 users with test items, one of them not in the run: 1.0, 1.0, 1.0
# `add_metric` documents its default of 0 as the value "when a user does not have recommendations". But the analysis goes
# through the lists of the run, so such a user never comes up; the missing values that it fills with 0 are those of users who
# cannot be judged (per list they are NaN, as the metric says). A logged line counts lists without test data; nothing tells of
# users without a list. So a split that leaves some users nothing to find halves every figure, and a model that fails for
# its difficult users gets a better one. Keep only users with test items, and give the others an empty list (that counts 0).
# The install brings PyTorch and can take several gigabytes until it is removed. Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q lenskit==2025.8.1
cd "$work"
"$work/env/bin/python" -W ignore - <<'CHECK'
from lenskit.data import ItemList, ItemListCollection
from lenskit.metrics import NDCG, Recall, RecipRank, RunAnalysis


def collected(lists):
    found = ItemListCollection(["user_id"])
    for user, items in lists.items():
        found.add(ItemList(item_ids=items, ordered=True), user_id=user)
    return found


def measured(shown, wanted):
    metrics = [NDCG(10), Recall(10), RecipRank(10)]
    result = RunAnalysis(*metrics).measure(collected(shown), collected(wanted))
    means = result.list_summary()["mean"]
    return [float(means[one.label]) for one in metrics], result.list_metrics(fill_missing=False)


one, two = {1: ["a", "b"]}, {1: ["a", "b"], 2: ["a", "b"]}
test_of_one, test_of_two = {1: ["a"]}, {1: ["a"], 2: ["a"]}
everybody, _ = measured(two, test_of_two)
unjudged, per_list = measured(two, test_of_one)
unserved, _ = measured(one, test_of_two)
empty, _ = measured({**one, 2: []}, test_of_two)
print("both served and judged:", everybody)
print("one without test items:", unjudged, "per list:", per_list.loc[2].tolist())
print("one not in the run:", unserved, "with an empty list instead:", empty)
assert everybody == [1.0, 1.0, 1.0], everybody
assert unjudged == [0.5, 0.5, 0.5], unjudged
assert per_list.loc[2].isna().all(), per_list
assert unserved == [1.0, 1.0, 1.0], unserved
assert empty == [0.5, 0.5, 0.5], empty
CHECK
