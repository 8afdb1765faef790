"""S3: a manual boost lifts its item, and more boost never lifts it less.

Proves: a manual boost on one item moves it up for the people who see that surface, by the documented amount.
How: five established users from the segments in turn, each on a surface of their own, 100 items long, by
relevance alone (lambda 1, caps off), because diversity may drop an item for reasons of its own. Two items each:
one at rank 8 to 12, one outside the usual list (rank 30 to 50). Both are boosted by 0.05, 0.2, 1 and 3.
Passes when: no rank gets worse as the boost rises and the best is reached at 3; the score is the one before
times (1 + boost) within 0.1 %, and no other item's score changes; the answer gives the boost as reason, with the
points it added. After cancelling the reason is gone and the rank is between those of two answers from before.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.simulation.subjects import PLAIN, boosts, none_of, score_of, spread, working

if TYPE_CHECKING:
    from pytest_recsim.plugin.check import Check
    from pytest_recsim.service.ask import Exchange
    from pytest_recsim.simulation import Simulation

USERS = 5
BOOSTS = (0.05, 0.2, 1.0, 3.0)
LENGTH = 100
QUESTION: dict[str, Any] = {"k": LENGTH, "overrides": PLAIN}
NEAR, FAR = range(8, 13), range(30, 51)
TOLERANCE = 1e-3
ROUNDING = 0.0051  # reasons have two decimals


@dataclass(frozen=True)
class Subject:
    """One boosted item of one user, with two answers from before, one per boost and one from after."""

    user: str
    item: str
    before: tuple[Exchange, Exchange]
    boosted: tuple[Exchange, ...]
    after: Exchange
    complete: bool  # every boost showed

    @property
    def who(self) -> str:
        return f"user {self.user}, item {self.item}"

    @property
    def ranks(self) -> list[int]:
        """The rank before and at every boost; behind the last when not listed."""
        return [shown.rank(self.item) or LENGTH + 1 for shown in (self.before[1], *self.boosted)]

    def error(self, boost: float, shown: Exchange) -> float:
        expected = score_of(self.before[1], self.item) * (1 + boost)
        return abs(score_of(shown, self.item) - expected) / expected

    def others_changed(self, shown: Exchange, boosted: set[str]) -> bool:
        """Whether the score of an item that is not boosted is another one than before."""
        scores = {item.item_id: item.score for item in self.before[1].answer.items}
        return any(
            abs(item.score - scores[item.item_id]) > TOLERANCE * abs(scores[item.item_id])
            for item in shown.answer.items
            if item.item_id in scores and item.item_id not in boosted
        )

    def reason_holds(self, boost: float, shown: Exchange) -> bool:
        """The reason gives what the boost added: score before x boost, whatever the clock did meanwhile."""
        added = score_of(shown, self.item) * boost / (1 + boost)
        told = list(boosts(shown, self.item).values())
        return len(told) == 1 and abs(told[0] - added) <= ROUNDING

    def back(self) -> bool:
        ranks = [shown.rank(self.item) for shown in self.before]
        rank = self.after.rank(self.item)
        return rank is not None and min(filter(None, ranks)) <= rank <= max(filter(None, ranks))


def pick(sim: Simulation, user: str, before: tuple[Exchange, Exchange]) -> list[str]:
    """One item near the middle of the usual list and one outside it, with a score in both answers."""
    rng, chosen = sim.rng(f"s3/{user}"), []
    for ranks in (NEAR, FAR):
        items = [before[0].ids[rank - 1] for rank in ranks if rank <= len(before[0].ids)]
        stable = [item for item in items if all(score_of(shown, item) > 0 for shown in before)]
        chosen += rng.sample(stable, min(1, len(stable)))
    return chosen if len(chosen) == 2 else []


def climb(sim: Simulation, user: str, surface: str) -> list[Subject]:
    """Boost both items of a user step by step; stop where a boost does not show; ask again without any."""
    before = (
        sim.recommend([user], surface=surface, **QUESTION)[user],
        sim.recommend([user], surface=surface, **QUESTION)[user],
    )
    boosted: list[Exchange] = []
    items = pick(sim, user, before)
    if not items:
        return []
    complete = True
    for boost in BOOSTS:
        with ExitStack() as held:
            at_work = working(
                [held.enter_context(sim.boost(surface, item, boost)).override_id for item in items]
            )
            boosted.append(sim.settled([user], surface, at_work, **QUESTION)[user])
        if not at_work(boosted[-1]):
            complete = False
            break
    after = sim.settled([user], surface, working([]), **QUESTION)[user]
    return [Subject(user, item, before, tuple(boosted), after, complete) for item in items]


@pytest.mark.scenario("S3")
def test_s03_boost_is_monotonic(sim: Simulation, check: Check) -> None:
    """More boost, never a worse rank; the score and the reason say by how much."""
    subjects: list[Subject] = []
    for number, user in enumerate(spread(sim, USERS, sim.established(2 * USERS))):
        subjects += climb(sim, user, sim.surface(f"s3-{number}"))
        if not all(subject.complete for subject in subjects):
            break  # boosts do not show at all: one user's evidence is enough
    check.need(
        subjects, "no subject's list reaches rank 30, so nothing outside the usual list can be boosted"
    )
    check.show("boosts", BOOSTS)
    check.show("ranks", {subject.who: subject.ranks for subject in subjects})

    judge_ranks(check, subjects)
    judge_effects(
        check, [(s, boost, shown) for s in subjects for boost, shown in zip(BOOSTS, s.boosted, strict=False)]
    )
    judge_return(check, subjects)


def judge_ranks(check: Check, subjects: list[Subject]) -> None:
    """Measure that ranks only improve, and that they do."""
    none_of(
        check,
        "subjects whose rank gets worse",
        [(s.who, s.boosted[-1]) for s in subjects if s.ranks != sorted(s.ranks, reverse=True)],
        n=len(subjects),
        definition="subjects with a worse rank at a higher boost (before, 0.05, 0.2, 1, 3)",
        knob="RULES_ENABLE",
    )
    none_of(
        check,
        "subjects not lifted by the highest boost",
        [
            (s.who, s.boosted[-1])
            for s in subjects
            if s.ranks[-1] != min(s.ranks) or s.ranks[-1] >= s.ranks[0]
        ],
        n=len(subjects),
        definition="subjects whose rank at the highest boost is not their best, or not better than before",
        knob="RULES_ENABLE",
    )


def judge_effects(check: Check, steps: list[tuple[Subject, float, Exchange]]) -> None:
    """Measure scores and reasons of boosted items."""
    none_of(
        check,
        "boosted scores that are off",
        [
            (f"{s.who}, boost {boost}", shown)
            for s, boost, shown in steps
            if not s.error(boost, shown) <= TOLERANCE
        ],
        n=len(steps),
        definition="score differs from the score before x (1 + boost) by more than 0.1 %",
        knob="RULES_ENABLE",
    )
    boosted: dict[str, set[str]] = {}
    for s, _, _ in steps:
        boosted.setdefault(s.user, set()).add(s.item)
    none_of(
        check,
        "lists with other items whose score changes",
        [
            (f"user {s.user}, boost {boost}", shown)
            for s, boost, shown in steps
            if s.others_changed(shown, boosted[s.user])
        ],
        n=len(steps),
        definition="lists with an item that is not boosted and whose score differs by more than 0.1 % from before",
        knob="RULES_ENABLE",
    )
    none_of(
        check,
        "boosts without their reason",
        [(f"{s.who}, boost {boost}", shown) for s, boost, shown in steps if not s.reason_holds(boost, shown)],
        n=len(steps),
        definition="no single reason `rule.boost:+x[rule]` with x = score before x boost (two decimals)",
        knob="RULES_ENABLE",
    )


def judge_return(check: Check, subjects: list[Subject]) -> None:
    """Measure that nothing is left of a cancelled boost."""
    none_of(
        check,
        "cancelled boosts that still show",
        [(s.who, s.after) for s in subjects if boosts(s.after, s.item)],
        n=len(subjects),
        definition="items with a `rule.boost` reason after the boost is cancelled",
        knob="RULES_CACHE_REFRESH",
    )
    none_of(
        check,
        "subjects that do not return to their rank",
        [(s.who, s.after) for s in subjects if not s.back()],
        n=len(subjects),
        definition="rank after cancelling outside the ranks in two answers from before",
        knob="RULES_CACHE_REFRESH",
    )
