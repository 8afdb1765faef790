"""Who stands behind a bad number: the right users and items, worst first, five at most."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.simulation.measure.offenders import (
    Culprits,
    crowding,
    least_served,
    never_shown,
    worst_users,
)
from pytest_recsim.simulation.truth.slates import Slates

NAN = float("nan")
SHOP = {
    "items": [{"item_id": f"i{n}", "available": n != 1} for n in range(8)],
    "users": [{"user_id": f"u{n}", "traits": {"segment": "vip"}} for n in range(7)],
}


@pytest.fixture
def seen(make_world):
    """Lists of u0, u1, ... as item positions; eight items, of which i1 is not available."""

    def of(*lists):
        events = [
            {"user_id": f"u{n}", "item_id": item, "type": 0, "ts": f"2026-10-{day:02}T00:00:00Z"}
            for n in range(7)
            for day, item in ((1, "i7"), (2, "i7"), (3, "i6"), (30, "i7"))
        ]
        table = np.full((len(lists), 20), PADDING, dtype=np.int32)
        for row, items in enumerate(lists):
            table[row, : len(items)] = items
        return Slates(make_world(document={**SHOP, "events": events}), tuple(range(len(lists))), table)

    return of


@pytest.mark.parametrize(
    ("better", "told", "row"),
    [
        ("higher", "lowest of 3 users: u3 0.1, u0 0.5, u2 0.5", 3),
        ("lower", "highest of 3 users: u0 0.5, u2 0.5, u3 0.1", 0),
    ],
)
def test_worst_depends_on_the_direction_equal_users_stand_by_id_and_unmeasured_are_left_out(
    seen, better, told, row
):
    assert worst_users(seen([], [], [], []), np.array([0.5, NAN, 0.5, 0.1]), better) == Culprits(told, row)


def test_five_users_are_named_and_all_are_counted(seen):
    found = worst_users(seen(*[[]] * 7), np.arange(7.0), "higher")
    assert found.told == "lowest of 7 users: u0 0, u1 1, u2 2, u3 3, u4 4"


def test_least_served_is_who_loses_most_not_who_has_least(seen):
    mine, theirs = np.array([0.0, 0.5, 0.3, NAN]), np.array([0.0, 0.9, 0.4, 1.0])
    assert least_served(seen([], [], [], []), mine, theirs) == Culprits(
        "2 of 3 users get less than from the baseline; lowest u1 0.5 (baseline 0.9), u2 0.3 (baseline 0.4), "
        "u0 0 (baseline 0)",
        1,
    )


def test_nobody_is_blamed_where_nothing_was_measured(seen):
    nothing = np.array([NAN, NAN])
    assert worst_users(seen([], []), nothing, "higher") == Culprits()
    assert least_served(seen([], []), nothing, nothing) == Culprits()
    assert crowding(seen([], [UNKNOWN]), 20) == Culprits()


def test_missing_items_stand_by_their_seeded_events_and_unavailable_ones_are_not_missed(seen):
    table = seen([0, 2], [3, 2])
    counts = table.world.seeded_counts
    assert counts[7] > counts[6] > counts[4] == 0
    assert never_shown(table, 20) == Culprits(
        f"4 of 7 available items are in no list; most wanted i7 ({counts[7]} seeded events), "
        f"i6 ({counts[6]} seeded events), i4 (0 seeded events), i5 (0 seeded events)"
    )


def test_an_item_below_the_first_k_slots_counts_as_not_shown(seen):
    table = seen([0, 2, 3, 4, 5, 6, 7])
    assert never_shown(table, 7).told.startswith("0 of 7 ")
    assert never_shown(table, 6).told.startswith("1 of 7 available items are in no list; most wanted i7 ")


def test_crowding_items_stand_most_shown_first_with_the_list_that_holds_most_of_them(seen):
    found = crowding(seen([6], [2, 3], [3, UNKNOWN]), 20)
    assert found == Culprits("most shown of 3 lists: i3 in 2, i2 in 1, i6 in 1", 1)


def test_crowding_names_five_items_at_most(seen):
    assert crowding(seen([0, 2, 3, 4, 5, 6]), 20).told.endswith("i0 in 1, i2 in 1, i3 in 1, i4 in 1, i5 in 1")
