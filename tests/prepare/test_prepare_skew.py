from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pytest_recsim.prepare.skew import skew_note, skew_us

BEFORE = datetime(2026, 11, 22, 22, 15, 0, 900_000, tzinfo=UTC)
AFTER = BEFORE + timedelta(seconds=2)


@pytest.mark.parametrize("seconds", [-5, -1, 0, 1, 2, 7])
def test_clocks_that_differ_by_rounding_and_travel_are_one(seconds):
    assert skew_us(BEFORE + timedelta(seconds=seconds), BEFORE, AFTER) == 0


@pytest.mark.parametrize("seconds", [-3 * 3600, -6, 8, 3600])
def test_any_other_difference_is_measured_from_the_answer(seconds):
    assert skew_us(BEFORE + timedelta(seconds=seconds), BEFORE, AFTER) == (seconds - 2) * 1_000_000


def test_a_service_that_does_not_tell_its_time_is_taken_to_share_ours():
    assert skew_us(None, BEFORE, AFTER) == 0


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (10_800, "3 h 0 min ahead of"),
        (-10_770, "3 h 0 min behind"),
        (-300, "5 min behind"),
        (40, "40 s ahead of"),
        (119.6, "2 min ahead of"),
    ],
)
def test_a_skew_is_told_in_units_people_use(seconds, told):
    assert told in skew_note(round(seconds * 1e6))
