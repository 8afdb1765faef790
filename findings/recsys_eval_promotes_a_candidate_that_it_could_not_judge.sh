#!/usr/bin/env bash
# A candidate is promoted when it could not be measured, and when it hits nothing for too few users.
# recsys-eval 0.2.0 (Python 3.11, Linux, November 2026), `run_gate` with its defaults; the incumbent has NDCG@10 of 1:
#   the candidate hits nothing, 60 users:    rejected
#   the candidate hits nothing, 40 users:    ungated, `promoted` is True (NDCG@10 is 0.0, the least is 50 users)
#   the candidate does not answer, 60 users: ungated, `promoted` is True, there are no metrics at all
# The gate's own documentation explains that it fails open, and it logs a warning; but the loop on the package's front
# page asks only `verdict.promoted` and so deploys all that is ungated. With `fail_open=False` the error of the third
# case comes out, but the second one is promoted all the same. Who gates on this has to ask for `Decision.PROMOTED`.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q recsys-eval==0.2.0
cd "$work"
"$work/env/bin/python" - <<'CHECK'
import logging
from datetime import datetime, timedelta

from recsys_eval import Fixture, Interaction, RelevancePolicy
from recsys_eval.gate import GatePolicy, run_gate

logging.disable(logging.CRITICAL)
CUT, DAY = datetime(2026, 1, 8), timedelta(days=1)


class Shows:
    def __init__(self, *items):
        self.items = items

    def prepare(self, candidates):
        pass

    def rank(self, user, k, exclude):
        return [item for item in self.items if item not in exclude][:k]


class Silent(Shows):
    def rank(self, user, k, exclude):
        raise TimeoutError("no answer")


def judged(candidate, users, **policy):
    likes = [
        Interaction(user=user, item=item, kind="like", weight=1.0, at=at)
        for user in range(users)
        for item, at in (("old", CUT - DAY), ("good", CUT + DAY))
    ]
    fixture = Fixture.from_interactions(
        likes,
        candidates=["old", "good", "bad", "worse"],
        holdout_start=CUT,
        holdout_end=CUT + 7 * DAY,
        policy=RelevancePolicy(positive_kinds=frozenset({"like"})),
    )
    gate = GatePolicy(gated_metrics=["ndcg@10", "recall@50"], **policy)
    result = run_gate(candidate, Shows("good", "bad"), fixture, policy=gate)
    return result.decision.value, result.promoted, result.candidate.values.get("ndcg@10")


misses = Shows("bad", "worse")
seen = {
    "misses, 60 users": judged(misses, 60),
    "misses, 40 users": judged(misses, 40),
    "silent, 60 users": judged(Silent(), 60),
    "misses, 40 users, fail_open=False": judged(misses, 40, fail_open=False),
}
try:
    judged(Silent(), 60, fail_open=False)
except TimeoutError as error:
    seen["silent, 60 users, fail_open=False"] = f"TimeoutError: {error}"
for case, found in seen.items():
    print(f"{case}: {found}")
assert list(seen.values()) == [
    ("rejected", False, 0.0),
    ("ungated", True, 0.0),
    ("ungated", True, None),
    ("ungated", True, 0.0),
    "TimeoutError: no answer",
], seen
CHECK
