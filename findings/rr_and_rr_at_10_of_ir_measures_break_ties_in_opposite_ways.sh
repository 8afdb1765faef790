#!/usr/bin/env bash
# RR and RR@10 of one two-item list disagree, although a cut-off of ten cannot cut anything.
# ir_measures 0.4.3 with pytrec-eval-terrier 0.5.11 (Python 3.11, Linux, November 2026): items `a` and `b` have equal
# scores. With `b` relevant RR is 1 and RR@10 is 0.5; with `a` relevant it is the other way round (nDCG@10 goes with RR).
# The two are answered by different engines: one takes the higher id first, the other the lower one. So a table that holds
# RR for one model and RR@10 for another compares ways to break ties. With unequal scores the two agree.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q ir-measures==0.4.3 pytrec-eval-terrier==0.5.11
cd "$work"
"$work/env/bin/python" - <<'CHECK'
from ir_measures import RR, Qrel, ScoredDoc, calc_aggregate, nDCG


def measured(relevant, first, second):
    run = [ScoredDoc("u", "a", first), ScoredDoc("u", "b", second)]
    found = calc_aggregate([RR, RR @ 10, nDCG @ 10], [Qrel("u", relevant, 1)], run)
    return tuple(round(found[one], 4) for one in (RR, RR @ 10, nDCG @ 10))


tied = {relevant: measured(relevant, 1.0, 1.0) for relevant in "ab"}
apart = {relevant: measured(relevant, 2.0, 1.0) for relevant in "ab"}
print("RR, RR@10, nDCG@10 with equal scores:", tied)
print("RR, RR@10, nDCG@10 with a above b:", apart)
assert tied == {"a": (0.5, 1.0, 0.6309), "b": (1.0, 0.5, 1.0)}, tied
assert apart == {"a": (1.0, 1.0, 1.0), "b": (0.5, 0.5, 0.6309)}, apart
CHECK
