"""What stopping early costs in wrong verdicts, and what it saves: one world, three judges of the same checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from early_worlds import COVERAGE, TAIL, THRESHOLD, World, asked, draw_world

from pytest_recsim.judge.catalogue import catalogue_coverage, long_tail_share
from pytest_recsim.judge.held import Held
from pytest_recsim.judge.lift import LiftRules, measure_lifts
from pytest_recsim.judge.verdict import Outcome, Rule, judge_lifts


@dataclass(frozen=True)
class Counted:
    """One world.

    Attributes:
        clear: whether every true lift is far from its threshold.
        users, asked: who might have been asked, and who was.
        checks: lifts, coverage and long tail.
        early_wrong, full_wrong: checks whose verdict is not that of the truth.
        differing: checks on which both disagree.
    """

    clear: bool
    users: int
    asked: int
    checks: int
    early_wrong: int
    full_wrong: int
    differing: int


def count_world(seed: int, rule: Rule = "point", most: int = 60_000) -> Counted:
    """Judge a world with all its users and with as many as it takes."""
    world = draw_world(seed, most)
    checks = world.checks(rule)
    stopping = asked(world, checks, seed)
    full = full_verdicts(world, checks, rule)
    truth = true_verdicts(world, checks)
    judged = [place for place, one in enumerate(checks) if one.kind != "full"]
    early = {}
    for place in judged:
        state = stopping.outcome(place).state
        everybody = stopping.asked == len(world.population.strata)
        as_ever = everybody or state in ("open", "whole")  # then the judge says it
        early[place] = full[place] if as_ever else state == "passed"
    return Counted(
        clear=world.clear,
        users=len(world.population.strata),
        asked=stopping.asked,
        checks=len(judged),
        early_wrong=int(sum(early[place] != truth[place] for place in judged)),
        full_wrong=int(sum(full[place] != truth[place] for place in judged)),
        differing=int(sum(early[place] != full[place] for place in judged)),
    )


def true_verdicts(world: World, checks: list[Held]) -> dict[int, bool]:
    """Whether each check should pass: lifts and long tail over very many users, coverage over these users' lists."""
    found = {}
    for place, one in enumerate(checks):
        if one.kind == "lift":
            found[place] = world.lifts[one.stratum] >= THRESHOLD
        elif one.kind == "tail":
            found[place] = world.tail >= TAIL
        elif one.kind == "coverage":
            found[place] = catalogue_coverage(world.lists, world.population.available) >= COVERAGE
    return found


def full_verdicts(world: World, checks: list[Held], rule: Rule) -> dict[int, bool]:
    """What the judge says of everybody's lists."""
    people = world.population
    found = {
        place: catalogue_coverage(world.lists, people.available) >= COVERAGE
        if one.kind == "coverage"
        else long_tail_share(world.lists, people.head) >= TAIL
        for place, one in enumerate(checks)
        if one.kind in ("coverage", "tail")
    }
    places = [place for place, one in enumerate(checks) if one.kind == "lift"]
    if rule == "point":
        for place in places:
            one = checks[place]
            rows = (people.strata == one.stratum) & ~np.isnan(people.popular[:, one.column])
            mine, popular = world.mine[rows, one.column], people.popular[rows, one.column]
            found[place] = bool(mine.mean() / popular.mean() - 1 >= one.threshold)
        return found
    lifts = [
        lift
        for segment in range(len(world.lifts))
        for lift in measure_lifts(
            str(segment),
            ("ndcg", "mrr"),
            world.mine[people.strata == segment],
            people.popular[people.strata == segment],
            LiftRules(ends_hold=1.0),  # 1,000 resamples will do to count with
        )
    ]
    verdicts = judge_lifts(lifts, [THRESHOLD] * len(lifts), rule)
    return found | {
        place: verdict.outcome is Outcome.PASSED for place, verdict in zip(places, verdicts, strict=True)
    }
