"""What every part of the synchronous face stands on: an event loop of its own, and one way to call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

import msgspec

from pytest_recsim.clock import monotonic, utc_now
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.http.call import Call
from pytest_recsim.service.http.client import Client
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.interrupt import drive, end
from pytest_recsim.service.http.request_counts import Tally

T = TypeVar("T")
SETTLE_TURNS = 3


class Core:
    """A client with the loop that drives it. Use it as a context manager, or ``close()`` it (any number of times).

    Attributes:
        endpoint: where requests go.
        tally: what was sent so far.
        clock: now, as the service sees it; a stand-in on a frozen clock gets its instant here.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        see: Callable[[Exchange], None] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.endpoint = endpoint
        self.tally = Tally()
        self.clock = clock
        self.see = see
        self._client = Client(endpoint, self.tally)
        self._runner: asyncio.Runner | None = asyncio.Runner(loop_factory=_event_loop)

    def set_clock_ahead(self, seconds: float) -> None:
        """Go by a service whose clock is that many seconds ahead of the one given so far (negative: behind)."""
        ours, ahead = self.clock, timedelta(seconds=seconds)
        if ahead:
            self.clock = lambda: ours() + ahead

    @property
    def namespace(self) -> str:
        return self.endpoint.namespace

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        runner = self._runner
        if runner is not None:
            _apart(lambda: end(runner, self._closed))

    async def _closed(self) -> None:
        self._runner = None
        await self._client.aclose()

    def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        runner = self._runner
        if runner is None:
            raise RuntimeError("this Service is closed")
        return _apart(lambda: drive(runner, lambda: _settled(work)))

    def _call(self, call: Call, kind: type[T]) -> T:
        return self._run(lambda: self._client.send(call, _decoder(kind)))

    def _get(self, path: str, kind: type[T], query: Mapping[str, Any] | None = None) -> T:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        return self._call(Call("GET", path, query=given), kind)

    def _get_here(self, path: str, kind: type[T], query: Mapping[str, Any] | None = None) -> T:
        """GET within the namespace."""
        return self._get(path, kind, {"namespace": self.namespace, **(query or {})})

    def _batches(self, calls: Iterable[Call], kind: type[T]) -> list[T]:
        """Send several requests, a few in flight at a time."""
        decode = _decoder(kind)
        return self._run(lambda: self._client.spread(calls, lambda call: self._client.send(call, decode)))


def _event_loop() -> asyncio.AbstractEventLoop:
    """Make a loop whose time goes on under a frozen clock, where it would wait for ever otherwise."""
    loop = asyncio.new_event_loop()
    loop.time = monotonic  # type: ignore[method-assign]
    return loop


def _apart(act: Callable[[], T]) -> T:
    """Do it here, or in a thread of its own where an event loop is running here: a thread cannot run two.

    That is so under pytest-twisted, in an asynchronous test and in a notebook.
    """
    if not _loop_runs_here():
        return act()
    with ThreadPoolExecutor(1) as helper:
        return helper.submit(act).result()


def _loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _decoder(kind: type[T]) -> Callable[[bytes], T]:
    return msgspec.json.Decoder(kind).decode


async def _settled(work: Callable[[], Awaitable[T]]) -> T:
    """Clean up what happened while the loop stood still, then do the work.

    A signal handler that raised may have left requests behind; the server may have closed connections.
    """
    for left_behind in asyncio.all_tasks() - {asyncio.current_task()}:
        left_behind.cancel()
    for _ in range(SETTLE_TURNS):
        await asyncio.sleep(0)
    return await work()
