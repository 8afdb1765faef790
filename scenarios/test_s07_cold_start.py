"""S7: new users get something good.

Proves: somebody we hardly know gets a full, fitting and varied list.
How: the quality lists of everybody in the segment `new_users` (nothing is asked again).
Passes when: every list has at least 5 items, mean MRR@10 (all relevant items, repeats included) reaches
`s7_min_avg_mrr`, and the first 10 items cover on average `s7_min_avg_categories` categories (not measured
where the available items have fewer). Beside it stand what flatters these numbers: repeats, items promoted
from the user's own history, and the category cap.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.simulation.checks.needs import (
    NEW,
    NEW_ITEMS,
    NO_NEW_USERS,
    NOTHING_SEEDED,
    category_count,
    few_categories,
    few_items,
    few_new_users,
)
from pytest_recsim.simulation.checks.subjects import NEW_USER_BLEND, SHOWN, mean, none_of

if TYPE_CHECKING:
    from pytest_recsim import Check, Exchange, Simulation
    from pytest_recsim.record.asked import Limit

    Lists = dict[str, Exchange]

TOP = 10
PROMOTED = 3


def categories(sim: Simulation, shown: Exchange) -> int:
    """Different categories among the first 10: the field, else the first category tag."""
    known = (sim.category_of(item) for item in shown.ids[:TOP] if item in sim.items)
    return len({category for category in known if category is not None})


def cap_guarantees(sim: Simulation, wanted: float) -> bool:
    """Whether the category cap alone, whatever the ranking, gives that many categories in ten items."""
    cap = int(sim.knob("CATEGORY_CAP") or 0)
    tagged = all(sim.items[item].tags and sim.category_of(item) for item in sim.available)
    return cap > 0 and tagged and ceil(TOP / cap) >= wanted


def promoted_repeats(shown: Exchange, repeats: set[str]) -> int:
    """Relevant items of the user's own history that the service has put on the first three places."""
    anchors = {a for item in shown.answer.items if item.explain for a in item.explain.anchors}
    return sum(item in anchors and item in repeats for item in shown.ids[:PROMOTED])


def flattery(sim: Simulation, lists: Lists, everything: dict[str, dict[str, float]]) -> dict[str, Any]:
    """What stands beside the judged numbers."""
    unseen = sim.relevance("unseen")
    repeats = {user: set(everything[user]) - set(unseen.get(user, {})) for user in everything}
    hits = {user: [item for item in lists[user].ids[:TOP] if item in everything[user]] for user in everything}
    first = [(user, items[0]) for user, items in hits.items() if items]
    promoted = sum(promoted_repeats(lists[user], repeats[user]) for user in everything)
    without = [user for user, shown in lists.items() if shown.answer.trace.extras.recent_event_count == 0]
    return {
        "mrr_unseen": mean(sim.mrr(lists[user].ids, unseen[user]) for user in unseen if user in lists),
        "users_unseen": sum(user in lists for user in unseen),
        "share_of_first_hits_that_are_repeats": mean(float(item in repeats[user]) for user, item in first),
        "share_of_hits_that_are_promoted_repeats": promoted / max(1, sum(map(len, hits.values()))),
        "users_without_recent_event": len(without),
        "mrr_of_users_without_recent_event": mean(
            sim.mrr(lists[user].ids, everything[user]) for user in without if user in everything
        ),
    }


@pytest.mark.scenario("S7")
def test_s07_new_users_get_something_good(sim: Simulation, check: Check) -> None:
    """New users' lists are long enough, hit something, and are varied."""
    lists = {user: shown for user, shown in sim.lists.items() if sim.users[user].segment.lower() == NEW}
    check.need(lists, NO_NEW_USERS)
    check.need(any(sim.seeded_events.values()), NOTHING_SEEDED)
    check.need(len(sim.available) >= NEW_ITEMS, few_items(len(sim.available)))
    everything = {user: items for user, items in sim.relevance("all").items() if user in lists}
    enough = int(sim.limit("min_segment_users", NEW).value)
    check.need(len(everything) >= enough, few_new_users(len(everything), enough))
    wanted = sim.limit("s7_min_avg_categories")
    check.show("beside_it", flattery(sim, lists, everything))
    check.show("category_cap_alone_guarantees_the_categories", cap_guarantees(sim, float(wanted.value)))
    in_effect, unapplied = sim.applied.kept(list(lists))
    check.need(not unapplied, unapplied)
    check.show("users_left_out", sorted(set(lists) - set(in_effect)))
    lists = {user: lists[user] for user in in_effect}
    everything = {user: items for user, items in everything.items() if user in lists}

    none_of(
        check,
        "new users' lists that are too short",
        [(f"user {user}", shown) for user, shown in lists.items() if len(shown.ids) < NEW_ITEMS],
        n=len(lists),
        definition=f"lists of the segment `{NEW}` with fewer than {NEW_ITEMS} items",
        knob=("NEW_USER_POP_FANOUT", "CATEGORY_CAP", "BRAND_CAP"),
    )
    judge_hits(sim, check, lists, everything)
    judge_variety(sim, check, lists, wanted)


def judge_hits(sim: Simulation, check: Check, lists: Lists, everything: dict[str, dict[str, float]]) -> None:
    """Measure how early the first relevant item comes."""
    found = {user: sim.mrr(lists[user].ids, everything[user]) for user in everything}
    lowest = sorted(found, key=lambda user: (found[user], user))[:SHOWN]
    check.at_least(
        "MRR@10 of new users",
        mean(found.values()),
        sim.limit("s7_min_avg_mrr"),
        n=len(everything),
        definition=(
            "mean reciprocal rank of the first relevant item among 10, all relevant items, repeats included"
        ),
        knob=(*NEW_USER_BLEND, "PROFILE_STARTER_PRESETS"),
        about="ranking",
        who=f"segment `{NEW}`; the request is that of the lowest",
        worst=", ".join(f"{user} {found[user]:.3g}" for user in lowest),
        exchange=lists[lowest[0]] if lowest else None,
    )


def judge_variety(sim: Simulation, check: Check, lists: Lists, wanted: Limit) -> None:
    """Measure how many categories the first ten items show; a catalogue that has fewer cannot tell."""
    there = category_count(sim)
    check.need(there >= wanted.value, few_categories(there, float(wanted.value)))
    found = {user: categories(sim, shown) for user, shown in lists.items()}
    narrow = sorted(found, key=lambda user: (found[user], user))[:SHOWN]
    check.at_least(
        "categories in the first 10",
        mean(found.values()),
        wanted,
        n=len(lists),
        definition=(
            "mean number of different categories (field, else first category tag) among the first 10 items"
        ),
        knob=("NEW_USER_MMR_LAMBDA", "CATEGORY_CAP"),
        about="catalogue",
        who=f"segment `{NEW}`; the request is that of the narrowest",
        worst=", ".join(f"{user} {found[user]}" for user in narrow),
        exchange=lists[narrow[0]],
    )
