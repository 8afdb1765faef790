"""S8: a fresh item can be promoted.

Proves: a product without any history can be brought in front of people by a manual boost.
How: a probe item with the tags of a middling popular one, written before the first list was asked for. It is
boosted by 1, 2.5, 5 and 10; exposure is the share of asked users who have it among their 20. A fresh item has
no popularity: somebody whose taste it fits sees it at score x (1 + boost), for everybody else the boost adds it
with the boost itself as score (contract 8.5), and it is listed where that beats the 20th item.
Passes when: exposure never falls as the boost rises, is above that before and at least `s8_min_exposure` at 10,
and the answer counts the exposure exactly where the item is listed. The smallest sufficient boost is reported.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.simulation.subjects import none_of, spread, working

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim.plan.model import Limit
    from pytest_recsim.plugin.check import Check
    from pytest_recsim.service.ask import Exchange
    from pytest_recsim.simulation import Simulation

    Ladder = dict[float, dict[str, Exchange]]

USERS = 15
BOOSTS = (1.0, 2.5, 5.0, 10.0)


def exposure(lists: Mapping[str, Exchange], item: str) -> float:
    return sum(item in shown.ids for shown in lists.values()) / len(lists)


def climb(sim: Simulation, users: list[str], item: str) -> Ladder:
    """The users' lists at every boost, as far as boosts show at all."""
    surface = sim.surface("s8")
    lists = {0.0: sim.recommend(users, surface=surface)}
    for boost in BOOSTS:
        with sim.boost(surface, item, boost) as handle:
            at_work = working([handle.override_id])
            lists[boost] = sim.settled(users, surface, at_work)
        if not at_work(lists[boost][users[0]]):
            break
    return lists


@pytest.mark.scenario("S8")
def test_s08_fresh_item_can_be_promoted(sim: Simulation, check: Check) -> None:
    """More boost, never less exposure, and enough of it at 10."""
    item, users = sim.probe_id, spread(sim, USERS)
    check.need(item is not None, "no probe item was written: no available, tagged item has seeded events")
    check.need(users, "nobody has holdout events, so there is nobody to ask for")
    probe = str(item)
    lists = climb(sim, users, probe)
    shares = {boost: exposure(answers, probe) for boost, answers in lists.items()}
    check.need(shares[0.0] < 1, "everybody sees the fresh item without any boost, so a boost cannot be seen")

    least = sim.limit("s8_min_exposure")
    enough = [b for b, share in shares.items() if share >= float(least.value) and share > shares[0.0]]
    check.show("probe", {"item": probe, "tags_of": sim.probe_source, "users": users})
    check.show("exposure", [{"boost": boost, "exposure": share} for boost, share in shares.items()])
    check.show("smallest_sufficient_boost", enough[0] if enough else None)
    judge_exposure(check, lists, probe, least)
    none_of(
        check,
        "answers that count the exposure wrongly",
        [
            (f"user {user}, boost {boost}", shown)
            for boost, answers in lists.items()
            for user, shown in answers.items()
            if boost and shown.answer.trace.extras.policy.rule_boost_exposure != int(probe in shown.ids)
        ],
        n=len(users) * (len(lists) - 1),
        definition="`policy.rule_boost_exposure` is not 1 where the item is listed, or not 0 where it is not",
        knob="RULES_ENABLE",
    )


def judge_exposure(check: Check, lists: Ladder, probe: str, least: Limit) -> None:
    """Measure that exposure never falls, rises, and is enough."""
    steps = [exposure(answers, probe) for answers in lists.values()]
    before, after = steps[0], steps[-1]
    unseen = next((shown for shown in lists[max(lists)].values() if probe not in shown.ids), None)
    facts: dict[str, Any] = {"n": len(lists[0.0]), "knob": "RULES_ENABLE, MMR_LAMBDA", "exchange": unseen}
    told = f"share of users with the item at boosts {list(lists)}: {[round(step, 3) for step in steps]}"
    falls = sum(later < earlier for earlier, later in pairwise(steps))
    check.at_most("falls of exposure as the boost rises", falls, 0, definition=told, **facts)
    check.at_least("exposure at the highest boost", after, least, definition=told, **facts)
    check.that(
        "exposure rises",
        after > before,
        expected=f"more than {before:.3f}, the exposure without a boost",
        got=f"{after:.3f} at boost {max(lists):g}",
        definition=told,
        **facts,
    )
