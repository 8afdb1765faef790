"""What each scenario needs of the data: how many users and items, and what is said where they are not there.

The scenarios hold themselves to it while they run; `recsim validate` foretells from it which of them will be measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.record.reason import Reason, more_users

if TYPE_CHECKING:
    from pytest_recsim.simulation.session.catalogue import Catalogue

FILTER_USERS, FILTER_TAGS, FILTER_BRANDS = 7, 5, 3  # S1, S6
BLOCK_USERS, BLOCK_POOR = 18, 4  # S2
BLOCK_SHARE = (0.05, 0.50)
BOOST_USERS, BOOST_LENGTH = 5, 100  # S3
PLAIN_USERS = 30  # S4, S9
HITS = 10  # S4
PIN_USERS, PIN_RANK = 12, 5  # S5
NEW, NEW_ITEMS = "new_users", 5  # S7
PROBE_USERS = 15  # S8
MARGIN_FEWEST, MARGIN_MOST = 10, 200  # S9

NO_FILTER_TAG = Reason(
    "no tag has 5 available items with events and is missing from every unfiltered list",
    "tags",
    "give 5 available items with events one plain tag that not every item has",
)
NO_BLOCK_TAG = Reason(
    "no plain tag sits on 5 to 50 % of the slots, so a block could not be seen",
    "tags",
    "tag items with plain tags (not brand, not category) that a twentieth to half of them have",
)
NO_ESTABLISHED = Reason(
    "no established user has holdout events, so there is nobody to ask for",
    "established",
    f"bring {BOOST_USERS} users with recent history who also have events after the split",
)
NO_LONG_LIST = Reason(
    "no subject's list reaches rank 30, so nothing outside the usual list can be boosted",
    "short_lists",
    "add available items with events until lists hold 50, and events of established users",
)
NO_SHARED_TAG = Reason(
    "lists share no plain tags even without diversification, so none can be avoided",
    "tags",
    "give items plain tags that several of them share",
)
NO_LOW_ITEM = Reason(
    f"every available item is above rank {PIN_RANK} for somebody, so a pin could not be seen",
    "small_catalogue",
    "add available items that not everybody sees first",
)
NO_BRANDS = Reason(
    "no available item carries a brand tag (BRAND_TAG_PREFIXES)",
    "brands",
    "tag items with their brand (`brand:acme`), or name your prefix in BRAND_TAG_PREFIXES",
)
NO_FILTER_BRAND = Reason(
    "no brand has 5 available items with events and is missing from every unfiltered list",
    "tags",
    "give 5 available items with events the same brand tag, one that not every item has",
)
NO_NEW_USERS = Reason(
    f"no user of the segment `{NEW}` has holdout events",
    "new_users",
    f"put users without a past who have events after the split into the segment `{NEW}`",
)
NOTHING_SEEDED = Reason(
    "no event was seeded, so nothing could be learnt about anything",
    "nothing_seeded",
    "set a later `split` in guardrails.yml, or add earlier events",
)
NO_PROBE = Reason(
    "no probe item was written: no available, tagged item has seeded events",
    "tags",
    "tag an available item that has events before the split",
)
PROBE_EVERYWHERE = Reason(
    "everybody sees the fresh item without any boost, so a boost cannot be seen",
    "small_catalogue",
    "add available items, so that a new one is not in every list anyway",
)
NO_MARGIN_SLOTS = Reason(
    "the boosted items fill none or all of the slots: nothing to see",
    "margins",
    "give margins to items that some people are shown and others not",
)
EMPTY_LISTS = Reason(
    "all lists are empty: there is nothing to explain",
    "short_lists",
    "see why the service has nothing to recommend: available items, seeded events",
)


def few_established(found: int, wanted: int) -> Reason:
    """Say that S4 and S9 have too few established users."""
    said = f"{found} established users with holdout, {wanted} are needed"
    step = f"bring {more_users(wanted - found)} with recent history and with events after the split"
    return Reason(said, "established", step)


def few_hits(hits: int, users: int) -> Reason:
    """Say that too few lists of S4 hold anything relevant."""
    said = f"{hits} of {users} users have an NDCG above 0, {HITS} are needed"
    step = "set an earlier `split` in guardrails.yml, or add events of established users after it"
    return Reason(said, "too_few_hits", step)


def few_items(available: int) -> Reason:
    """Say that S7 could not get lists as long as it asks for."""
    said = f"{available} items are available, lists of at least {NEW_ITEMS} are asked for"
    return Reason(said, "small_catalogue", f"add {NEW_ITEMS - available} available items or more")


def few_new_users(found: int, wanted: int) -> Reason:
    """Say that too few new users have relevant holdout."""
    said = f"{found} new users with relevant holdout events, {wanted} are needed"
    return Reason(
        said, "new_users", f"bring {more_users(wanted - found)} of `{NEW}` with events after the split"
    )


def few_categories(there: int, wanted: float) -> Reason:
    """Say that the catalogue has fewer categories than lists are asked to show."""
    said = f"the available items have {there} categories, an average of {wanted:g} is asked for (s7_min_avg_categories)"
    step = "give available items category tags (`category:shoes`), or lower s7_min_avg_categories"
    return Reason(said, "categories", step)


def few_margins(known: int, everything: int) -> Reason:
    """Say that fewer than half of the items have a margin."""
    step = f"add `props.margin` to more available items, {(everything + 1) // 2} need one"
    return Reason(f"{known} of {everything} available items have `props.margin`", "margins", step)


def few_boosted(found: int) -> Reason:
    """Say that the quarter with the best margins is too small."""
    said = f"the top margin quartile has {found} items, {MARGIN_FEWEST} are needed"
    return Reason(
        said, "margins", f"add available items with margins: a quarter of them has to be {MARGIN_FEWEST}"
    )


def plain_catalogue_tags(sim: Catalogue) -> set[str]:
    """The tags that S1 may try: of available items, without brands."""
    return {tag for item in sim.available for tag in set(sim.items[item].tags) - sim.brand_tags(item)}


def brand_catalogue_tags(sim: Catalogue) -> set[str]:
    """The tags that S6 may try."""
    return {tag for item in sim.available for tag in sim.brand_tags(item)}


def margins(sim: Catalogue) -> tuple[int, int]:
    """How many available items have a margin, and how many there are."""
    return sum(sim.items[item].margin is not None for item in sim.available), len(sim.available)


def high_margin(sim: Catalogue) -> set[str]:
    """The top margin quartile of the popular items (those with events, at most 800): 10 to 200 items.

    Of all that can be shown these have the best margins, so that a boosted item never displaces a better one.
    """
    popular = [item for item in sim.popularity if sim.items[item].margin is not None and item in sim.offered][
        : 4 * MARGIN_MOST
    ]
    best = sorted(popular, key=lambda item: (-float(sim.items[item].margin or 0), item))
    return set(best[: len(popular) // 4])


def category_count(sim: Catalogue) -> int:
    """Different categories of the available items."""
    return len({sim.category_of(item) for item in sim.available} - {None})
