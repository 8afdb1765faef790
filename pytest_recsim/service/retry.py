"""When a request is tried again, and after how long."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import TypeVar

from pytest_recsim.service.errors import ServiceError

T = TypeVar("T")

PASSING_STATUSES = frozenset({429, 502, 503, 504})
"""Statuses that may be gone a moment later; every other 4xx and 5xx is an answer."""


@dataclass(frozen=True)
class Patience:
    """Exponential back-off with jitter, limited in number and in total time.

    Attributes:
        tries: attempts at most, the first included.
        total_s: seconds from the first attempt until nothing new is started.
        first_s: pause after the first failure, doubled each time, up to ``longest_s``.
    """

    tries: int = 5
    total_s: float = 30.0
    first_s: float = 0.2
    longest_s: float = 5.0

    def pause(self, failures: int, chance: random.Random) -> float:
        """Seconds to wait after that many failures: half fixed, half random, so that clients spread."""
        return min(self.longest_s, self.first_s * 2.0 ** (failures - 1)) * chance.uniform(0.5, 1.0)


class Setback(Exception):  # noqa: N818 - it is a turn of events inside this room, not an error anybody is shown
    """One attempt that failed.

    Attributes:
        cause: what is counted, e.g. ``429``, ``timeout``, ``unreachable``.
        error: what is raised if there is no further attempt.
        repeatable: whether another attempt is both safe and worth it.
        after_s: seconds the service asked to wait (``Retry-After``).
    """

    def __init__(self, cause: str, error: ServiceError, *, repeatable: bool, after_s: float = 0.0) -> None:
        super().__init__(cause)
        self.cause = cause
        self.error = error
        self.repeatable = repeatable
        self.after_s = after_s


def may_repeat(cause: str, *, safe: bool) -> bool:
    """Whether a failure for this cause may be followed by another attempt.

    A request that is not safe to repeat goes out again only when the service surely did not act on it:
    nobody took the connection, or the rate limiter turned it away.
    """
    if cause in {"unreachable", "429"}:
        return True
    return safe and (cause in {"timeout", "dropped"} or (cause.isdigit() and int(cause) in PASSING_STATUSES))


async def persist(
    attempt: Callable[[float], Awaitable[T]],
    patience: Patience,
    chance: random.Random,
    note: Callable[[str], None],
) -> T:
    """Run ``attempt(seconds left)`` until it succeeds or patience ends; ``note`` hears every retry's cause.

    Raises:
        ServiceError: of the last attempt, with the number of tries when there was more than one.
    """
    started = monotonic()
    for tries in count(1):
        try:
            return await attempt(patience.total_s - (monotonic() - started))
        except Setback as setback:
            pause = max(patience.pause(tries, chance), setback.after_s)
            spent = monotonic() - started
            if not setback.repeatable or tries >= patience.tries or spent + pause >= patience.total_s:
                raise _final(setback, tries, spent, patience.total_s) from None
            note(setback.cause)
        await asyncio.sleep(pause)
    raise AssertionError("unreachable: count() does not end")  # pragma: no cover


def _final(setback: Setback, tries: int, spent: float, total: float) -> ServiceError:
    error = setback.error
    told = [f"{tries} tries in {spent:.1f} s"] if tries > 1 else []
    if setback.repeatable and setback.after_s and spent + setback.after_s >= total:
        told.append(f"asked us to wait {setback.after_s:.0f} s, {total:g} s are all we have")
    if not told:
        return error
    return ServiceError(f"{error.sentence.rstrip('.')} ({'; '.join(told)}).", error.status, error.code)
