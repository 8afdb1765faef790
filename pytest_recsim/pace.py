"""How far long work has come: steps that whoever works reports, and a meter that shows them to people.

Own code rather than a library: a progress bar of somebody's own would write over the line that pytest is writing, and
knows nothing of work that another process does.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TextIO

from pytest_recsim.clock import monotonic

BEAT_S = 0.5
"""How often somebody who works says how far he is."""
LIVE_AFTER_S, LIVE_EVERY_S = 1.0, 0.2
PLAIN_AFTER_S, PLAIN_EVERY_S = 5.0, 10.0
MINUTE = 60


@dataclass(frozen=True)
class Step:
    """A part of long work; its text is what people read.

    Attributes:
        what: in words, ``acme: asking for lists``.
        done: how many of what is counted; 0 where nothing is.
        total: of how many; 0 where that is not known.
        seconds: since it began.
        over: whether it has ended.
    """

    what: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    over: bool = False

    def __str__(self) -> str:
        if not (self.done or self.total):
            return f"{self.what}, {_time(self.seconds)}"
        of = f" of {self.total:,}" if self.total else ""
        return f"{self.what}: {self.done:,}{of}{self._pace()}"

    def _pace(self) -> str:
        """The rate, and the time that the rest would take at that rate."""
        if not (self.done and self.seconds > 0):
            return ""
        rate = self.done / self.seconds
        if self.over:
            return f" in {_time(self.seconds)}"
        left = f", about {_time((self.total - self.done) / rate)} left" if self.total else ""
        return f" ({rate:,.0f} a second{left})" if rate >= 1 else f" ({rate * MINUTE:,.0f} a minute{left})"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * MINUTE else f"{seconds / MINUTE:.0f} min"


Progress = Callable[[Step], object]
"""Hears every now and then how far a step is, from a thread of its own, and once that it is over."""


def silent(_: Step) -> None:
    """Nobody wants to know."""


@contextmanager
def paced(progress: Progress, what: str, total: int = 0, done: Callable[[], int] = int) -> Iterator[None]:
    """Report on the work in a ``with`` block while it goes on; it is not slowed, because only this looks how far it is.

    Args:
        progress: hears it.
        what: see ``Step``.
        total: likewise.
        done: says how much has been done; called from another thread.
    """
    if progress is silent:
        yield
        return
    began, stop = monotonic(), threading.Event()

    def step(*, over: bool) -> Step:
        count = min(done(), total) if total else done()
        return Step(what, count, total, monotonic() - began, over)

    def beat() -> None:
        while not stop.wait(BEAT_S):
            progress(step(over=False))

    thread = threading.Thread(target=beat, name="recsim-pace", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        progress(step(over=True))


class Screen(Protocol):
    """Where a meter shows steps.

    Attributes:
        live: whether a line can be written over.
    """

    live: bool

    def line(self, text: str) -> None:
        """Add a line."""

    def over(self, text: str) -> None:
        """Write a line in the place of the one before."""

    def clear(self) -> None:
        """Take that line away."""


class Meter:
    """Shows steps that take long: on a terminal a line that changes, elsewhere a line now and then.

    Args:
        screen: where.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._next: dict[str, float] = {}  # step -> when it may be shown again
        self._shown = False

    def __call__(self, step: Step) -> None:
        if self._screen.live:
            self._live(step)
        else:
            self._plain(step)

    def _live(self, step: Step) -> None:
        if step.over:
            self._next.pop(step.what, None)
            if self._shown:
                self._screen.clear()
            self._shown = False
        elif step.seconds >= LIVE_AFTER_S and monotonic() >= self._next.get(step.what, 0.0):
            self._next[step.what] = monotonic() + LIVE_EVERY_S
            self._screen.over(str(step)[: shutil.get_terminal_size().columns - 1])
            self._shown = True

    def _plain(self, step: Step) -> None:
        if step.over:
            self._next.pop(step.what, None)
        elif step.seconds >= PLAIN_AFTER_S and monotonic() >= self._next.get(step.what, 0.0):
            self._next[step.what] = monotonic() + PLAIN_EVERY_S
            self._screen.line(f"recsim: {step}")


class Stream:
    """A screen that is a text stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.live = stream.isatty()

    def line(self, text: str) -> None:
        self._write(f"{text}\n")

    def over(self, text: str) -> None:
        self._write(f"\r\x1b[K{text}")

    def clear(self) -> None:
        self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
