"""The first answer to a question: asked anew while an earlier copy is still waiting, for that one may be lost.

A database without statistics plans badly, and a query that has begun with a bad plan ends with it, often after the
service has stopped listening (30 s, contract 1.1). A copy asked after the statistics are there is answered at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

from pytest_recsim.clock import monotonic
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.retry import Patience, may_repeat

COPY_S = 15.0
"""Seconds until another copy is asked. A copy lives twice as long, so that two are on their way at most."""
COPIES = 6
"""How often that fits into the whole time, where that is short."""
AskOnce = Callable[[Patience], Awaitable[Exchange]]


class FirstAnswer:
    """One question, asked until an answer comes within a normal time or the time is over.

    Args:
        ask: sends the question with this patience.
        patience: the endpoint's; a copy is one try.
        limit_s: seconds for everything.
        normal_s: seconds of an answer as the service will go on giving them.
        retries: cause -> times that a failure was followed by another attempt; counted up here.
    """

    def __init__(
        self,
        ask: AskOnce,
        patience: Patience,
        *,
        limit_s: float,
        normal_s: float,
        retries: Counter[str],
    ) -> None:
        self._ask, self._patience = ask, patience
        self._end, self._every_s = monotonic() + limit_s, min(COPY_S, limit_s / COPIES)
        self._normal_s, self._retries = normal_s, retries
        self._pause_s = self._every_s / 8
        self._found: Exchange | None = None
        self._failed: ServiceError | None = None

    async def get(self) -> Exchange:
        """Return the first answer within a normal time, else the last one that came.

        Raises:
            ServiceError: an answer that no repeat can change, or nothing but failures.
        """
        waiting: set[asyncio.Task[Exchange]] = set()
        try:
            while (left := self._end - monotonic()) > 0 or waiting:
                if left > 0:
                    waiting.add(asyncio.ensure_future(self._copy(left)))
                done, waiting = await asyncio.wait(
                    waiting, timeout=self._every_s, return_when=asyncio.FIRST_COMPLETED
                )
                answered = self._found is not None
                came = [self._is_normal(task) for task in done]  # all are looked at: the last one counts
                if any(came):
                    break
                if done:  # slow or failed: what is waited for takes a while, and every question is counted
                    await asyncio.sleep(self._next_pause(begins=not answered and self._found is not None))
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        if self._found is None:
            assert self._failed is not None  # every copy has returned or raised
            raise self._failed
        return self._found

    def _next_pause(self, *, begins: bool) -> float:
        """Each pause is longer than the one before; where answers ``begin`` to come, the next may well be a normal one."""
        self._pause_s = self._every_s / 8 if begins else min(2 * self._pause_s, self._every_s)
        return self._pause_s

    def _copy(self, left: float) -> Awaitable[Exchange]:
        life = min(2 * self._every_s, left)
        return self._ask(replace(self._patience, tries=1, total_s=life, attempt_s=life, slow_s=0.0))

    def _is_normal(self, done: asyncio.Task[Exchange]) -> bool:
        """Keep what came; return whether nothing better is to be waited for."""
        try:
            self._found = done.result()
        except ServiceError as error:
            self._failed, cause = error, str(error.status or error.code)
            if not may_repeat(cause, safe=True, read=True):
                raise
            self._retries[cause] += 1
            return False
        return self._found.seconds <= self._normal_s
