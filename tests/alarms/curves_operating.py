"""How often a lift check fails, against the lift that is really there, through the judge's own code.

A segment's users are drawn from a world with a known lift; four more segments make it a family of ten checks, as in
a usual run, so that Holm's correction is at work.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from curves_worlds import METRICS, draw_users

from pytest_recsim.judge.holm import resamples_for
from pytest_recsim.judge.lift import Lift, LiftRules, measure_lifts
from pytest_recsim.judge.verdict import Outcome, judge_lifts

LIFTS = (-0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
USERS = (40, 100, 300, 1000)
RULES = ("point", "confident", "harmful")
SEGMENTS = 5
THRESHOLD = 0.10
GOOD = 0.6
"""True lift of the other segments."""

Pair = tuple[Lift, ...]


def measured(lift: float, users: int, runs: int, seed: int = 0) -> list[Pair]:
    """Both metrics of that many segments; the first n are the same whatever ``runs`` is."""
    rules = LiftRules(resamples=resamples_for(SEGMENTS * len(METRICS)), ends_hold=math.inf)
    pairs = []
    for run in range(runs):
        rng = np.random.default_rng([seed, round(100 * (1 + lift)), users, run])
        sample = draw_users(rng, lift, users)
        pairs.append(measure_lifts(f"s{run}", METRICS, sample[:, :2], sample[:, 2:], rules))
    return pairs


def outcomes(family: list[Pair], rule: str) -> list[Outcome]:
    lifts = [lift for pair in family for lift in pair]
    return [verdict.outcome for verdict in judge_lifts(lifts, [THRESHOLD] * len(lifts), rule)]


def one_segment(suspects: list[Pair], good: list[Pair], rule: str) -> dict[str, dict[str, int]]:
    """Both checks of one segment whose four neighbours are well off, by metric."""
    found = []
    for place, pair in enumerate(suspects):
        others = [good[(place * (SEGMENTS - 1) + step) % len(good)] for step in range(SEGMENTS - 1)]
        found.append(outcomes([pair, *others], rule)[: len(METRICS)])
    return {metric: _counts(mine) for metric, mine in zip(METRICS, zip(*found, strict=True), strict=True)}


def _counts(found: tuple[Outcome, ...]) -> dict[str, int]:
    enough = [outcome for outcome in found if outcome is not Outcome.NOT_MEASURED]
    return {"measured": len(enough), "failed": enough.count(Outcome.FAILED)}


def any_segment(pairs: list[Pair], rule: str) -> dict[str, Any]:
    """Whole runs: five segments with the same true lift; does any of the ten checks fail?"""
    families = [pairs[start : start + SEGMENTS] for start in range(0, len(pairs) - SEGMENTS + 1, SEGMENTS)]
    failed = sum(Outcome.FAILED in outcomes(family, rule) for family in families)
    return {"runs": len(families), "failed": failed}


def curves(runs: int, users: int) -> list[dict[str, Any]]:
    """One row per true lift."""
    good = measured(GOOD, users, runs, seed=1)
    rows = []
    for lift in LIFTS:
        pairs = measured(lift, users, runs)
        row = {"users": users, "lift": lift, "runs": runs, "ndcg_lift_sd": _spread(pairs)}
        row |= {"segment": {}, "segment_mrr": {}, "run": {}}
        for rule in RULES:
            mine = one_segment(pairs, good, rule)
            row["segment"][rule], row["segment_mrr"][rule] = mine["ndcg"], mine["mrr"]
            row["run"][rule] = any_segment(pairs, rule)
        rows.append(row)
    return rows


def _spread(pairs: list[Pair]) -> float | None:
    found = [pair[0].lift for pair in pairs if pair[0].lift is not None]
    return round(float(np.std(found)), 3) if found else None
