"""The asynchronous client: bounded requests in flight, retries, typed answers, one sentence per failure."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from operator import length_hint
from typing import TypeVar

import httpx
import msgspec

from pytest_recsim.clock import perf_counter
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.wire import ANSWER
from pytest_recsim.service.http import faults, wiring
from pytest_recsim.service.http.body import MOST, MOST_OF_A_LIST, BadBody, received
from pytest_recsim.service.http.call import RECOMMEND_PATH, Call, Reply
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.interrupt import hurried
from pytest_recsim.service.http.line import Answer
from pytest_recsim.service.http.request_counts import RECOMMEND, Tally
from pytest_recsim.service.http.retry import Budget, Patience, Setback, is_slow, may_repeat, persist
from pytest_recsim.service.http.throttle import Pace
from pytest_recsim.service.http.unknown import SAMPLE, unknown_members

T = TypeVar("T")
J = TypeVar("J")
SPENT = "too many reads of this run were too slow before, so it is not repeated"


class Client:
    """Requests to one endpoint. Belongs to one event loop; ``tally`` counts everything it sends."""

    def __init__(self, endpoint: Endpoint, tally: Tally | None = None) -> None:
        self.endpoint = endpoint
        self.tally = Tally() if tally is None else tally
        self._http = wiring.build(endpoint, self.tally.strayed)
        self._headers = wiring.headers(endpoint)
        self._lines = wiring.lines(self._http)
        self._head = wiring.head(endpoint, self._headers)
        self._chance = random.Random()
        self._pace = Pace()
        self._budget = Budget()
        self._silent = False  # whether it left the last request that failed unanswered
        self._recommend_to = endpoint.base_url + RECOMMEND_PATH
        self._recommend_url = httpx.URL(self._recommend_to)

    async def aclose(self) -> None:
        if self._lines is not None:
            await self._lines.aclose()
        await self._http.aclose()

    async def send(self, call: Call, decode: Callable[[bytes], T]) -> T:
        """Send one request, again where that is safe and may help, and decode its answer.

        Raises:
            ServiceError: no answer, an answer that is not a 2xx, or a body that breaks the contract.
        """
        url = httpx.URL(self.endpoint.base_url + call.path, params=dict(call.query) or None)
        value, _ = await self._persist(call, url, decode)
        return value

    async def recommend(self, ask: Ask, patience: Patience | None = None) -> Exchange:
        """Ask for one list, with the endpoint's patience for slow answers or the one given.

        Raises:
            ServiceError: see ``send``.
        """
        where = self.endpoint
        call = Call(
            "POST",
            RECOMMEND_PATH,
            body=msgspec.json.encode(ask.body(where.namespace)),
            what=f"for user `{ask.user_id}`",
            label=RECOMMEND,
            patience=patience or where.asking,
        )
        answer, seconds = await self._persist(call, self._recommend_url, ANSWER.decode)
        self.tally.recommendations += 1
        keyed = where.api_key is not None
        return Exchange(ask, answer, seconds, self._recommend_to, where.org_id, where.namespace, keyed)

    async def spread(self, jobs: Iterable[J], work: Callable[[J], Awaitable[T]]) -> list[T]:
        """Run ``work`` on every job, at most ``concurrency`` at a time; results in the order of the jobs.

        The first failure ends the others. A handful of workers share the jobs, which may be made lazily, so
        100,000 jobs become neither 100,000 tasks nor 100,000 bodies in memory.
        """
        results: dict[int, T] = {}
        queue = iter(enumerate(jobs))

        async def worker() -> None:
            for position, job in queue:
                results[position] = await work(job)

        most = self.endpoint.concurrency
        workers = [asyncio.create_task(worker()) for _ in range(min(most, length_hint(jobs, most)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return [results[position] for position in range(len(results))]

    async def _persist(self, call: Call, url: httpx.URL, decode: Callable[[bytes], T]) -> tuple[T, float]:
        patience = hurried(call.patience or self.endpoint.patience, silent=self._silent)

        async def attempt(number: int, left_s: float) -> tuple[T, float]:
            await self._pace.turn()
            limit_s = patience.limit_s(self.endpoint.timeout, number)
            reply = await self._exchange(call, url, min(limit_s, max(left_s, 0.01)))
            return self._judged(call, reply, decode), reply.seconds

        try:
            return await persist(attempt, patience, self._chance, self._retried)
        except ServiceError as error:
            self._silent = error.status is None
            raise

    async def _exchange(self, call: Call, url: httpx.URL, limit_s: float) -> Reply:
        self.tally.requests[call.endpoint] += 1
        most = MOST_OF_A_LIST if call.endpoint == RECOMMEND else MOST
        started = perf_counter()
        try:
            async with asyncio.timeout(limit_s):
                status, headers, content = await self._answer(call, url, most)
        except BadBody as error:
            raise self._setback(call, error.code, error.text, code=error.code, status=error.status) from None
        except faults.ON_THE_WAY as error:
            cause, text = faults.transport_fault(error, limit_s)
            raise self._setback(call, cause, text, code=cause, seconds=perf_counter() - started) from None
        finally:
            seconds = perf_counter() - started
            self.tally.seconds += seconds
        return Reply(status, headers, content, seconds)

    async def _answer(self, call: Call, url: httpx.URL, most: int) -> Answer:
        """Send it directly, or through the proxy that the environment names."""
        if self._lines is None:
            request = httpx.Request(call.method, url, headers=self._headers, content=call.body)
            response = await self._http.send(request, stream=True)
            try:
                return response.status_code, response.headers, await received(response, most)
            finally:
                await response.aclose()
        body = call.body or b""
        first = b"%s %s HTTP/1.1\r\n" % (call.method.encode(), url.raw_path)
        return await self._lines.ask(
            b"%s%sContent-Length: %d\r\n\r\n%s" % (first, self._head, len(body), body), most
        )

    def _judged(self, call: Call, reply: Reply, decode: Callable[[bytes], T]) -> T:
        if not 200 <= reply.status < 300:
            if reply.status == 429:
                self._pace.refused()
            code, text = faults.refusal(reply)
            wait = faults.retry_after(reply)
            raise self._setback(
                call,
                str(reply.status),
                text,
                code=code,
                status=reply.status,
                after_s=wait,
                seconds=reply.seconds,
            )
        self._pace.accepted()
        try:
            found = decode(reply.body)
        except faults.BROKEN as error:
            code, text = faults.unreadable(reply, error)
            raise self._setback(call, code, text, code=code, status=reply.status) from None
        if call.endpoint == RECOMMEND and self.tally.looked_at < SAMPLE:
            self.tally.looked_at += 1
            self.tally.unknown.update(unknown_members(reply.body))
        return found

    def _setback(
        self,
        call: Call,
        cause: str,
        text: str,
        *,
        code: str,
        status: int | None = None,
        after_s: float = 0.0,
        seconds: float = 0.0,
    ) -> Setback:
        if call.endpoint == RECOMMEND:
            self.tally.failed[cause] += 1
        asked = " ".join(part for part in (call.method, call.path, call.what) if part)
        one_line = " ".join(text.split())  # the service's words and aiohttp's may hold line breaks
        sentence = self.endpoint.masked(f"{self.endpoint.base_url} {one_line}; asked was {asked}.")
        error = ServiceError(sentence, status, code or None)
        again = may_repeat(cause, safe=call.safe, read=call.read)
        slow = call.read and is_slow(cause, seconds)
        if again and slow and not self._budget.spend(seconds / self.endpoint.concurrency):
            return Setback(cause, error, repeatable=False, why_not=SPENT)
        return Setback(cause, error, repeatable=again, after_s=after_s, slow=slow)

    def _retried(self, cause: str) -> None:
        self.tally.retries[cause] += 1
