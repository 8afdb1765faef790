"""S2: a blocked tag disappears.

Proves: a BLOCK rule on a tag takes everything with that tag off the page, and nothing else breaks.
How: users from every segment; a plain tag (rules on tags do not see brand and category tags) that sits on 5 to
50 % of their slots before. The rule is switched on, then off again.
Passes when: with the rule the tag is on no slot and no list is empty; without it the tag is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.subjects import carries, none_of, spread

if TYPE_CHECKING:
    from pytest_recsim.plugin.check import Check
    from pytest_recsim.service.ask import Exchange
    from pytest_recsim.simulation import Simulation

    Lists = dict[str, Exchange]

USERS = 12
SHARE_BEFORE = (0.05, 0.50)
SHARE_BACK = 0.9  # of the slots before: on a live service ties may swap a slot or two


def slots(sim: Simulation, shown: Exchange, tag: str) -> int:
    return sum(carries(sim, item, tag) for item in shown.ids)


def total(sim: Simulation, lists: Lists, tag: str) -> int:
    return sum(slots(sim, shown, tag) for shown in lists.values())


def visible_tags(sim: Simulation, lists: Lists) -> list[str]:
    """Plain tags on 5 to 50 % of the slots."""
    size = sum(len(shown.ids) for shown in lists.values())
    tags = {
        tag
        for shown in lists.values()
        for item in shown.ids
        if item in sim.items
        for tag in sim.plain_tags(item)
    }
    low, high = SHARE_BEFORE
    return sorted(tag for tag in tags if low * size <= total(sim, lists, tag) <= high * size)


def blocked_and_back(sim: Simulation, users: list[str], tag: str) -> tuple[Lists, Lists]:
    """The lists while the tag is blocked and after the rule is disabled (not asked if the block never shows)."""
    surface = sim.surface("s2")
    with sim.rule(surface, "s2-block", action="BLOCK", target_type="TAG", target_key=tag) as rule:
        blocked = sim.settled(users, surface, lambda shown: slots(sim, shown, tag) == 0)
        if total(sim, blocked, tag):
            return blocked, blocked
        rule.disable()
        return blocked, sim.settled(users, surface, lambda shown: slots(sim, shown, tag) > 0)


@pytest.mark.scenario("S2")
def test_s02_blocked_tag_disappears(sim: Simulation, check: Check) -> None:
    """While a tag is blocked nobody sees it; afterwards it is back."""
    users = spread(sim, USERS)
    check.need(users, "nobody has holdout events, so there is nobody to ask for")
    before = sim.recommend(users, surface=sim.surface("s2"))
    tags = visible_tags(sim, before)
    check.need(tags, "no plain tag sits on 5 to 50 % of the slots, so a block could not be seen")
    tag = sim.rng("s2").choice(tags)
    users.sort(key=lambda user: -slots(sim, before[user], tag))  # the one to poll sees most of it
    blocked, back = blocked_and_back(sim, users, tag)

    stages = {"before": before, "blocked": blocked, "disabled again": back}
    counts = {name: total(sim, lists, tag) for name, lists in stages.items()}
    check.show("slots_with_tag", {"tag": tag} | counts)
    none_of(
        check,
        "lists that show the blocked tag",
        [(f"user {user}, tag {tag}", shown) for user, shown in blocked.items() if slots(sim, shown, tag)],
        n=len(users),
        definition=f"slots with the tag: {counts}, of {sum(len(shown.ids) for shown in before.values())}",
        knob="RULES_ENABLE",
    )
    none_of(
        check,
        "lists that the block empties",
        [(f"user {user}, tag {tag}", shown) for user, shown in blocked.items() if not shown.ids],
        n=len(users),
        definition="lists without any item while the tag is blocked",
        knob="POPULARITY_FANOUT: more candidates leave something to show",
    )
    check.at_least(
        "slots with the tag after the rule is disabled",
        counts["disabled again"],
        SHARE_BACK * counts["before"],
        n=len(users),
        definition="at least 90 % of the slots that carried the tag before",
        knob="RULES_CACHE_REFRESH",
        who=f"tag {tag}",
        exchange=back[users[0]],
    )
