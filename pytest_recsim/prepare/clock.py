"""The replay clock: the service decays by the wall clock, so old events are moved to now, all by one constant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_recsim.data.instants import to_us

NEWEST_AGE = timedelta(minutes=1)
HALF_LIVES_ALLOWED = 1000  # beyond about 1,075 the real service answers 422 for the whole namespace


def shift_us(newest_seeded_us: int, now: datetime) -> int:
    """Return the microseconds to add to every time stamp so that the newest seeded event is a minute old."""
    target = now - NEWEST_AGE
    return to_us(target) - newest_seeded_us


def rfc3339(moment: datetime) -> str:
    """Write a time as the service reads it, in UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def span_problem(span_days: float, half_life_days: float) -> str:
    """Return a sentence when the seeded events reach back too many half-lives, else an empty string."""
    if span_days <= HALF_LIVES_ALLOWED * half_life_days:
        return ""
    return (
        f"the seeded events span {span_days:,.0f} days, more than {HALF_LIVES_ALLOWED:,} half-lives of "
        f"{half_life_days:g} days (POPULARITY_HALFLIFE_DAYS); a real service answers 422 for the whole "
        "namespace then: use --recsim-window-days"
    )
