"""Lists within a range of prices and without single items: which range can show a fault, and what is one."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation_town import listed

from pytest_recsim.simulation.checks.check import Check
from pytest_recsim.simulation.checks.price_filter import (
    EXCLUDED,
    Ranged,
    judge_range,
    middle_prices,
    ranged_lists,
)

USERS = ("u000", "u001")
ANY_PRICES = st.lists(st.integers(1, 10**6).map(lambda cents: cents / 100), min_size=8, max_size=60)


def priced(*prices):
    """A catalogue of available items with these prices."""
    items = {f"i{place}": SimpleNamespace(price=price) for place, price in enumerate(prices)}
    return SimpleNamespace(items=items, available=frozenset(items))


def ranged(*ids, outside=(), excluded=(), expected=0, user="u001"):
    return Ranged(user, listed(user, ids), outside, excluded, expected)


def asked(sim, prices, users=USERS):
    return ranged_lists(sim, {user: sim.lists[user] for user in users}, "recsim-s1", prices)


# --- the range ---


def test_the_range_is_the_middle_half_and_ends_two_cents_short_of_the_next_prices():
    assert middle_prices(priced(*range(1, 9))) == (2.02, 6.98)
    assert middle_prices(priced(*(float(n) for n in range(10, 22)))) == (12.02, 18.98)


@settings(max_examples=40)
@given(ANY_PRICES)
def test_an_item_stands_right_outside_either_end(prices):
    found = middle_prices(priced(*prices))
    if found is None:
        assert len(set(prices)) < 8
        return
    low, high = found
    assert {round(low - 0.02, 2), round(high + 0.02, 2)} <= set(prices)
    inside = [price for price in set(prices) if low <= price <= high]
    assert abs(len(inside) - len(set(prices)) / 2) <= 2


@pytest.mark.parametrize(
    ("prices", "there_is_one"),
    [
        ([*range(1, 8)], False),
        ([*range(1, 8), 7.001, 7.004], False),
        ([*range(1, 9)], True),
        ([*range(1, 9), *8 * [None]], True),
        ([*range(1, 9), *9 * [None]], False),
        ([], False),
    ],
    ids=["seven", "seven to the cent", "eight", "half have one", "fewer than half", "none"],
)
def test_without_enough_prices_there_is_no_range(prices, there_is_one):
    assert (middle_prices(priced(*prices)) is not None) == there_is_one


def test_items_that_are_not_available_have_no_say_in_the_range():
    shop = priced(*range(1, 9), 500, 600)
    shop.available = shop.available - {"i8", "i9"}
    assert middle_prices(shop) == (2.02, 6.98)


# --- asking ---


def test_everybody_is_asked_for_a_long_list_within_the_range_and_without_their_first_three(sim, town):
    prices = middle_prices(sim)
    lists = asked(sim, prices)
    assert [one.user for one in lists] == list(USERS)
    for body, user in zip(town.bodies, USERS, strict=True):
        known = [item for item in sim.lists[user].ids if item in sim.items]
        inside = [item for item in known if prices[0] <= sim.items[item].price <= prices[1]]
        assert body["constraints"] == {"price_between": list(prices), "exclude_item_ids": inside[:EXCLUDED]}
        assert len(inside) >= EXCLUDED
        assert (body["k"], body["context"]) == (15, {"surface": "recsim-s1"})
        assert body["overrides"] == {"brand_cap": 0, "category_cap": 0}


def test_a_service_that_keeps_to_the_range_passes(sim):
    check = Check()
    lists = asked(sim, middle_prices(sim))
    judge_range(check, lists, middle_prices(sim))
    assert check.conclude().outcome == "passed"
    assert [measure.n for measure in check.measures] == [2, 2, 2]
    assert all(one.expected > 0 for one in lists)


def test_without_a_range_only_the_exclusion_is_asked_for(sim, town):
    lists = asked(sim, None)
    first = list(sim.lists["u000"].ids[:EXCLUDED])
    assert town.bodies[0]["constraints"] == {"exclude_item_ids": first}
    assert not any(one.outside or one.excluded for one in lists)


def test_no_more_is_excluded_than_the_service_takes(sim, town, monkeypatch):
    monkeypatch.setattr(type(sim), "most_excluded", 1)
    asked(sim, None)
    assert [len(body["constraints"]["exclude_item_ids"]) for body in town.bodies] == [1, 1]


@pytest.mark.parametrize(
    ("shown", "outside", "excluded"),
    [
        (["low"], ("low",), ()),
        (["high"], ("high",), ()),
        (["unknown"], ("unknown",), ()),
        (["free"], ("free",), ()),
        (["first"], (), ("first",)),
        (["inside", "edge"], (), ()),
    ],
)
def test_what_should_not_be_there_is_found(sim, town, shown, outside, excluded):
    """A price may move by half a cent on its way; the next one in the catalogue is two cents off."""
    low, high = middle_prices(sim)
    by_price = {item.price: name for name, item in sim.items.items()}
    inside = [name for name in sim.items if low < sim.items[name].price < high]
    names = {
        "low": by_price[round(low - 0.02, 2)],
        "high": by_price[round(high + 0.02, 2)],
        "inside": next(name for name in inside if name not in sim.lists["u000"].ids),
        "first": next(name for name in sim.lists["u000"].ids if name in inside),
        "unknown": "nobody knows it",
        "free": "i059",
        "edge": "i058",
    }
    for name, price in (("free", None), ("edge", round(high + 0.01, 2))):
        sim.items[names[name]] = msgspec.structs.replace(sim.items[names[name]], price=price)

    def answer_with(path, answer):
        if path == "/v1/recommendations":
            answer["items"] = [{"item_id": names[name], "score": 1.0} for name in shown]

    town.twist = answer_with
    (one,) = asked(sim, (low, high), ["u000"])
    assert one.outside == tuple(names[name] for name in outside)
    assert one.excluded == tuple(names[name] for name in excluded)


def test_the_probe_is_as_dear_as_its_source(sim, town):
    source = sim.items[sim.probe_source]

    def answer_with(path, answer):
        if path == "/v1/recommendations":
            answer["items"] = [{"item_id": sim.probe_id, "score": 1.0}]

    assert sim.lists
    town.twist = answer_with
    assert asked(sim, (source.price - 1, source.price + 1), ["u000"])[0].outside == ()
    assert asked(sim, (source.price + 1, source.price + 2), ["u000"])[0].outside == (sim.probe_id,)


def test_as_many_items_are_expected_as_are_surely_in_the_range_found_and_not_left_out(sim, monkeypatch):
    told = []

    def surely_ranked(user, eligible, k):
        told.append((user, eligible, k))
        return 5

    monkeypatch.setattr(sim, "surely_ranked", surely_ranked)
    low, high = middle_prices(sim)
    edge = next(name for name in sorted(sim.offered) if sim.items[name].price > high)
    sim.items[edge] = msgspec.structs.replace(
        sim.items[edge], price=round(high + 0.01, 2)
    )  # may be rounded in or out
    lists = asked(sim, (low, high), ["u000"])
    left_out = set(lists[0].exchange.ask.constraints["exclude_item_ids"])
    inside = {name for name in sim.offered if low < sim.items[name].price < high}
    assert told == [("u000", len(inside - left_out), 15)]
    assert lists[0].expected == 5 - len(sim.hidden("u000") & (inside - left_out))


# --- judging ---


def test_where_no_range_was_tried_nothing_is_said_of_one():
    check = Check()
    judge_range(check, [ranged("i1", expected=2, user="u003")], None)
    assert [measure.name for measure in check.measures] == [
        "lists with items excluded by id",
        "lists without the excluded items that are too short",
    ]
    assert "range" not in check.measures[1].definition


def test_each_fault_fails_its_own_measure_with_the_list_that_shows_it():
    lists = [
        ranged("i1", "i2", outside=("i2",), expected=2, user="u001"),
        ranged("i1", "i3", excluded=("i3",), expected=2, user="u002"),
        ranged("i1", expected=2, user="u003"),
        ranged("i1", "i2", expected=2, user="u004"),
    ]
    check = Check()
    judge_range(check, lists, (1.0, 2.0))
    assert [measure.name for measure in check.measures] == [
        "lists with items outside the price range",
        "lists with items excluded by id",
        "lists within the price range that are too short",
    ]
    assert [(measure.got, measure.n) for measure in check.measures] == [(1.0, 4)] * 3
    assert [measure.who for measure in check.measures] == [
        "user u001: 2 items of at least 2, among them i2",
        "user u002: 2 items of at least 2, among them i3",
        "user u003: 1 items of at least 2",
    ]


def test_three_strays_are_named_at_most_those_outside_first():
    told, exchange = ranged("i1", outside=("a", "b"), excluded=("c", "d")).case
    assert told == "user u001: 1 items of at least 0, among them a, b, c"
    assert exchange.ids == ("i1",)
