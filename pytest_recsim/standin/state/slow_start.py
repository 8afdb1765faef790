"""Slow first answers: a database that does not know a namespace yet answers late, or not in time (contract 18).

Real seconds, whatever the service's clock. It begins with the first question after the namespace got its events; when
it is over, it is over for that namespace until the process ends.
"""

from __future__ import annotations

import time
from typing import NamedTuple

_TIME_OUT_S = 5.0


class Wait(NamedTuple):
    """How long an answer takes, and whether it is a failure then."""

    seconds: float = 0.0
    fails: bool = False


class SlowStart:
    """Who has to wait: of two questions the first fails at the database's time-out, the other is held until the end.

    The time-out is that of the real service, or half of a start so short that it would never be reached. A revision
    that ``always_fails`` holds nobody for longer than that.
    """

    def __init__(self, seconds: float, *, always_fails: bool = False) -> None:
        self._seconds = seconds
        self._always_fails = always_fails
        self._time_out = min(_TIME_OUT_S, seconds / 2)
        self._began: dict[tuple[str, str], float] = {}
        self._asked: dict[tuple[str, str], int] = {}

    def next(self, org: str, namespace: str) -> Wait:
        """Return what the next question to a namespace that has events goes through."""
        place, now = (org, namespace), time.monotonic()
        left = self._began.setdefault(place, now) + self._seconds - now
        if left <= 0:
            return Wait()
        asked = self._asked[place] = self._asked.get(place, 0) + 1
        if (asked % 2 or self._always_fails) and left > self._time_out:
            return Wait(self._time_out, fails=True)
        return Wait(left)
