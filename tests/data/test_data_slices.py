"""Three slices in time: what trials are judged on ends where the verdict slice begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.model import Event, Fixture, Item, User
from pytest_recsim.data.fixtures.slices import before_verdict, tuning_split
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.problems import InputError

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.lists(st.integers(0, 500), min_size=4, max_size=40)


def shop(hours: list[int]) -> Fixture:
    items = tuple(Item(item_id=f"i{number}") for number in range(3))
    users = tuple(User(user_id=f"u{number}", traits={"segment": "all"}) for number in range(3))
    events = tuple(
        Event(
            user_id=f"u{place % 3}", item_id=f"i{place % 2}", type=place % 5, ts=START + timedelta(hours=hour)
        )
        for place, hour in enumerate(hours)
    )
    return Fixture(Path("shop.json"), "0" * 64, items, users, events)


@given(HOURS, st.floats(0.05, 0.95))
def test_nothing_of_the_verdict_slice_is_left_and_all_that_lies_before_it_is(hours, share):
    whole = shop(hours)
    ordinary = split_events(columns(whole), share)
    rest = before_verdict(whole, share, None)
    assert rest.events == tuple(whole.events[place] for place in sorted(ordinary.seeded.tolist()))
    inner = tuning_split(columns(whole), columns(rest), share, None)
    assert sorted([*inner.seeded, *inner.holdout]) == list(range(len(rest.events)))


@given(HOURS)
def test_whatever_happens_in_the_verdict_slice_changes_nothing_before_it(hours):
    whole = shop(hours)
    held_out = set(split_events(columns(whole), 0.75).holdout.tolist())
    other = replace(
        whole,
        events=tuple(
            msgspec.structs.replace(event, user_id="u0", item_id="i2", type=4, value=9.0)
            if place in held_out
            else event
            for place, event in enumerate(whole.events)
        ),
    )
    assert before_verdict(other, 0.75, None) == before_verdict(whole, 0.75, None)


def test_before_an_instant_the_tuning_holdout_lasts_half_as_long_as_the_ordinary_one():
    whole = shop([0, 10, 20, 30, 40, 50, 60])
    at = START + timedelta(hours=40)
    rest = before_verdict(whole, at, None)
    inner = tuning_split(columns(whole), columns(rest), at, None)
    assert len(rest.events) == 5
    np.testing.assert_array_equal(inner.seeded, [0, 1, 2, 3])
    np.testing.assert_array_equal(inner.holdout, [4])


@pytest.mark.parametrize(
    ("share", "seeded", "tuned_on"), [(0.75, 125, 25), (0.8, 140, 20), (0.5, 50, 50), (0.4, 32, 48)]
)
def test_before_a_share_the_tuning_holdout_is_half_as_large_as_the_ordinary_one_unless_too_little_would_be_seeded(
    share, seeded, tuned_on
):
    whole = shop(list(range(200)))
    rest = before_verdict(whole, share, None)
    inner = tuning_split(columns(whole), columns(rest), share, None)
    assert (len(inner.seeded), len(inner.holdout)) == (seeded, tuned_on)


def test_an_instant_with_too_little_before_it_is_told():
    whole = shop([0, 10, 60])
    at = START + timedelta(hours=15)
    rest = before_verdict(whole, at, None)
    with pytest.raises(InputError, match=r"leaves no tuning slice: the holdout lasts 1\.9 days"):
        tuning_split(columns(whole), columns(rest), at, None)
