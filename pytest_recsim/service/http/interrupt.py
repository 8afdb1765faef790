"""A signal that asks a run to end: what is in flight ends in an orderly way, and what is still to be sent is hurried."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Self, TypeVar

from pytest_recsim.service.http.retry import Patience

T = TypeVar("T")
HURRIED_S, SILENT_S = 10.0, 2.0
"""Seconds that a request may take when the run has been asked to end; and when the service left one unanswered."""
_DRIVEN: list[_Driven] = []
_hurried: list[bool] = []


def end_requests() -> bool:
    """Let what is in flight end, in whatever thread; return whether anything was. A signal handler may call it."""
    found = list(_DRIVEN)
    for driven in found:
        driven.cancel()
    return bool(found)


def hurry(*, wanted: bool = True) -> None:
    """From now on requests of this process are given little time: a hanging service must not keep a run from ending."""
    _hurried[:] = [True] if wanted else []


def hurried(patience: Patience, *, silent: bool) -> Patience:
    """The patience to have now, with a service that is ``silent`` or not."""
    if not _hurried:
        return patience
    tries, limit_s = (1, SILENT_S) if silent else (patience.tries, HURRIED_S)
    return replace(patience, tries=tries, total_s=min(patience.total_s, limit_s), slow_s=0.0, attempt_s=0.0)


def drive(runner: asyncio.Runner, work: Callable[[], Awaitable[T]]) -> T:
    """Run what ``work`` makes to its end.

    Raises:
        KeyboardInterrupt: a signal came first, or meanwhile.
    """
    with _Driven() as driven:
        try:
            return runner.run(driven.through(work))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


def end(runner: asyncio.Runner, work: Callable[[], Awaitable[object]]) -> None:
    """Run it to its end and close the runner; a signal has to wait for that.

    Raises:
        KeyboardInterrupt: one came meanwhile.
    """
    with _Driven(finish=True) as driven, runner:
        runner.run(driven.through(work))


class _Driven:
    """What a signal finds from before a coroutine is made until after its end.

    A signal handler that raised in between would leave behind a coroutine that nobody awaits.
    """

    def __init__(self, *, finish: bool = False) -> None:
        self._task: asyncio.Task[Any] | None = None
        self._asked, self._finish = False, finish

    def __enter__(self) -> Self:
        _DRIVEN.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _DRIVEN.remove(self)
        if self._asked:
            raise KeyboardInterrupt from None

    def cancel(self) -> None:
        self._asked = True
        if self._task is not None and not self._finish:
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    async def through(self, work: Callable[[], Awaitable[T]]) -> T:
        self._task = asyncio.current_task()
        if self._asked and not self._finish:
            raise asyncio.CancelledError
        return await work()
