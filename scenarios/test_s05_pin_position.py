"""S5: a pinned item is at the top.

Proves: a PIN rule puts its item in first place for everybody.
How: an available item that every subject has at rank 5 or worse, or not at all, is pinned.
Passes when: it is first for established users, the answer says why it is there, and it moves on no other
surface. For sparse and new users the service promotes up to three items of their own history above pins
(contract 12.9), so there it may stand behind those, and no lower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.checks.needs import NO_LOW_ITEM, PIN_RANK, PIN_USERS
from pytest_recsim.simulation.checks.subjects import NOBODY, none_of, spread

if TYPE_CHECKING:
    from pytest_recsim import Check, Exchange, Simulation

PROMOTED = 3
ELSEWHERE = 3


def lowest_rank(shown: Exchange, *, established: bool) -> int:
    """The worst rank a pin may have: first, or behind the promoted anchors of a sparse user."""
    if established:
        return 1
    anchors = {a for item in shown.answer.items if item.explain for a in item.explain.anchors}
    return 1 + min(PROMOTED, len(anchors & set(shown.ids)))


@pytest.mark.scenario("S5")
def test_s05_pinned_item_is_on_top(sim: Simulation, check: Check) -> None:
    """The pinned item comes first, at most behind a sparse user's promoted history."""
    check.need(not sim.rules_off, sim.rules_off)
    users, surface = spread(sim, PIN_USERS), sim.surface("s5")
    check.need(users, NOBODY)
    before = sim.unchanged(users, surface)
    low = [
        item
        for item in sim.popularity
        if all((shown.rank(item) or PIN_RANK) >= PIN_RANK for shown in before.values())
    ]
    check.need(low, NO_LOW_ITEM)
    item = low[0]
    established = {user for user in users if sim.is_established(user)}

    def on_top(shown: Exchange) -> bool:
        rank = shown.rank(item)
        return rank is not None and rank <= lowest_rank(shown, established=shown.ask.user_id in established)

    with sim.rule(surface, "s5-pin", action="PIN", target_type="ITEM", item_ids=[item]) as rule:
        pinned = sim.settled(users, surface, on_top)
        others = sorted(users, key=lambda user: user not in established)[:ELSEWHERE]
        elsewhere = sim.recommend(others, surface=sim.surface("s5-elsewhere"))

    check.show("item", item)
    check.show("ranks", {user: [before[user].rank(item), pinned[user].rank(item)] for user in users})
    for name, group in {"established": established, "sparse and new": set(users) - established}.items():
        if group:
            none_of(
                check,
                f"pins out of place, {name} users",
                [
                    (f"user {u}: rank {pinned[u].rank(item)}", pinned[u])
                    for u in sorted(group)
                    if not on_top(pinned[u])
                ],
                n=len(group),
                definition=(
                    "the pinned item is not first (sparse and new: not right behind at most 3 own anchors)"
                ),
                knob=("RULES_ENABLE", "RULES_MAX_PIN_SLOTS"),
            )
    listed = {user: shown for user, shown in pinned.items() if shown.rank(item) is not None}
    none_of(
        check,
        "pins without their reason",
        [(f"user {user}", shown) for user, shown in listed.items() if not told(shown, item, rule.rule_id)],
        n=len(users),
        definition="the pinned item is listed without the reason `rule.pin[rule]`",
        knob="RULES_ENABLE",
    )
    none_of(
        check,
        "pins that show on another surface",
        [
            (f"user {user}", shown)
            for user, shown in elsewhere.items()
            if told(shown, item, rule.rule_id) or (user in established and on_top(shown))
        ],
        n=len(elsewhere),
        definition=(
            "on a surface that the rule does not name, the answer gives the rule as a reason, "
            "or the item is in the "
            "pin's place (established users; lists of sparse and new users may put it there by chance)"
        ),
        knob="RULES_ENABLE",
    )


def told(shown: Exchange, item: str, rule_id: str) -> bool:
    """Whether the answer gives the pin as a reason for the item."""
    rank = shown.rank(item)
    return rank is not None and f"rule.pin[{rule_id}]" in shown.answer.items[rank - 1].reasons
