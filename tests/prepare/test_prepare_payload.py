"""What goes over the wire: every field spelled out, times moved by one constant, ids of our own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.model import Event, Fixture, Item, User
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.instants import from_us, to_us
from pytest_recsim.plan.paper import span_problem
from pytest_recsim.prepare.clock import rfc3339, shift_us
from pytest_recsim.prepare.payload import EventRows, event_row, item_row, user_row
from pytest_recsim.prepare.probe import probe_row, probe_source

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def fixture_of(items, events=()):
    users = (User(user_id="u", traits={"segment": "s"}),)
    return Fixture(Path("x.json"), "f" * 64, tuple(items), users, tuple(events))


def test_an_item_is_sent_with_everything_that_the_service_would_misread_when_missing():
    assert item_row(Item(item_id="i")) == {
        "item_id": "i",
        "available": True,
        "price": None,
        "tags": [],
        "props": {},
        "category_path": [],
    }


def test_texts_and_embeddings_are_sent_only_when_there_are_any():
    row = item_row(Item(item_id="i", brand="b", description="d", embedding=(0.5,) * 384))
    assert row["brand"] == "b"
    assert len(row["embedding"]) == 384
    assert "category" not in row


def test_a_user_is_sent_with_all_traits():
    traits = {"segment": "vip", "age": 3}
    assert user_row(User(user_id="u", traits=traits)) == {"user_id": "u", "traits": traits}


def test_an_event_is_sent_with_value_moved_time_and_an_id_that_a_resend_repeats():
    event = Event(user_id="u", item_id="i", type=3, ts=NOW)
    row = event_row(event, 7, shift=3_600_000_000, fixture=fixture_of([]))
    assert row == {
        "user_id": "u",
        "item_id": "i",
        "type": 3,
        "value": 1.0,
        "ts": "2026-11-22T23:15:00.000000Z",
        "meta": {},
        "source_event_id": "recsim:ffffffffffff:7",
    }


@given(st.lists(moments, min_size=1, max_size=5), st.integers(-(10**12), 10**12))
def test_rows_made_by_the_batch_are_the_rows_made_one_by_one(times, shift):
    events = [Event(user_id="u", item_id="i", type=3, ts=ts, meta={"n": n}) for n, ts in enumerate(times)]
    fixture = fixture_of([], events)
    positions = np.arange(len(events))[::-1]
    rows = EventRows(fixture, np.array([to_us(ts) for ts in times]), positions, shift)
    one_by_one = [event_row(events[at], at, shift=shift, fixture=fixture) for at in positions.tolist()]
    assert (len(rows), rows[0], rows[1:]) == (len(events), one_by_one[0], one_by_one[1:])


@given(moments, moments)
def test_the_newest_seeded_event_becomes_a_minute_old_to_the_microsecond(newest, now):
    assert from_us(to_us(newest) + shift_us(to_us(newest), now)) == now - timedelta(minutes=1)


@given(moments)
def test_times_survive_the_way_to_text_and_back(moment):
    assert datetime.fromisoformat(rfc3339(moment)) == moment


@pytest.mark.parametrize(("days", "told"), [(999, False), (1000, False), (1001, True)])
def test_a_span_over_a_thousand_half_lives_is_told(days, told):
    assert bool(span_problem(days, 1.0)) is told


def probe_of(items, events):
    fixture = fixture_of(items, events)
    table = columns(fixture)
    return probe_source(fixture, table, split_events(table, 0.99))


def events_on(**counts):
    return [
        Event(user_id="u", item_id=item, type=0, ts=NOW - timedelta(hours=hour))
        for item, count in counts.items()
        for hour in range(count)
    ]


def test_the_probe_takes_its_tags_from_an_item_in_the_middle_of_popularity():
    items = [Item(item_id=name, tags=("t", name)) for name in ("a", "b", "c")]
    assert probe_of(items, events_on(a=9, b=5, c=1)).item_id == "b"


def test_unavailable_untagged_and_unseen_items_give_no_probe():
    items = [
        Item(item_id="a", tags=("t",), available=False),
        Item(item_id="b"),
        Item(item_id="c", tags=("t",)),
    ]
    assert probe_of(items, events_on(a=9, b=9)) is None


def test_the_probe_differs_from_its_pattern_by_name_only():
    source = Item(item_id="a", tags=("t",), price=3.0, category="c", props={"margin": 0.5})
    row = probe_row(source, "recsim-probe-1")
    assert row == item_row(source) | {"item_id": "recsim-probe-1", "props": {"recsim_probe": True}}


def test_an_empty_event_list_has_no_probe_and_no_times():
    table = columns(fixture_of([Item(item_id="a", tags=("t",))]))
    assert np.size(table.ts) == 0
    assert probe_of([Item(item_id="a", tags=("t",))], []) is None
