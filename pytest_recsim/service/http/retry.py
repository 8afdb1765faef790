"""When a request is tried again, and after how long."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from pytest_recsim.clock import monotonic
from pytest_recsim.service.contract.errors import ServiceError

T = TypeVar("T")

PASSING_STATUSES = frozenset({429, 502, 503, 504})
"""Statuses that may be gone a moment later; every other 4xx and 5xx is an answer, except to a read."""
SLOW = frozenset({"timeout", "500"})
"""What a read meets whose query takes longer than somebody allows: us, or the service itself."""
LATE_DROP_S = 5.0
"""A connection that closes without an answer after that long was closed for the same reason (contract 1.1)."""
LONGEST_ATTEMPT_S = 30.0
"""The service gives up writing an answer after that (contract 1.1), so a longer wait gains nothing."""


@dataclass(frozen=True)
class Patience:
    """Exponential back-off with jitter, limited in number and in total time.

    Attributes:
        tries: attempts at most, the first included.
        total_s: seconds from the first attempt until nothing new is started.
        first_s: pause after the first failure, doubled each time, up to ``longest_s``.
        slow_s: seconds within which a read that is too slow is repeated, however often; every attempt may take
            longer than the one before. 0: such a failure is like any other.
        attempt_s: seconds for the first attempt, where that may be more than the endpoint's time-out.
    """

    tries: int = 5
    total_s: float = 30.0
    first_s: float = 0.2
    longest_s: float = 5.0
    slow_s: float = 0.0
    attempt_s: float = 0.0

    @property
    def longest_total_s(self) -> float:
        return max(self.total_s, self.slow_s)

    def ended(self, tries: int, at_s: float, *, slow: bool) -> bool:
        """Whether an attempt that would start ``at_s`` seconds after the first one is one too many.

        Args:
            tries: attempts so far that failed for another cause than being slow, or all without ``slow_s``.
            at_s: when it would start.
            slow: whether the failure before it was that of a slow read, see ``is_slow``.
        """
        if self.slow_s and slow:
            return at_s >= self.slow_s
        return tries >= self.tries or at_s >= self.total_s

    def limit_s(self, timeout: float, number: int) -> float:
        """Seconds for an attempt: where slow ones are repeated, each has a time-out more than the one before."""
        grown = min(timeout * number, LONGEST_ATTEMPT_S) if self.slow_s else timeout
        return max(timeout, grown, self.attempt_s)

    def pause(self, failures: int, chance: random.Random) -> float:
        """Seconds to wait after that many failures: half fixed, half random, so that clients spread."""
        return min(self.longest_s, self.first_s * 2.0 ** (failures - 1)) * chance.uniform(0.5, 1.0)


@dataclass
class Budget:
    """What the repeats of slow reads may cost a process altogether: a dead service is not asked for hours.

    Attributes:
        repeats: repeats that are left.
        seconds: what failed attempts may still take, each counted with its share of the requests in flight.
    """

    repeats: int = 400
    seconds: float = 600.0

    def spend(self, seconds: float) -> bool:
        """Take one failed attempt from it; return whether another attempt may follow."""
        self.repeats -= 1
        self.seconds -= seconds
        return self.repeats >= 0 and self.seconds > 0


class Setback(Exception):  # noqa: N818 - it is a turn of events inside this room, not an error anybody is shown
    """One attempt that failed.

    Attributes:
        cause: what is counted, e.g. ``429``, ``timeout``, ``unreachable``.
        error: what is raised if there is no further attempt.
        repeatable: whether another attempt is both safe and worth it.
        after_s: seconds the service asked to wait (``Retry-After``).
        why_not: why there is no further attempt although it might help; empty otherwise.
        slow: whether the attempt failed because it took too long.
    """

    def __init__(
        self,
        cause: str,
        error: ServiceError,
        *,
        repeatable: bool,
        after_s: float = 0.0,
        why_not: str = "",
        slow: bool = False,
    ) -> None:
        super().__init__(cause)
        self.slow = slow
        self.why_not = why_not
        self.cause = cause
        self.error = error
        self.repeatable = repeatable
        self.after_s = after_s


def is_slow(cause: str, seconds: float) -> bool:
    """Whether a read that failed for this cause after that many seconds failed because it took too long."""
    return cause in SLOW or (cause == "dropped" and seconds >= LATE_DROP_S)


def may_repeat(cause: str, *, safe: bool, read: bool = False) -> bool:
    """Whether a failure for this cause may be followed by another attempt.

    A request that is not safe to repeat goes out again only when the service surely did not act on it:
    nobody took the connection, or the rate limiter turned it away. 500 answers a write that is not valid
    (contract 1.4); to a read it says that the database took too long.
    """
    if cause in {"unreachable", "429"}:
        return True
    if cause == "500":
        return read
    return safe and (cause in {"timeout", "dropped"} or (cause.isdigit() and int(cause) in PASSING_STATUSES))


async def persist(
    attempt: Callable[[int, float], Awaitable[T]],
    patience: Patience,
    chance: random.Random,
    note: Callable[[str], None],
) -> T:
    """Run ``attempt(number, seconds left)`` until it succeeds or patience ends.

    ``note`` hears every retry's cause.

    Raises:
        ServiceError: of the last attempt, with the number of tries when there was more than one.
    """
    started, others = monotonic(), 0
    for tries in count(1):
        try:
            return await attempt(tries, patience.longest_total_s - (monotonic() - started))
        except Setback as setback:
            others += not (patience.slow_s and setback.slow)
            pause = max(patience.pause(tries, chance), setback.after_s)
            spent = monotonic() - started
            if not setback.repeatable or patience.ended(others, spent + pause, slow=setback.slow):
                raise _final(setback, tries, spent, patience.total_s) from None
            note(setback.cause)
        await asyncio.sleep(pause)
    raise AssertionError("unreachable: count() does not end")  # pragma: no cover


def _final(setback: Setback, tries: int, spent: float, total: float) -> ServiceError:
    error = setback.error
    told = [f"{tries} tries in {spent:.1f} s"] if tries > 1 else []
    if setback.repeatable and setback.after_s and spent + setback.after_s >= total:
        told.append(f"asked us to wait {setback.after_s:.0f} s, {total:g} s are all we have")
    told += filter(None, [setback.why_not])
    if not told:
        return error
    return ServiceError(f"{error.sentence.rstrip('.')} ({'; '.join(told)}).", error.status, error.code)
