#!/usr/bin/env bash
# A recommender that gives no list to the users it cannot please gets a better mean.
# pytrec-eval-terrier 0.5.11 (Python 3.11, Linux, November 2026): four users with one relevant item each. A run that serves
# two of them well and two badly has a mean reciprocal rank of 0.5 over 4 users. The same run without the two bad lists
# has 1.0, because a user who is in the judgements and not in the run is left out of the result instead of counting 0, and
# nothing says that half of the users are missing. ir_measures 0.4.3, which calls the same code, counts them as 0: 0.5.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q pytrec-eval-terrier==0.5.11 ir-measures==0.4.3
cd "$work"
"$work/env/bin/python" - <<'CHECK'
import ir_measures
import pytrec_eval

judged = {f"u{number}": {"good": 1} for number in range(4)}
everybody = {user: {"good" if number < 2 else "bad": 1.0} for number, user in enumerate(judged)}
happy = {user: everybody[user] for user in ("u0", "u1")}


def of_pytrec_eval(run):
    found = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(run)
    return len(found), sum(one["recip_rank"] for one in found.values()) / len(found)


def of_ir_measures(run):
    return ir_measures.calc_aggregate([ir_measures.RR], judged, run)[ir_measures.RR]


print("pytrec_eval, users and mean:", of_pytrec_eval(everybody), of_pytrec_eval(happy))
print("ir_measures, mean:", of_ir_measures(everybody), of_ir_measures(happy))
assert (of_pytrec_eval(everybody), of_pytrec_eval(happy)) == ((4, 0.5), (2, 1.0))
assert (of_ir_measures(everybody), of_ir_measures(happy)) == (0.5, 0.5)
CHECK
