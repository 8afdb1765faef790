"""Which of S1 to S10 will be measured, from the very functions by which they choose their subjects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from pytest_recsim.plan.model import K
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.checks import blocking, needs
from pytest_recsim.simulation.checks.subjects import (
    MIN_TAG_ITEMS,
    NOBODY,
    filterable_tags,
    mean,
    most_relevant,
    similarity,
    spread,
)
from pytest_recsim.simulation.truth.tastes import folded
from pytest_recsim.validate.foreseen import Foreseen
from pytest_recsim.validate.lengths import Lengths
from pytest_recsim.validate.needing import Need

Needs = Iterator[Need]
REACH = 21
"""Rank from which S3 takes an item outside the usual list."""
CHOICE = 5
"""Where people differ, their lists start with this many times as many items as popular lists do, give or take."""
ALIKE = Reason(
    "all available items have the same plain tags, so no list is more varied than another",
    "tags",
    "give items plain tags that tell them apart",
)
FIXED = Reason(
    "these candidates cannot be varied: every list holds all that there is",
    "tags",
    "add available items, or plain tags that tell them apart",
)


def _filter(sim: Foreseen, lengths: Lengths, tags: set[str], n: int, why: Reason) -> Need:
    """Whether a filter on one of the tags could be seen: each unfiltered list has to hold an item without it."""
    users = spread(sim.sim, needs.FILTER_USERS)
    usable = [tag for tag in tags if tag.strip() and sim.spelled[tag] >= MIN_TAG_ITEMS]
    least = min((lengths.least(user, caps=False) for user in users), default=0)
    if any(least > len(sim.carriers[folded(tag)]) + 1 for tag in usable):  # the fresh item may carry it, too
        return Need(holds=True, why=why)
    filled = all(lengths.most(user, caps=False) for user in users)
    most_hidden = max((len(sim.hidden(user) & sim.available) for user in users), default=0)
    if not filled or all(len(sim.carriers[folded(tag)]) == len(sim.available) for tag in usable):
        return Need(holds=False, why=why)
    guess = bool(most_hidden or filterable_tags(sim.sim, tags, sim.some(users), n))
    return Need(holds=None, why=why, guess=guess)


def s1(sim: Foreseen, lengths: Lengths) -> Needs:
    """Filters on plain tags."""
    yield Need(bool(sim.lists), NOBODY)
    tags = needs.plain_catalogue_tags(sim)
    yield _filter(sim, lengths, tags, needs.FILTER_TAGS, needs.NO_FILTER_TAG)


def s2(sim: Foreseen, lengths: Lengths) -> Needs:
    """A blocked tag has to be seen before."""
    yield Need(bool(sim.lists), NOBODY)
    rich, poor = blocking.asked(sim.sim, most_relevant(sim.sim, needs.PLAIN_USERS))
    users = [*rich, *poor]
    tags = {tag for item in sim.available for tag in sim.plain_tags(item)}
    rows = [
        (lengths.least(user, caps=False), lengths.most(user, caps=False), sim.hidden(user) & sim.available)
        for user in users
    ]
    bounds = [_slots(sim, rows, folded(tag)) for tag in sorted(tags)]
    shortest, longest = sum(least for least, _, _ in rows), sum(most for _, most, _ in rows)
    low, high = needs.BLOCK_SHARE
    if any(least >= low * longest and most <= high * shortest and most for least, most in bounds):
        yield Need(holds=True, why=needs.NO_BLOCK_TAG)
    elif not any(most >= low * max(shortest, 1) and least <= high * longest for least, most in bounds):
        yield Need(holds=False, why=needs.NO_BLOCK_TAG)
    else:
        seen = blocking.visible_tags(sim.sim, sim.some(users))
        yield Need(None, needs.NO_BLOCK_TAG, bool(seen))


def _slots(sim: Foreseen, rows: Sequence[tuple[int, int, frozenset[str]]], tag: str) -> tuple[int, int]:
    """Fewest and most slots that a tag can have on lists, given as least and greatest length and what is hidden."""
    carrying = sim.carriers[tag]
    others = len(sim.available) - len(carrying)
    least = most = 0
    for shortest, longest, hidden in rows:
        gone = len(hidden & carrying)
        least += max(0, shortest - (others - (len(hidden) - gone)))
        most += min(longest, len(carrying) - gone)
    return least, most


def s3(sim: Foreseen, lengths: Lengths) -> Needs:
    """Boosted items stand in the middle of long lists, and outside the usual ones."""
    users = spread(sim.sim, needs.BOOST_USERS, sim.established(2 * needs.BOOST_USERS))
    yield Need(bool(users), needs.NO_ESTABLISHED)
    longest = [lengths.most(user, needs.BOOST_LENGTH, caps=False) for user in users]
    surest = [lengths.least(user, needs.BOOST_LENGTH, caps=False) for user in users]
    usual = [lengths.typical(user, needs.BOOST_LENGTH, caps=False) for user in users]
    alpha = float(sim.world.effective.value("BLEND_ALPHA") or 0)
    sure = alpha > 0 and max(surest, default=0) >= 2 * REACH
    possible = max(longest, default=0) >= REACH
    yield Need(
        True if sure else None if possible else False, needs.NO_LONG_LIST, max(usual, default=0) >= REACH
    )


def s4(sim: Foreseen, lengths: Lengths) -> Needs:
    """Lists that share tags, and hit something."""
    users = most_relevant(sim.sim, needs.PLAIN_USERS)
    yield Need(len(users) >= needs.PLAIN_USERS, needs.few_established(len(users), needs.PLAIN_USERS))
    counts: dict[str, int] = {}
    for item in sim.available:
        for tag in sim.plain_tags(item):
            counts[tag] = counts.get(tag, 0) + 1
    shared = max(counts.values(), default=0) > 1
    alike = [similarity(sim.sim, one) for one in sim.some(users).values() if len(one.ids) > 1]
    yield Need(None if shared else False, needs.NO_SHARED_TAG, mean(alike) > 0)
    if len({sim.plain_tags(item) for item in sim.available}) == 1:
        yield Need(holds=False, why=ALIKE)
    if users and all(map(lengths.fixed, users)):
        same = all(lengths.least(user, caps=False) == lengths.most(user, caps=False) for user in users)
        yield Need(holds=False if same else None, why=FIXED, guess=False)
    relevant = sim.relevance("all")
    possible = sum(bool(relevant.get(user)) for user in users)
    hits = sim.mean_ndcg({user: one.ids for user, one in sim.some(users).items()}, "all")[2]
    few = possible < needs.HITS
    yield Need(
        False if few else None, needs.few_hits(min(hits, possible), len(users)), hits >= needs.HITS, late=True
    )


def s5(sim: Foreseen, lengths: Lengths) -> Needs:
    """An item to pin that nobody has on top."""
    users = spread(sim.sim, needs.PIN_USERS)
    yield Need(bool(users), NOBODY)
    above = needs.PIN_RANK - 1
    sure = len(sim.available) > above * len(users)
    if not sim.available or all(
        len(sim.available - sim.hidden(user))
        == len(sim.available)
        <= min(above, lengths.least(user, caps=True))
        for user in users
    ):
        yield Need(holds=False, why=needs.NO_LOW_ITEM)
    else:
        top = {item for user in users for item in sim.lists[user].ids[:above]}
        yield Need(sure or None, needs.NO_LOW_ITEM, len(sim.available) > len(top) * CHOICE)


def s6(sim: Foreseen, lengths: Lengths) -> Needs:
    """Filters on brands."""
    brands = needs.brand_catalogue_tags(sim)
    yield Need(bool(brands), needs.NO_BRANDS)
    yield Need(bool(sim.lists), NOBODY)
    yield _filter(sim, lengths, brands, needs.FILTER_BRANDS, needs.NO_FILTER_BRAND)


def s7(sim: Foreseen, _: Lengths) -> Needs:
    """New users with holdout, and categories to show them."""
    asked = {user for user in sim.lists if sim.users[user].segment.lower() == needs.NEW}
    yield Need(bool(asked), needs.NO_NEW_USERS)
    yield Need(any(sim.seeded_events.values()), needs.NOTHING_SEEDED)
    yield Need(len(sim.available) >= needs.NEW_ITEMS, needs.few_items(len(sim.available)))
    found = len(asked & sim.relevance("all").keys())
    enough = int(sim.limit("min_segment_users", needs.NEW).value)
    yield Need(found >= enough, needs.few_new_users(found, enough))
    there, wanted = needs.category_count(sim), float(sim.limit("s7_min_avg_categories").value)
    yield Need(there >= wanted, needs.few_categories(there, wanted), late=True)


def s8(sim: Foreseen, lengths: Lengths) -> Needs:
    """A fresh item that not everybody is shown anyway."""
    yield Need(sim.fresh is not None, needs.NO_PROBE)
    users = spread(sim.sim, needs.PROBE_USERS)
    yield Need(bool(users), NOBODY)
    room = any(lengths.least(user, caps=True) >= min(K, len(sim.available)) for user in users)
    full = len(sim.available) > K
    yield Need(True if full and room else None, needs.PROBE_EVERYWHERE)


def s9(sim: Foreseen, lengths: Lengths) -> Needs:
    """Margins, and established users to show them to."""
    known, everything = needs.margins(sim)
    yield Need(2 * known >= everything > 0, needs.few_margins(known, everything))
    boosted = needs.high_margin(sim)
    yield Need(len(boosted) >= needs.MARGIN_FEWEST, needs.few_boosted(len(boosted)))
    users = most_relevant(sim.sim, needs.PLAIN_USERS)
    yield Need(len(users) >= needs.PLAIN_USERS, needs.few_established(len(users), needs.PLAIN_USERS))
    shown = [item in boosted for user in users for item in sim.lists[user].ids]
    others = [len(sim.available - boosted - sim.hidden(user)) for user in users]
    some = any(lengths.least(user, caps=False) > left for user, left in zip(users, others, strict=True))
    not_all = any(lengths.least(user, caps=False) > len(boosted) for user in users)
    yield Need((some and not_all) or None, needs.NO_MARGIN_SLOTS, 0 < sum(shown) < len(shown))


def s10(sim: Foreseen, lengths: Lengths) -> Needs:
    """Something listed that can be explained."""
    yield Need(bool(sim.lists), NOBODY)
    yield something_listed(sim, lengths, needs.EMPTY_LISTS)


def something_listed(sim: Foreseen, lengths: Lengths, why: Reason) -> Need:
    """Whether any list holds an item."""
    if any(lengths.least(user, caps=True) for user in sim.lists):
        return Need(holds=True, why=why)
    possible = any(lengths.most(user, caps=True) for user in sim.lists)
    return Need(holds=None if possible else False, why=why)


SCENARIOS: Mapping[str, Callable[[Foreseen, Lengths], Needs]] = MappingProxyType(
    {f"S{number}": need for number, need in enumerate((s1, s2, s3, s4, s5, s6, s7, s8, s9, s10), start=1)}
)
