"""S6: a brand page shows that brand only.

Proves: a brand tag as include filter (`include_tags_any: [brand:...]`) is a hard whitelist.
How: as S1, with brand tags from the catalogue in place of plain ones, caps off.
Passes when: every listed item is of the brand, and the list is as long as the catalogue allows. A catalogue
without brand tags leaves this unmeasured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.checks.subjects import (
    NOBODY,
    filterable_tags,
    filtered_lists,
    judge_filter,
    spread,
    unfiltered_lists,
)

if TYPE_CHECKING:
    from pytest_recsim import Check, Simulation

USERS = 7
BRANDS = 3


@pytest.mark.scenario("S6")
def test_s06_brand_whitelist_is_strict(sim: Simulation, check: Check) -> None:
    """Only items of the wanted brand are shown, and as many as there are."""
    catalogue = {tag for item in sim.available for tag in sim.brand_tags(item)}
    check.need(
        catalogue,
        "no available item carries a brand tag (BRAND_TAG_PREFIXES)",
        next_step="tag items with their brand (`brand:acme`), or name your prefix in BRAND_TAG_PREFIXES",
        cause="brands",
    )
    users, surface = spread(sim, USERS), sim.surface("s6")
    check.need(users, NOBODY)
    unfiltered = unfiltered_lists(sim, users)
    brands = filterable_tags(sim, catalogue, unfiltered, BRANDS)
    check.need(
        brands,
        "no brand has 5 available items with events and is missing from every unfiltered list",
        next_step="give 5 available items with events the same brand tag, one that not every item has",
        cause="tags",
    )

    lists = filtered_lists(sim, users, brands, surface)
    check.show("brands", brands)
    check.show("users", users)
    check.show(
        "expected_lengths", {tag: [shown.expected for shown in lists if shown.tag == tag] for tag in brands}
    )
    judge_filter(check, lists)
