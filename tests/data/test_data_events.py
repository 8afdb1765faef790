"""Events that are read as arrays are those that are read one by one."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.events import Events, sound_values
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.fixture_rules import sound_value
from pytest_recsim.data.fixtures.growing import Growing
from pytest_recsim.data.fixtures.slices import before_verdict
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import write_fixture


@pytest.fixture(scope="module")
def document():
    made = generate("retail", 3, items=40, users=20, events=200)
    made["events"][7] |= {"meta": {"a": 1}, "source_event_id": "seven"}
    made["events"][9] |= {"value": 2.5}
    return made


@pytest.fixture
def both(document, tmp_path):
    """The data set whose events are objects, and that whose events are arrays."""
    write_fixture(document, tmp_path / "acme.json")
    write_fixture(document, tmp_path / "acme", form="jsonl")
    return load_fixture(tmp_path / "acme.json"), load_fixture(tmp_path / "acme")


def test_arrays_give_every_event_as_its_type_makes_it(both):
    objects, arrays = both
    assert (type(objects.events), type(arrays.events)) == (tuple, Events)
    assert tuple(arrays.events) == objects.events
    assert arrays.events[-1] == objects.events[-1]
    assert tuple(arrays.events[5:11:2]) == objects.events[5:11:2]
    assert arrays.events == objects.events
    assert arrays.events[1:] != objects.events[1:][::-1]
    with pytest.raises(IndexError):
        arrays.events[200]


def test_a_part_of_the_arrays_is_the_same_part_of_the_objects(both):
    for one, other in zip(
        *(vars(columns(before_verdict(data, 0.5, None))).values() for data in both), strict=True
    ):
        assert one.tolist() == other.tolist()
    first, second = (before_verdict(data, 0.5, None).events for data in both)
    assert tuple(second) == first
    assert (both[1].sha256, both[1].defaulted) == (both[0].sha256, both[0].defaulted)


@pytest.mark.parametrize(
    "change",
    [{"ts": "2026-10-01T12:00:00+02:00"}, {"meta": {"nul": "\\u0000"}}],
    ids=["an offset that pages show", "what looks like a NUL"],
)
def test_an_event_that_has_to_be_looked_at_is_kept_as_it_is(document, tmp_path, change):
    events = [*document["events"][:-1], document["events"][-1] | change]
    write_fixture(document | {"events": events}, tmp_path / "acme")
    (found,) = load_fixture(tmp_path / "acme").events[-1:]
    written = json.loads((tmp_path / "acme/events.jsonl").read_text().splitlines()[-1])
    assert (found.ts.isoformat().replace("+00:00", "Z"), found.meta) == (written["ts"], written.get("meta"))


def test_a_data_set_with_other_events_has_their_arrays(both):
    objects, arrays = both
    assert columns(replace(arrays, events=objects.events[:3])).ts.tolist() == columns(objects).ts[:3].tolist()


@pytest.mark.parametrize(
    "value", [0.0, -0.0, 1e-15, -1e100, 1e-16, 1.1e100, float("nan"), float("inf"), -1.0]
)
def test_values_are_sound_together_where_each_is(value):
    assert sound_values(np.array([1.0, value])) is sound_value(value)


@pytest.mark.parametrize("room", [0, 3, 100])
def test_pieces_of_an_array_give_the_array_to_the_last_bit_whatever_they_repeat(room):
    one, other = [1.0, 1.0], [0.0, -0.0, np.nan]
    for pieces in itertools.product([[], one, other, [-0.0], [0.0, 0.0]], repeat=3):
        growing = Growing("f8", room)
        for piece in pieces:
            growing.add(np.array(piece, "f8"))
        assert growing.whole().tobytes() == np.array(list(itertools.chain(*pieces)), "f8").tobytes()
