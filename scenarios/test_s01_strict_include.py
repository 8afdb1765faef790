"""S1: filters are hard filters.

Proves: whoever asks for one kind of item (`include_tags_any`) gets that kind and nothing else, and so does
whoever asks for a range of prices (`price_between`) or leaves single items out (`exclude_item_ids`).
How: a few users from every segment ask for several tags, from rare to common, with the brand and category
caps off; long lists, so that a rare leak shows. A tag is only tried when it is missing somewhere in each of
their unfiltered lists. Then they ask for the middle half of all prices, without the first three items that
they would get.
Passes when: every listed item carries the tag, or is in the range and not left out; and the list is as long
as the
catalogue allows: a filter that merely thins out a finished list is caught by its short lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.checks.needs import (
    FILTER_TAGS,
    FILTER_USERS,
    NO_FILTER_TAG,
    plain_catalogue_tags,
)
from pytest_recsim.simulation.checks.price_filter import judge_range, middle_prices, ranged_lists
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


@pytest.mark.scenario("S1")
def test_s01_include_filter_is_strict(sim: Simulation, check: Check) -> None:
    """Only items with the wanted tag, price or id are shown, and as many as there are."""
    users, surface = spread(sim, FILTER_USERS), sim.surface("s1")
    unfiltered = unfiltered_lists(sim, users)
    tags = filterable_tags(sim, plain_catalogue_tags(sim), unfiltered, FILTER_TAGS)
    check.need(users, NOBODY)
    check.need(tags, NO_FILTER_TAG)

    lists = filtered_lists(sim, users, tags, surface)
    check.show("tags", tags)
    check.show("users", users)
    check.show(
        "expected_lengths", {tag: [shown.expected for shown in lists if shown.tag == tag] for tag in tags}
    )
    judge_filter(check, lists)
    prices = middle_prices(sim)
    check.show("price_between", prices or "not tried: fewer than half of the available items have a price")
    judge_range(check, ranged_lists(sim, unfiltered, surface, prices), prices)
