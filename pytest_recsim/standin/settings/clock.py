"""The service clock and its time stamps: integers in microseconds since 1970, UTC."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
# What a four-digit year can print.
_FIRST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_WORDS = {"now": 0, "today": 0, "yesterday": -1, "tomorrow": 1}


class Clock:
    """Wall clock, or one instant for ever.

    Ranking on the wall clock uses whole seconds, so that decayed vectors can be shared by all requests of a second.
    """

    def __init__(self, frozen: int | None = None) -> None:
        self.frozen = frozen

    def now(self) -> int:
        """Return the present in microseconds."""
        return time.time_ns() // 1000 if self.frozen is None else self.frozen

    def ranking_now(self) -> int:
        """Return the instant that scores are computed for."""
        return int(time.time()) * SECOND if self.frozen is None else self.frozen

    def stopwatch(self) -> float:
        """Return milliseconds for durations; on a frozen clock nothing takes time."""
        return time.perf_counter() * 1000.0 if self.frozen is None else 0.0


def parse_rfc3339(text: str) -> int | None:
    """Return microseconds for an RFC 3339 instant with offset in the years 1 to 9999 of UTC, or None.

    Finer fractions are cut.
    """
    if _RFC3339.fullmatch(text) is None:
        return None
    try:
        moment = (datetime.fromisoformat(text) - EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None
    return moment if _FIRST <= moment <= _LAST else None


def parse_filter(text: str, now: int) -> int | None:
    """Return microseconds for the loose spellings that the database accepts in date filters, or None."""
    word = text.strip().lower()
    if word in _WORDS:
        return now if word == "now" else now - now % DAY + _WORDS[word] * DAY
    if word == "epoch":
        return 0
    try:
        moment = datetime.fromisoformat(text.strip())
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


def whole_seconds(moment: int) -> str:
    """Write an instant as RFC 3339 in UTC, the fraction cut off."""
    # Not strftime: it writes the year 407 with three digits.
    return (_NAIVE_EPOCH + timedelta(seconds=moment // SECOND)).isoformat() + "Z"


def nanoseconds(moment: int) -> str:
    """Write an instant as RFC 3339 in UTC with nine fraction digits, as error bodies do."""
    return f"{whole_seconds(moment)[:-1]}.{moment % SECOND * 1000:09d}Z"
