"""Slowing down when the service says 429, and speeding up again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pytest_recsim.clock import monotonic

FIRST_S, SLOWEST_S, NEGLIGIBLE_S = 0.02, 2.0, 0.002
STREAK = 20


class Pace:
    """The distance between two requests, shared by all that are in flight.

    Without 429s there is none. A refusal stretches it by half (refusals that arrive together count once),
    twenty acceptances in a row shrink it by a tenth: the rate settles just under the limit.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.interval = 0.0
        self._next = 0.0
        self._deaf_until = 0.0
        self._streak = 0

    async def turn(self) -> None:
        """Wait until the next request may start."""
        if self.interval == 0.0:
            return
        now = self._clock()
        start = max(now, self._next)
        self._next = start + self.interval
        await asyncio.sleep(start - now)

    def refused(self) -> None:
        now = self._clock()
        self._streak = 0
        if now < self._deaf_until:
            return
        self.interval = min(max(self.interval * 1.5, FIRST_S), SLOWEST_S)
        self._next = max(self._next, now + self.interval)
        self._deaf_until = now + max(0.1, 4 * self.interval)

    def accepted(self) -> None:
        if self.interval == 0.0:
            return
        self._streak += 1
        if self._streak >= STREAK:
            self._streak = 0
            self.interval = self.interval * 0.9 if self.interval > NEGLIGIBLE_S else 0.0
