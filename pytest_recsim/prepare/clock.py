"""The replay clock: the service decays by the wall clock, so old events are moved to now, all by one constant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_recsim.data.input.instants import to_us

NEWEST_AGE = timedelta(minutes=1)
MICROSECONDS_A_DAY = 86_400e6


def shift_us(newest_seeded_us: int, now: datetime) -> int:
    """Return the microseconds to add to every time stamp so that the newest seeded event is a minute old."""
    target = now - NEWEST_AGE
    return to_us(target) - newest_seeded_us


def rfc3339(moment: datetime) -> str:
    """Write a time as the service reads it, in UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
