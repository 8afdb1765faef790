"""The split by time and the weights: no event is lost, nothing later than the cut is seeded."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.data.fixtures.columns import Columns
from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.fixtures.weights import WEIGHTS, event_weights
from pytest_recsim.data.input.problems import InputError

DAY = 86_400_000_000
NAIVE = dt.datetime(2026, 1, 1)  # noqa: DTZ001 the missing offset is the point


def at_times(*times):
    count = len(times)
    zeros = np.zeros(count, np.int32)
    return Columns(zeros, zeros, np.zeros(count, np.int16), np.ones(count), np.array(times, np.int64))


TIMES = st.lists(st.integers(0, 50) | st.integers(0, 10**15), max_size=60)
SHARES = st.floats(0.01, 0.99)


@settings(deadline=None)
@given(TIMES, SHARES, st.none() | st.floats(0.001, 5000))
def test_no_event_is_lost_and_seeded_is_up_to_the_cut_and_holdout_after_it(times, share, window):
    found = split_events(at_times(*times), share, window)
    together = [*found.seeded.tolist(), *found.holdout.tolist()]
    assert len(together) + found.dropped == len(times)
    assert len(set(together)) == len(together)
    assert all(times[position] <= found.cut_us for position in found.seeded)
    assert all(times[position] > found.cut_us for position in found.holdout)
    assert [(times[position], position) for position in together] == sorted((times[p], p) for p in together)
    if window is not None and times:
        kept = {position for position, time in enumerate(times) if time >= max(times) - round(window * DAY)}
        assert kept == set(together)


@settings(deadline=None)
@given(TIMES.filter(bool), SHARES)
def test_the_cut_is_the_smallest_time_with_the_share_at_or_before_it(times, share):
    cut = split_events(at_times(*times), share).cut_us
    assert cut in times
    needed = math.ceil(share * len(times) - 1e-9)
    assert sum(time <= cut for time in times) >= needed
    assert sum(time < cut for time in times) < needed


@pytest.mark.parametrize(
    ("times", "share", "seeded", "holdout"),
    [
        ((4, 3, 2, 1), 0.75, [3, 2, 1], [0]),
        (range(30), 0.1, [0, 1, 2], list(range(3, 30))),
        ((1, 2, 2, 2), 0.5, [0, 1, 2, 3], []),
        ((5,), 0.75, [0], []),
        ((7, 7, 7), 0.01, [0, 1, 2], []),
    ],
)
def test_worked_examples(times, share, seeded, holdout):
    found = split_events(at_times(*times), share)
    assert (found.seeded.tolist(), found.holdout.tolist()) == (seeded, holdout)


def test_no_events_give_an_empty_split():
    found = split_events(at_times(), 0.75, 3)
    assert (found.cut_us, found.seeded.size, found.holdout.size, found.dropped) == (None, 0, 0, 0)


def test_an_instant_is_the_cut_itself():
    instant = dt.datetime(1970, 1, 1, 1, 0, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    found = split_events(at_times(4, 5, 6), instant)
    assert (found.cut_us, found.seeded.tolist(), found.holdout.tolist()) == (5, [0, 1], [2])
    late = split_events(at_times(4, 5, 6), dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert (late.seeded.size, late.holdout.size) == (3, 0)


def test_the_window_is_applied_before_the_share_is_counted():
    times = [0, 0, 0, 0, 10 * DAY, 11 * DAY, 12 * DAY, 13 * DAY]
    found = split_events(at_times(*times), 0.5, window_days=3)
    assert (found.dropped, found.seeded.tolist(), found.holdout.tolist()) == (4, [4, 5], [6, 7])


@pytest.mark.parametrize(
    ("at", "window"),
    [
        (0, None),
        (1.0, None),
        (float("nan"), None),
        (NAIVE, None),
        (0.5, 0),
        (0.5, float("nan")),
        (0.5, 1e9),
    ],
)
def test_a_cut_or_window_out_of_range_is_told(at, window):
    with pytest.raises(InputError, match="must be"):
        split_events(at_times(1, 2), at, window)


def test_events_weigh_what_their_type_weighs_and_unknown_types_nothing():
    types = np.array([0, 1, 2, 3, 4, 5, -1, 300], np.int16)
    assert event_weights(types).tolist() == [0.1, 0.3, 0.7, 1.0, 0.2, 0, 0, 0]
    assert event_weights(types, {"view": 2.0}).tolist() == [2.0, 0, 0, 0, 0, 0, 0, 0]
    assert WEIGHTS.keys() == EVENT_TYPES.keys()
