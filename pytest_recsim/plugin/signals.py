"""A signal that asks a run to end becomes one orderly end, however often it comes."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pytest_recsim.clock import monotonic
from pytest_recsim.service.http.interrupt import end_requests, hurry

ASKING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
ONCE_S = 1.0
"""Signals that follow each other faster ask once: the first has to find its way through the test that it met."""


class Signals:
    """Turns signals into the orderly end that Ctrl-C has, and keeps that from being cut short.

    Attributes:
        number: of the signal that decides the exit code, 0 while none has come or Ctrl-C was first.
        ending: set when the end has begun: a signal must not cut short what puts services back.
        interrupted: whether it began before its time.
    """

    def __init__(self) -> None:
        self.number = 0
        self.ending = False
        self.interrupted = False
        self._asked = float("-inf")
        self._held = self._once = False
        self._before: dict[int, Any] = {}
        self._hook: Callable[[sys.UnraisableHookArgs], object] = sys.unraisablehook
        self._ours = self._unraisable

    def listen(self) -> None:
        hurry(wanted=False)
        if threading.current_thread() is threading.main_thread():
            for number in ASKING:
                if signal.getsignal(number) != signal.SIG_IGN:  # whoever ignores it (nohup) wants us to go on
                    self._before[number] = signal.signal(number, self._came)
            self._hook, sys.unraisablehook = sys.unraisablehook, self._ours

    def forget(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()
        if sys.unraisablehook is self._ours:
            sys.unraisablehook = self._hook

    @contextmanager
    def held(self, *, once: bool = False) -> Iterator[None]:
        """Finish what is in hand before a signal is heard: a record is not left half made, nor a clean-up.

        (Nor does Ctrl-C meet Python's own parser, which takes it for an error of its own.) ``insist`` raises it then. ``once`` is for
        what other people's code has a part in, which may hang: a second wish cuts it short.
        """
        before = self._held, self._once
        self._held, self._once = True, once
        try:
            yield
        finally:
            self._held, self._once = before

    def insist(self) -> None:
        """Raise what was held, or was lost on its way behind something stronger, a failing clean-up in a test for example.

        Raises:
            KeyboardInterrupt: the run has been asked to end, and goes on.
        """
        if self._asked > float("-inf") and not (self.ending or self._held):
            raise KeyboardInterrupt

    def _unraisable(self, lost: sys.UnraisableHookArgs) -> None:
        """A finalizer or a weak reference's callback that a signal met cannot raise it; ``insist`` does, soon after."""
        if self._asked == float("-inf") or not issubclass(lost.exc_type, KeyboardInterrupt):
            self._hook(lost)

    def _came(self, number: int, _frame: FrameType | None) -> None:
        """End what is in flight and the test; one that catches that (a debugger does) can be asked anew."""
        if number != signal.SIGINT and not self.interrupted:
            self.number = self.number or number
        hurry()
        held = self._held and not (self._once and self._asked > float("-inf"))
        again = monotonic() < self._asked + ONCE_S
        if self.ending or again:
            return
        self._asked = monotonic()
        self.interrupted = self.interrupted or number == signal.SIGINT
        if not held and not end_requests():
            raise KeyboardInterrupt
