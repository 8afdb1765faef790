"""Points in time, as the service reads them: RFC 3339 with an offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

EARLIEST_YEAR = 1970
LATEST_YEAR = 2199
ALLOWED = f"an RFC 3339 instant with offset, such as 2026-01-31T12:00:00Z, in the years {EARLIEST_YEAR} to {LATEST_YEAR}"

PATTERN = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:?[0-9]{2})$"
)

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


def parse_instant(text: str) -> datetime:
    """Return the instant; ValueError carries a sentence fragment with what is allowed."""
    try:
        instant = msgspec.convert(text, Instant)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        reason = "has no offset" if "timezone" in str(error) else "is not an instant"
        raise ValueError(f"{reason}; must be {ALLOWED}") from None
    if not EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
        raise ValueError(f"is out of range; must be {ALLOWED}")
    return instant


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch, exactly."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def from_us(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
