#!/usr/bin/env bash
# User 7's list holds item 7, bought: beir takes that hit away, because the two ids are the same text.
# beir 2.2.0 with pytrec-eval-terrier 0.5.11 (Python 3.11, Linux, November 2026): EvaluateRetrieval.evaluate treats a
# document with its query's id as the query itself (made for collections of questions) and deletes it **from the lists it
# was given**. Users and items numbered from 1 are the usual case in recommender data: recall of user 7 is 0.5 instead of 1.
# Asking again with ignore_identical_ids=False then changes nothing, since the hit is gone from the caller's own lists; a
# prefix on one side of the ids (u7, i7) gives the right figures.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q pytrec-eval-terrier==0.5.11 tqdm==4.70.1 datasets==5.2.0
"$work/env/bin/pip" install -q --no-deps beir==2.2.0 # its models are not needed to evaluate lists
cd "$work"
"$work/env/bin/python" - <<'CHECK'
from beir.retrieval.evaluation import EvaluateRetrieval

bought = {"7": {"7": 1, "8": 1}}


def recall(lists, truth, **words):
    return EvaluateRetrieval.evaluate(truth, lists, [10], **words)[2]["Recall@10"]


lists = {"7": {"7": 2.0, "8": 1.0}}
untouched = recall({"7": dict(lists["7"])}, bought, ignore_identical_ids=False)
by_default = recall(lists, bought)
asked_again = recall(lists, bought, ignore_identical_ids=False)
prefixed = recall({"u7": {"i7": 2.0, "i8": 1.0}}, {"u7": {"i7": 1, "i8": 1}})
print("Recall@10 of user 7, who bought items 7 and 8 and got both:", by_default, "; asked not to ignore:", untouched)
print("asked not to ignore after the first call:", asked_again, "; the list is now", lists)
print("with prefixed ids:", prefixed)
assert (untouched, by_default, asked_again, prefixed) == (1.0, 0.5, 0.5, 1.0)
assert lists == {"7": {"8": 1.0}}
CHECK
