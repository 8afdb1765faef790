"""S2: a blocked tag disappears.

Proves: a BLOCK rule on a tag takes everything with that tag off the page, and nothing else breaks.
How: users from every segment, lists by relevance alone (lambda 1, caps off); a plain tag (rules on tags do
not see brand and category tags) that sits on 5 to 50 % of their slots before. The rule is switched on, then
its time ends (`valid_until`), then it is renewed and switched off.
Passes when: with the rule the tag is on no slot, no list is empty and other items stay; when its time is over
and when it is switched off the tag is back. The last two compare lists of two moments: they are judged on
established users where those see the tag often enough, and what equal questions differ by themselves is
allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.simulation.checks.blocking import asked, slots, total, visible_tags
from pytest_recsim.simulation.checks.needs import NO_BLOCK_TAG
from pytest_recsim.simulation.checks.subjects import NOBODY, PLAIN, carries, none_of, plain_lists

if TYPE_CHECKING:
    from pytest_recsim import Check, Exchange, Simulation

    Lists = dict[str, Exchange]

ASKED_AFTERWARDS = 12  # of them, half in either way in which a block ends
AGAIN = 2  # of them, while the block is in force again
QUESTION: dict[str, Any] = {"overrides": PLAIN}
SHARE_LOST = 0.01  # of the other items' slots: on a live service ties may swap one
SHARE_BACK = 0.9  # of the slots before: on a live service ties may swap a slot or two
FEWEST_SLOTS = 5  # with the tag, for established users alone to show that it is back


def lists_before(sim: Simulation) -> Lists:
    """Lists of eighteen users: mostly established ones, which S4 and S9 ask for too, some sparse and new."""
    plain = plain_lists(sim)
    rich, poor = asked(sim, plain)
    before = {user: plain[user] for user in rich}
    return before | sim.recommend(poor, surface=sim.surface("s2"), **QUESTION)


def blocked_and_back(sim: Simulation, before: Lists, tag: str) -> tuple[Lists, Lists, Lists]:
    """The lists while the tag is blocked, when the rule's time is over, and when it is switched off.

    Six or seven users are asked in each of the two ways to end, two in between; nobody is if the block does
    not show. Established
    users who see most of the tag come first: they have it back for sure.
    """
    surface, users = sim.surface("s2"), list(before)
    seen = {user: slots(sim, before[user], tag) for user in users}
    users.sort(key=lambda user: (not seen[user], not sim.is_established(user), -seen[user]))
    sure = {user for user in users if seen[user] and sim.is_established(user)} | {users[0]}

    def back(shown: Exchange) -> bool:
        return slots(sim, shown, tag) > 0

    def back_if_sure(shown: Exchange) -> bool:
        return back(shown) or shown.ask.user_id not in sure

    with sim.rule(surface, "s2-block", action="BLOCK", target_type="TAG", target_key=tag) as rule:
        blocked = sim.settled(users, surface, lambda shown: not back(shown), **QUESTION)
        if total(sim, blocked, tag):
            return blocked, {}, {}
        rule.expire()
        over = sim.settled([users[0], *users[1:ASKED_AFTERWARDS:2]], surface, back_if_sure, **QUESTION)
        rule.enable()
        # Where rules show late, lists from before the switch-off must not be those of a rule that was over.
        again = sim.settled(users[:AGAIN], surface, lambda shown: not back(shown), **QUESTION)
        if total(sim, again, tag):
            return blocked | again, over, {}
        rule.disable()
        return (
            blocked,
            over,
            sim.settled([users[0], *users[2:ASKED_AFTERWARDS:2]], surface, back_if_sure, **QUESTION),
        )


@pytest.mark.scenario("S2")
def test_s02_blocked_tag_disappears(sim: Simulation, check: Check) -> None:
    """While a tag is blocked nobody sees it; afterwards it is back."""
    check.need(not sim.rules_off, sim.rules_off)
    check.need(sim.lists, NOBODY)
    before = lists_before(sim)
    tags = visible_tags(sim, before)
    check.need(tags, NO_BLOCK_TAG)
    rich = {user: shown for user, shown in before.items() if sim.is_established(user)}
    tag = sim.rng("s2").choice([tag for tag in tags if total(sim, rich, tag) >= 2 * FEWEST_SLOTS] or tags)
    blocked, over, off = blocked_and_back(sim, before, tag)

    stages = {"before": before, "blocked": blocked, "time is over": over, "switched off": off}
    counts = {name: total(sim, lists, tag) for name, lists in stages.items()}
    check.show("slots_with_tag", {"tag": tag} | counts)
    check.show("noise", {name: noise.words for name, noise in sim.noise.items()})
    judge_block(sim, check, before, blocked, tag)
    for name, lists in (("the rule's time is over", over), ("the rule is disabled", off)):
        if lists:
            judge_return(sim, check, name, before, lists, tag)


def judge_block(sim: Simulation, check: Check, before: Lists, blocked: Lists, tag: str) -> None:
    """Measure that the tag is gone and everything else is still there."""
    users = list(before)
    none_of(
        check,
        "lists that show the blocked tag",
        [(f"user {user}, tag {tag}", shown) for user, shown in blocked.items() if slots(sim, shown, tag)],
        n=len(users),
        definition=(
            f"slots with the tag: {total(sim, before, tag)} before and "
            f"{total(sim, blocked, tag)} while it is blocked,"
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
        knob="POPULARITY_FANOUT",
        advice="more candidates leave something to show",
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
        noise = sim.noise["established"]
        check.at_most(
            "share of other items that vanish under the block",
            sum(map(len, lost.values())) / size,
            SHARE_LOST + noise.missing,
            n=size,
            definition=(
                "established users' items without the tag, listed before and not while the tag is blocked; "
                f"allowed {SHARE_LOST:.0%} and what is missing by chance: {noise.words}"
            ),
            advice="the rule's target: other tags of the blocked items",
            who=f"user {worst}: {', '.join(sorted(lost[worst])[:3])}",
            exchange=blocked[worst],
        )


def judge_return(sim: Simulation, check: Check, name: str, before: Lists, after: Lists, tag: str) -> None:
    """Measure that the tag is back: for established users, or for all where those see too little of it."""
    rich = [user for user in after if sim.is_established(user)]
    enough = total(sim, {user: before[user] for user in rich}, tag) >= FEWEST_SLOTS
    users = rich if enough else list(after)
    noises = [sim.noise[kind] for kind in (["established"] if enough else sim.noise)]
    noise = max(noises, key=lambda found: found.missing)
    slots_before = total(sim, {user: before[user] for user in users}, tag)
    check.at_least(
        f"slots with the tag after {name}",
        total(sim, {user: after[user] for user in users}, tag),
        max(1, (SHARE_BACK - noise.missing) * slots_before),
        n=len(users),
        definition=(
            f"{'established' if enough else 'all'} users' slots with the tag, {slots_before} "
            "before; at least "
            f"{SHARE_BACK:.0%} of them less what is missing by chance: {noise.words}"
        ),
        knob="RULES_CACHE_REFRESH",
        who=f"tag {tag}",
        exchange=after[users[0]],
    )
