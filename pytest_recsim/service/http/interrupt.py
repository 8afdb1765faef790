"""A signal that asks a run to end: what is in flight ends in an orderly way, and what is still to be sent is hurried."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from pytest_recsim.service.http.retry import Patience

T = TypeVar("T")
HURRIED_S, SILENT_S = 10.0, 2.0
"""Seconds that a request may take when the run has been asked to end; and when the service left one unanswered."""
_DRIVEN: list[asyncio.Task[Any]] = []
_hurried: list[bool] = []


def end_requests() -> bool:
    """Let what is in flight end, in whatever thread; return whether anything was. A signal handler may call it."""
    for task in _DRIVEN:
        task.get_loop().call_soon_threadsafe(task.cancel)
    return bool(_DRIVEN)


def hurry(*, wanted: bool = True) -> None:
    """From now on requests of this process are given little time: a hanging service must not keep a run from ending."""
    _hurried[:] = [True] if wanted else []


def hurried(patience: Patience, *, silent: bool) -> Patience:
    """The patience to have now, with a service that is ``silent`` or not."""
    if not _hurried:
        return patience
    tries, limit_s = (1, SILENT_S) if silent else (patience.tries, HURRIED_S)
    return replace(patience, tries=tries, total_s=min(patience.total_s, limit_s), slow_s=0.0, attempt_s=0.0)


def drive(runner: asyncio.Runner, work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end.

    Raises:
        KeyboardInterrupt: a signal came first.
    """
    try:
        return runner.run(_driven(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _driven(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    assert task is not None  # a coroutine that runs is somebody's
    _DRIVEN.append(task)
    try:
        return await work
    finally:
        _DRIVEN.remove(task)
