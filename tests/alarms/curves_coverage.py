"""How often the 95 % interval contains the truth, among samples that the enough-data rule lets through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from curves_worlds import METRICS, SIZES, Invented, Shop, World

from pytest_recsim.judge.bootstrap import bootstrap_lift
from pytest_recsim.judge.lift import LiftRules

USERS = (40, 60, 100, 300, 1000)
BLOCK = 250
"""Samples judged together: as columns of one call they share the weights, which is faster and no less honest."""
FEW_HITS = 14
"""A world whose baseline is expected to hit for fewer users is hardly ever let through."""


HARD_USERS = (40, 100, 300)
FEW_RATES = {40: 0.35, 100: 0.15}
"""The baseline hits for 14 or 15 users on average."""


@dataclass(frozen=True)
class Covered:
    """Shares of the samples let through: the interval contains the truth, lies above it, lies below it."""

    inside: float
    above: float
    below: float
    let_through: float


def worlds(users: int) -> list[World]:
    """Return every world that is measured at this size."""
    shops: list[World] = [Shop(metric, lift) for metric in METRICS for lift in (-0.2, 0.1, 0.6)]
    return shops + [
        Invented(size, rate, times, together, alike)
        for size in SIZES
        for rate in (0.15, 0.35, 0.6)
        for times in (0.7, 1.0, 1.5)
        for together, alike in ((0.0, 0.0), (0.7, 0.0), (0.7, 0.7))
        if rate * users >= FEW_HITS
    ]


def hard_worlds(users: int) -> list[tuple[str, World]]:
    """Return worlds in which almost nobody decides the lift, with the name of their kind; few sizes have any."""
    found: list[tuple[str, World]] = []
    for size in SIZES:
        if users in HARD_USERS:
            kind = f"lists that agree for nine of ten, {size}"
            found += [
                (kind, Invented(size, rate, times, 0.9, 0.9))
                for rate in (0.35, 0.6)
                for times in (0.7, 1.0, 1.5)
            ]
        if users in FEW_RATES:
            world = Invented(size, FEW_RATES[users], times=0.15, together=0.0)
            found.append((f"service hits for about two users, {size}", world))
    return found


def coverage(world: World, users: int, runs: int, seed: int) -> Covered:
    """Draw samples until ``runs`` were let through, and look where the truth lies."""
    rules = LiftRules()
    assert users >= rules.min_segment_users
    rng = np.random.default_rng(seed)
    above = below = kept = tried = 0
    while kept < runs:
        values, baseline = world.draw(rng, (users, BLOCK))
        enough = np.count_nonzero(baseline, axis=0) >= rules.min_baseline_hits
        tried += BLOCK
        if not enough.any():
            continue
        lifts = bootstrap_lift(values[:, enough], baseline[:, enough], seed=tried + seed)
        above += sum(lift.low > world.truth for lift in lifts)
        below += sum(lift.high < world.truth for lift in lifts)
        kept += len(lifts)
    return Covered(1 - (above + below) / kept, above / kept, below / kept, kept / tried)
