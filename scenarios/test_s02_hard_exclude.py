"""S2: a blocked tag disappears.

Proves: a BLOCK rule on a tag takes everything with that tag off the page, and nothing else breaks.
How: users from every segment, lists by relevance alone (lambda 1, caps off); a plain tag (rules on tags do not see
brand and category tags) that sits on 5 to 50 % of their slots before. The rule is switched on, then its time ends
(`valid_until`), then it is switched off.
Passes when: with the rule the tag is on no slot, no list is empty and other items stay; when its time is over and when
it is switched off the tag is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.simulation.subjects import PLAIN, carries, none_of, spread

if TYPE_CHECKING:
    from pytest_recsim.plugin.check import Check
    from pytest_recsim.service.ask import Exchange
    from pytest_recsim.simulation import Simulation

    Lists = dict[str, Exchange]

USERS = 12
SHARE_BEFORE = (0.05, 0.50)
QUESTION: dict[str, Any] = {"overrides": PLAIN}
SHARE_LOST = 0.01  # of the other items' slots: on a live service ties may swap one
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


def blocked_and_back(sim: Simulation, users: list[str], tag: str) -> tuple[Lists, Lists, Lists]:
    """The lists while the tag is blocked, when the rule's time is over, and when it is switched off.

    One half of the users is asked in each of the last two stages; nobody is if the block does not show.
    """
    surface = sim.surface("s2")

    def back(shown: Exchange) -> bool:
        return slots(sim, shown, tag) > 0

    with sim.rule(surface, "s2-block", action="BLOCK", target_type="TAG", target_key=tag) as rule:
        blocked = sim.settled(users, surface, lambda shown: not back(shown), **QUESTION)
        if total(sim, blocked, tag):
            return blocked, {}, {}
        rule.expire()
        over = sim.settled([users[0], *users[1::2]], surface, back, **QUESTION)
        rule.disable()
        return blocked, over, sim.settled([users[0], *users[2::2]], surface, back, **QUESTION)


@pytest.mark.scenario("S2")
def test_s02_blocked_tag_disappears(sim: Simulation, check: Check) -> None:
    """While a tag is blocked nobody sees it; afterwards it is back."""
    users = spread(sim, USERS)
    check.need(users, "nobody has holdout events, so there is nobody to ask for")
    before = sim.recommend(users, surface=sim.surface("s2"), **QUESTION)
    tags = visible_tags(sim, before)
    check.need(tags, "no plain tag sits on 5 to 50 % of the slots, so a block could not be seen")
    tag = sim.rng("s2").choice(tags)
    users.sort(key=lambda user: -slots(sim, before[user], tag))  # the one to poll sees most of it
    blocked, over, off = blocked_and_back(sim, users, tag)

    stages = {"before": before, "blocked": blocked, "time is over": over, "switched off": off}
    counts = {name: total(sim, lists, tag) for name, lists in stages.items()}
    check.show("slots_with_tag", {"tag": tag} | counts)
    judge_block(sim, check, before, blocked, tag)
    for name, lists in (("the rule's time is over", over), ("the rule is disabled", off)):
        if lists:
            judge_return(sim, check, name, {user: before[user] for user in lists}, lists, tag)


def judge_block(sim: Simulation, check: Check, before: Lists, blocked: Lists, tag: str) -> None:
    """Measure that the tag is gone and everything else is still there."""
    users = list(before)
    none_of(
        check,
        "lists that show the blocked tag",
        [(f"user {user}, tag {tag}", shown) for user, shown in blocked.items() if slots(sim, shown, tag)],
        n=len(users),
        definition=(
            f"slots with the tag: {total(sim, before, tag)} before and {total(sim, blocked, tag)} while it is blocked,"
            f" of {sum(len(shown.ids) for shown in before.values())}"
        ),
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
    # lambda is forced for sparse and new users, and any change of candidates changes what diversity picks
    others = {
        user: [item for item in before[user].ids if not carries(sim, item, tag)]
        for user in users
        if sim.is_established(user) and blocked[user].ids
    }
    lost = {user: set(items) - set(blocked[user].ids) for user, items in others.items()}
    if size := sum(map(len, others.values())):
        worst = max(lost, key=lambda user: len(lost[user]))
        check.at_most(
            "share of other items that vanish under the block",
            sum(map(len, lost.values())) / size,
            SHARE_LOST,
            n=size,
            definition="established users' items without the tag, listed before and not while the tag is blocked",
            knob="the rule's target: other tags of the blocked items",
            who=f"user {worst}: {', '.join(sorted(lost[worst])[:3])}",
            exchange=blocked[worst],
        )


def judge_return(sim: Simulation, check: Check, name: str, before: Lists, after: Lists, tag: str) -> None:
    """Measure that the tag is back."""
    check.at_least(
        f"slots with the tag after {name}",
        total(sim, after, tag),
        SHARE_BACK * total(sim, before, tag),
        n=len(after),
        definition="at least 90 % of the slots that carried the tag before",
        knob="RULES_CACHE_REFRESH",
        who=f"tag {tag}",
        exchange=next(iter(after.values())),
    )
