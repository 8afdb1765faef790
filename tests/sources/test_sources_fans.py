from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.sources import fans

DAY = 86_400


class Contact(NamedTuple):
    """One event of one person with one film; sorts by time."""

    second: int
    user: int
    film: int
    type: int


def segments(contacts, genres, window_days):
    """As ``fans.segments``, with the names as a mapping."""
    rows = [(second * 1_000_000, user, film) for second, user, film, _ in contacts]
    frame = pl.DataFrame(rows, schema={"ts": pl.Int64, "user": pl.Int64, "film": pl.Int64}, orient="row")
    found = fans.segments(frame, genres, window_days)
    return SimpleNamespace(names=dict(found.names.rows()), facts=found.facts)


GENRES = {film: ("action",) if film < 20 else ("comedy",) if film < 40 else ("drama",) for film in range(60)}


def history(user, films, start):
    return [Contact(start + number, user, film, 0) for number, film in enumerate(films)]


def late(count, start=10_000):
    """Contacts of one more person that push the split behind everything before them."""
    return history(99, [number % 60 for number in range(count)], start)


@pytest.fixture
def crowd():
    """Four fans and a heavy user before the split, a newcomer after it."""
    early = [
        *history(1, range(8), 0),
        *history(2, range(20, 28), 100),
        *history(3, range(40, 48), 200),
        *history(4, [0, 1, 2], 300),
        *history(5, range(60), 400),
    ]
    return early + late(len(early) // 3)


def test_people_are_named_after_what_they_did_before_the_split(crowd):
    assert segments(crowd, GENRES, None).names == {
        1: "action_fans",
        2: "comedy_fans",
        3: "drama_fans",
        4: "new_users",
        5: "power_users",
        99: "new_users",
    }


def test_history_and_holdout_are_counted(crowd):
    facts = segments(crowd, GENRES, None).facts
    assert facts["people"] == {
        "history_and_holdout": 0,
        "history_only": 5,
        "holdout_only": 1,
        "outside_window": 0,
    }


def test_the_window_leaves_older_events_out():
    old = history(1, range(30), 0)
    new = sorted([*history(2, range(8), 10 * DAY), *history(3, range(4), 10 * DAY + 500)])
    whole, windowed = segments(old + new, GENRES, None), segments(old + new, GENRES, 1)
    assert whole.names[1] != "new_users"
    assert windowed.names[1] == "new_users"
    assert windowed.facts["people"]["outside_window"] == 1
    assert windowed.names[2] == "action_fans"


def test_segments_exist_even_when_nobody_has_a_history():
    assert segments([Contact(0, 1, 0, 0)], GENRES, None).names == {1: "new_users"}


def test_films_without_genres_do_not_break_the_families():
    names = segments(history(1, range(6), 0), dict.fromkeys(range(6), ()), None).names
    assert set(names) == {1}


contacts = st.lists(
    st.builds(Contact, st.integers(0, 200), st.integers(1, 6), st.integers(0, 59), st.just(0)),
    min_size=4,
    max_size=120,
).map(sorted)


@settings(max_examples=25, deadline=None)
@given(contacts, st.randoms(use_true_random=False))
def test_nothing_after_the_split_decides_a_segment(events, chance):
    """Other films after the split, at the same times by the same people: the same segments."""
    cut = events[(3 * len(events) + 3) // 4 - 1].second
    other = [event if event.second <= cut else event._replace(film=chance.randrange(60)) for event in events]
    assert segments(sorted(other), GENRES, None).names == segments(events, GENRES, None).names


@settings(max_examples=25, deadline=None)
@given(contacts)
def test_everybody_gets_exactly_one_segment(events):
    names = segments(events, GENRES, None).names
    assert set(names) == {event.user for event in events}
    assert Counter(names.values()).total() == len(names)
