"""S8: a fresh item can be promoted.

Proves: a product without any history can be brought in front of people by a manual boost.
How: a probe item with the tags of a middling popular one, written before the first list was asked for. It is
boosted by 1, 2.5, 5 and 10; exposure is the share of asked users who have it among their 20, with the boost
as the reason. A fresh item has no popularity. Somebody whose taste it fits sees it at score x (1 + boost).
For whom it is no candidate, the boost adds it with the boost itself as score (contract 8.5), and it is listed
where that beats the 20th item. Where it happens to be a candidate without any score, no boost can lift it,
and it may be one in the next answer and none in the one after that (contract 18).
Passes when: exposure at 10 is above that before and at least `s8_min_exposure`; no step loses more users than
chance explains (a user who lost the item by becoming such a scoreless candidate is no loss); an item that the
boost added is listed wherever the boost is above every other score; and the answer counts the exposure
exactly where the item is listed. The smallest sufficient boost is reported.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.judge.noise import falls_beyond_chance
from pytest_recsim.simulation.checks.needs import NO_PROBE, PROBE_EVERYWHERE, PROBE_USERS
from pytest_recsim.simulation.checks.subjects import NOBODY, boosts, none_of, scores, spread, working

if TYPE_CHECKING:
    from pytest_recsim import Check, Exchange, Simulation
    from pytest_recsim.record.asked import Limit

    Lists = dict[str, Exchange]
    Ladder = dict[float, Lists]
    Seen = dict[float, set[str]]

BOOSTS = (1.0, 2.5, 5.0, 10.0)
LEVEL = 0.01  # probability of calling chance a fall, over all steps together


def exposed(lists: Lists, item: str, *, boosted: bool) -> set[str]:
    """Users who have the item in their list; under a boost only where the answer gives that as a reason."""
    return {user for user, shown in lists.items() if (boosts(shown, item) if boosted else item in shown.ids)}


def added(shown: Exchange) -> bool:
    """Whether the boost had to bring the item in, so that its score is the boost itself."""
    return shown.answer.trace.extras.policy.rule_boost_injected > 0


def climb(sim: Simulation, users: list[str], item: str) -> Ladder:
    """The users' lists at every boost, as far as boosts show at all."""
    surface = sim.surface("s8")
    lists = {0.0: sim.unchanged(users, surface)}
    for boost in BOOSTS:
        with sim.boost(surface, item, boost) as handle:
            at_work = working([handle.override_id])
            lists[boost] = sim.settled(users, surface, at_work)
        if not at_work(lists[boost][users[0]]):
            break
    return lists


@pytest.mark.scenario("S8")
def test_s08_fresh_item_can_be_promoted(sim: Simulation, check: Check) -> None:
    """More boost, never less exposure than by chance, and enough of it at 10."""
    check.need(not sim.rules_off, sim.rules_off)
    item, users = sim.probe_id, spread(sim, PROBE_USERS)
    check.need(item is not None, NO_PROBE)
    check.need(users, NOBODY)
    probe = str(item)
    lists = climb(sim, users, probe)
    seen = {boost: exposed(answers, probe, boosted=boost > 0) for boost, answers in lists.items()}
    shares = {boost: len(found) / len(users) for boost, found in seen.items()}
    check.need(shares[0.0] < 1, PROBE_EVERYWHERE)

    least = sim.limit("s8_min_exposure")
    enough = [b for b, share in shares.items() if share >= float(least.value) and share > shares[0.0]]
    check.show("probe", {"item": probe, "tags_of": sim.probe_source, "users": users})
    check.show("exposure", [step(boost, answers, seen[boost]) for boost, answers in lists.items()])
    check.show("smallest_sufficient_boost", enough[0] if enough else None)
    judge_exposure(sim, check, lists, seen, probe, least)
    judge_answers(check, lists, probe)


def step(boost: float, answers: Lists, seen: set[str]) -> dict[str, float]:
    """One row of evidence: how many users see the item, and what the boost had to start from."""
    brought = sum(map(added, answers.values()))
    unlisted = sum(user not in seen and not added(shown) for user, shown in answers.items())
    return {
        "boost": boost,
        "exposure": len(seen) / len(answers),
        "answers_to_which_the_boost_added_it": brought,
        "answers_where_it_was_a_candidate_and_not_lifted": unlisted if boost else 0,
    }


def losses(lists: Ladder, seen: Seen, one: float, other: float) -> int:
    """Users who lose the item from one boost to the next, unless it only then became a candidate for them."""
    turned = {user for user in seen[one] if added(lists[one][user]) and not added(lists[other][user])}
    return len(seen[one] - seen[other] - turned)


def fallen(lists: Ladder, seen: Seen, *, steady: bool) -> list[str]:
    """Steps at which exposure falls: at all where equal questions give equal lists, else beyond chance."""
    found, level = [], LEVEL / max(1, len(lists) - 1)
    for one, other in pairwise(lists):
        lost, gained = losses(lists, seen, one, other), len(seen[other] - seen[one])
        if lost > gained if steady else falls_beyond_chance(lost, gained, level):
            found.append(f"{one:g} to {other:g}")
    return found


def judge_exposure(
    sim: Simulation, check: Check, lists: Ladder, seen: Seen, probe: str, least: Limit
) -> None:
    """Measure that exposure rises, never falls by more than chance, and is enough."""
    users, highest = len(lists[0.0]), max(lists)
    before, after = len(seen[0.0]) / users, len(seen[highest]) / users
    unseen = next((shown for shown in lists[highest].values() if probe not in shown.ids), None)
    facts: dict[str, Any] = {"n": users, "knob": "RULES_ENABLE, MMR_LAMBDA", "exchange": unseen}
    steps = ", ".join(f"{len(found)} at {boost:g}" for boost, found in seen.items())
    told = f"of {users} users see the item, by boost: {steps}"
    scoreless = sum(not added(shown) and probe not in shown.ids for shown in lists[highest].values())
    if scoreless:
        told += f"; {scoreless} had it as a candidate at {highest:g} that the boost did not lift"
    steady = not any(noise.differing for noise in sim.noise.values())
    falls = fallen(lists, seen, steady=steady)
    meaning = (
        "fewer users"
        if steady
        else f"fewer users than chance explains (sign test, level {LEVEL} over all steps)"
    )
    check.at_most(
        "falls of exposure as the boost rises",
        len(falls),
        0,
        definition=f"steps after which {meaning} see the item; {told}",
        who=", ".join(falls),
        **facts,
    )
    check.at_least("exposure at the highest boost", after, least, definition=told, **facts)
    check.that(
        "exposure rises",
        after > before,
        expected=f"more than {before:.3f}, the exposure without a boost",
        got=f"{after:.3f} at boost {highest:g}",
        definition=told,
        **facts,
    )


def judge_answers(check: Check, lists: Ladder, probe: str) -> None:
    """Measure every answer under a boost on its own."""
    answers = [
        (f"user {user}, boost {boost}", boost, shown)
        for boost, found in lists.items()
        if boost
        for user, shown in found.items()
    ]
    brought = [
        (who, shown)
        for who, boost, shown in answers
        if added(shown)
        and boost > max((score for item, score in scores(shown).items() if item != probe), default=0.0)
    ]
    if brought:
        none_of(
            check,
            "answers that add the item and do not list it",
            [(who, shown) for who, shown in brought if probe not in shown.ids],
            n=len(brought),
            definition=(
                "the trace says that the boost added the item, the boost is above every other "
                "score, and it is not listed"
            ),
            knob="RULES_ENABLE",
        )
    none_of(
        check,
        "answers that count the exposure wrongly",
        [
            (who, shown)
            for who, _, shown in answers
            if shown.answer.trace.extras.policy.rule_boost_exposure != int(probe in shown.ids)
        ],
        n=len(answers),
        definition="`policy.rule_boost_exposure` is not 1 where the item is listed, or not 0 where it is not",
        knob="RULES_ENABLE",
    )
