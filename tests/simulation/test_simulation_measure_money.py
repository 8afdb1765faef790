"""What hits are worth: recomputed here from ids and the data set's own rows, for the lists and for the most popular items."""

from __future__ import annotations

import pytest
from measured_town import ITEMS, TOWN, USERS, answers_of, held_to, wanted

from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.simulation.measure.scoring import score
from pytest_recsim.simulation.truth.applied import Applied, Unapplied

PRICES = {item: n + 0.25 for n, item in enumerate(ITEMS) if n != 6}
MARGINS = {item: n / 100 for n, item in enumerate(ITEMS) if n not in (6, 7)}
BUYERS = (0, 2, 5)
LISTS = [[5 + n % 5, 5 + n % 5, *range(11, 28)] for n in range(4)] + [[*range(10, 28), 5]] * 6
"""Four users find what they want, named twice; the others only beyond the first ten."""


def rich(**more):
    """The town with prices (one item has none), margins (two have none), and three who buy what they want."""
    items = [
        item
        | ({"price": PRICES[item["item_id"]]} if item["item_id"] in PRICES else {})
        | ({"props": {"margin": MARGINS[item["item_id"]]}} if item["item_id"] in MARGINS else {})
        for item in TOWN["items"]
    ]
    bought = [
        {"user_id": USERS[n], "item_id": wanted(n), "type": 3, "ts": "2026-11-11T00:00:00Z"} for n in BUYERS
    ]
    return TOWN | {"items": items, "events": [*TOWN["events"], *bought]} | more


@pytest.fixture(scope="module")
def town(shared_make_world):
    return held_to(shared_make_world(document=rich()))


def money(world, lists=LISTS, **more):
    return {one.name: one for one in score(world, answers_of(world, *lists), clamped=0, **more).money}


def worth(users, table):
    return sum(table.get(wanted(n), 0) for n in users)


def test_hits_count_their_prices_and_margins_once_per_list_and_purchases_those_that_were_bought(town):
    found = money(town)
    earned = {item: PRICES[item] * share for item, share in MARGINS.items()}
    for of, finders, everybody in (("hits", range(4), range(10)), ("purchases", (0, 2), BUYERS)):
        for name, table in (("price", PRICES), ("margin", earned)):
            one = found[f"{name} of {of}@10"]
            assert one.total == pytest.approx(worth(finders, table))
            assert one.mean == pytest.approx(worth(finders, table) / 10)
            assert one.baseline_total == pytest.approx(worth(everybody, table)), (
                "it shows everybody the first ten"
            )
            assert one.baseline_mean == pytest.approx(worth(everybody, table) / 10)
            assert (one.n, one.reason) == (10, "")
    assert found["price of hits@10"].known == pytest.approx(28 / 29)
    assert found["margin of hits@10"].known == pytest.approx(27 / 29)
    assert list(found)[:2] == ["price of hits@10", "margin of hits@10"]


def test_without_prices_nothing_is_worth_anything_known(shared_make_world):
    world = held_to(shared_make_world(document=rich(items=TOWN["items"])))
    found = money(world)
    assert {(one.total, one.mean, one.baseline_total, one.known) for one in found.values()} == {
        (None, None, None, 0)
    }
    assert found["price of hits@10"].reason == "no item on sale has a price"
    assert found["margin of purchases@10"].reason == "no item on sale has a price and a margin"


def test_where_nobody_bought_anything_purchases_are_not_measured(shared_make_world):
    found = money(held_to(shared_make_world(document=rich(events=TOWN["events"]))))
    assert found["price of hits@10"].total is not None
    assert found["price of purchases@10"].reason == "nobody bought anything after the split"
    assert found["price of purchases@10"].mean is None


def test_lists_of_other_knobs_are_worth_nothing_known(town):
    row = KnobRow("MMR_LAMBDA", "0.3", "p:1", "0.2", "differs", "explain")
    others = Applied(tuple(USERS), (Unapplied(("MMR_LAMBDA",), ("u0",)),), (row,))
    one = money(town, applied=others)["price of hits@10"]
    assert "the profile is not in effect for 1 of 10 users" in one.reason
    assert (one.total, one.baseline_total) == (None, None)


def test_without_popularity_there_is_nothing_beside_the_lists(town):
    empty = held_to(town, split="2026-01-01T00:00:00Z")
    one = money(empty)["price of hits@10"]
    assert one.total > 0
    assert one.baseline_total is None


def test_without_users_nothing_is_measured(town):
    assert money(town, [])["price of hits@10"].reason == "no user has a relevant item"
