"""What looks odd in a data set: every rule sees its own oddity, and nothing in a sound shop."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.model import Event, Fixture, Item, User
from pytest_recsim.data.fixtures.odd_events import RULES as OF_EVENTS
from pytest_recsim.data.fixtures.odd_events import Facts
from pytest_recsim.data.fixtures.odd_items import RULES as OF_ITEMS
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.fixtures.suspicions import RULES, suspicions
from pytest_recsim.data.fixtures.weights import event_weights
from pytest_recsim.data.input.instants import to_us

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NOW = to_us(START + dt.timedelta(days=40))
TAGS = ("plain", "brand:acme", "category:shoes")


def item(name, **more):
    return Item(item_id=name, **{"tags": TAGS, "props": {"margin": 0.3}, "price": 9.0} | more)


def event(number, user, thing, **more):
    ts = START + dt.timedelta(hours=number * 3)
    return Event(**{"user_id": user, "item_id": thing, "type": 3, "ts": ts} | more)


ITEMS = [item(f"i{number}") for number in range(10)]
USERS = [User(user_id=f"u{number}", traits={"segment": "regulars"}) for number in range(10)]
EVENTS = [event(number, f"u{number % 10}", f"i{number * 7 % 10}") for number in range(200)]


def found(items=ITEMS, users=USERS, events=EVENTS, prefixes=("brand",)):
    fixture = Fixture(Path("acme.json"), "0" * 64, tuple(items), tuple(users), tuple(events))
    table = columns(fixture)
    facts = Facts(
        fixture, table, split_events(table), NOW, event_weights(table.type), prefixes, ("category", "cat")
    )
    return {one.key: one for one in suspicions(facts)}


def test_nothing_is_odd_in_a_sound_shop_nor_in_an_empty_one():
    assert found() == {}
    assert found([], [], []) == {}


ODD = {
    "duplicate_events": {"events": [*EVENTS, EVENTS[5], EVENTS[7], EVENTS[7]]},
    "bursts": {
        "events": [
            *EVENTS,
            *(event(0, "u3", f"i{number % 10}", ts=START, value=number + 2) for number in range(10)),
        ]
    },
    "heavy_user": {
        "events": [*EVENTS, *(event(number + 0.5, "u2", f"i{number % 10}") for number in range(60))]
    },
    "future_events": {"events": [*EVENTS, event(0, "u1", "i1", ts=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))]},
    "ancient_events": {"events": [*EVENTS, event(0, "u1", "i1", ts=dt.datetime(1970, 1, 1, tzinfo=dt.UTC))]},
    "weightless_events": {"events": [*EVENTS, event(3.5, "u1", "i1", type=77)]},
    "dwarfing_values": {"events": [*EVENTS, event(3.5, "u1", "i1", value=129.9)]},
    "margin_text": {"items": [item("i0", props={"margin": "0.3"}), *ITEMS[1:]]},
    "margin_unit": {"items": [item("i0", props={"margin": 35}), *ITEMS[1:]]},
    "brand_without_tag": {"items": [item("i0", tags=TAGS[::2], brand="acme"), *ITEMS[1:]]},
    "category_without_tag": {"items": [item("i0", tags=TAGS[:2], category="shoes"), *ITEMS[1:]]},
    "blank_tags": {"items": [item("i0", tags=(*TAGS, "sale ")), *ITEMS[1:]]},
    "like_ids": {"items": [*ITEMS, item("I3")]},
    "items_never_seen": {"items": [*ITEMS, item("new"), item("newer")]},
    "users_without_events": {
        "users": [*USERS, *(User(user_id=name, traits={"segment": "x"}) for name in ("idle", "away"))]
    },
    "items_only_after_the_split": {
        "items": [*ITEMS, item("late")],
        "events": [*EVENTS, *(event(195 + number / 9, "u1", "late") for number in range(3))],
    },
}


@pytest.mark.parametrize("key", ODD)
def test_each_rule_sees_its_own_oddity_and_no_other_does(key):
    odd = found(**ODD[key])
    assert list(odd) == [key]
    one = odd[key]
    assert one.count
    assert one.examples
    assert one.advice
    assert not one.sentence.endswith(".")


def test_every_rule_has_its_case():
    assert len(ODD) == len(RULES) == len(OF_EVENTS) + len(OF_ITEMS)


def test_counts_say_how_many():
    assert found(**ODD["duplicate_events"])["duplicate_events"].count == 3
    assert found(**ODD["heavy_user"])["heavy_user"].examples == ("u2: 31%",)


def test_brands_are_read_by_the_prefixes_that_the_profile_names():
    items = [item(f"i{number}", brand="acme", tags=("maker:acme", *TAGS[::2])) for number in range(10)]
    assert "brand_without_tag" in found(items)
    assert found(items, prefixes=("maker",)) == {}


def test_a_calendar_of_its_own_is_no_future():
    moved = [
        event(number, one.user_id, one.item_id, ts=one.ts.replace(year=2090))
        for number, one in enumerate(EVENTS)
    ]
    assert found(events=moved) == {}
