"""S6: a brand page shows that brand only.

Proves: a brand tag as include filter (`include_tags_any: [brand:...]`) is a hard whitelist.
How: as S1, with brand tags from the catalogue in place of plain ones, caps off.
Passes when: every listed item is of the brand, and the list is as long as the catalogue allows. A catalogue
without brand tags leaves this unmeasured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.checks.needs import (
    FILTER_BRANDS,
    FILTER_USERS,
    NO_BRANDS,
    NO_FILTER_BRAND,
    brand_catalogue_tags,
)
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


@pytest.mark.scenario("S6")
def test_s06_brand_whitelist_is_strict(sim: Simulation, check: Check) -> None:
    """Only items of the wanted brand are shown, and as many as there are."""
    catalogue = brand_catalogue_tags(sim)
    check.need(catalogue, NO_BRANDS)
    users, surface = spread(sim, FILTER_USERS), sim.surface("s6")
    check.need(users, NOBODY)
    unfiltered = unfiltered_lists(sim, users)
    brands = filterable_tags(sim, catalogue, unfiltered, FILTER_BRANDS)
    check.need(brands, NO_FILTER_BRAND)

    lists = filtered_lists(sim, users, brands, surface)
    check.show("brands", brands)
    check.show("users", users)
    check.show(
        "expected_lengths", {tag: [shown.expected for shown in lists if shown.tag == tag] for tag in brands}
    )
    judge_filter(check, lists)
