"""Progress of a run: a line that changes on a terminal, a line now and then elsewhere, nothing under ``-q``.

It is written to where pytest reports, past the capturing of output, so that it is in no report; and a line that
changes stands below the one that pytest is writing, and leaves it as it was.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.pace import BEAT_S, Meter
from pytest_recsim.record.masking import safe
from pytest_recsim.simulation.session.notes import noted
from pytest_recsim.simulation.session.warming import Lookout

if TYPE_CHECKING:
    from pytest_recsim.plugin.controller import Controller


class Progress:
    """Registered on the controller."""

    def __init__(self, config: pytest.Config, controller: Controller) -> None:
        self.config, self.controller = config, controller
        self.workers = config.getoption("dist", "no") != "no" or bool(controller.options.engine)
        self._terminal: Terminal | None = None
        self._lookout: Lookout | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Capturing is off now, so this is where pytest itself writes to."""
        if self.controller.idle:
            return
        self._terminal = Terminal(self.config, live=not self.workers)
        contexts = self.controller.fleet.contexts()
        self._lookout = Lookout({one.plan.id: one.folder for one in contexts}, self._terminal.line)
        if self.config.getoption("verbose", 0) >= 0:
            self._show(Meter(self._terminal))

    def _show(self, meter: Meter) -> None:
        if self.controller.job is not None:
            return  # nobody reads what a task prints
        if not self.workers:
            for opened in self.controller.fleet.opened.values():
                opened.sim.progress = meter
            return
        self._thread = threading.Thread(
            target=self._watch, args=(meter,), name="recsim-progress", daemon=True
        )
        self._thread.start()

    def _watch(self, meter: Meter) -> None:
        while not self._stopped.wait(BEAT_S):
            for step in noted(self.controller.scratch):
                meter(step)

    def pytest_unconfigure(self) -> None:
        self._stopped.set()
        for helper in (self._lookout, self._thread):
            if isinstance(helper, Lookout):
                helper.stop()
            elif helper is not None:
                helper.join()
        if self._terminal is not None:
            self._terminal.close()


class Terminal:
    """Where pytest reports; standard error where that is switched off (`-p no:terminal`).

    Args:
        config: of the run.
        live: whether nobody else writes while a step goes on.
    """

    def __init__(self, config: pytest.Config, *, live: bool) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        self._reporter = reporter if isinstance(reporter, pytest.TerminalReporter) else None
        self._writer: Any = config.get_terminal_writer() if self._reporter is not None else None
        self._handle = _duplicate(self._writer)
        plain = type(reporter) is not pytest.TerminalReporter  # another plugin's may write over lines itself
        self.live = live and not plain and os.isatty(self._handle) and os.environ.get("TERM") != "dumb"
        self._below = False
        self._left = -1  # how far pytest's line was that a line of ours has ended
        self._lock = threading.Lock()

    def line(self, text: str) -> None:
        with self._lock:
            start = "\r\x1b[K" if self._below else "\n" if self._column else ""
            self._write(f"{start}{safe(text)}\n")
            if self._reporter is not None:
                self._reporter.currentfspath = None  # so that pytest begins its own line again
                self._left = int(self._writer.width_of_current_line)

    def over(self, text: str) -> None:
        with self._lock:
            start = "\n" if self._column and not self._below else "\r\x1b[K"
            self._below = True
            self._write(f"{start}{safe(text)}")

    def clear(self) -> None:
        """Take the line away, and go back to where pytest was writing."""
        with self._lock:
            column, self._below = self._column, False
            self._write(f"\r\x1b[K\x1b[A\x1b[{column}C" if column else "\r\x1b[K")

    def close(self) -> None:
        os.close(self._handle)

    @property
    def _column(self) -> int:
        """How far the line is that pytest is writing; 0 where there is none."""
        width = int(self._writer.width_of_current_line) if self._writer is not None else 0
        return 0 if width == self._left else width

    def _write(self, text: str) -> None:
        with suppress(OSError):
            os.write(self._handle, text.encode("utf-8", "replace"))


def _duplicate(writer: Any) -> int:
    """A handle of its own on what is standard output, or standard error, while nothing is captured."""
    with suppress(AttributeError, OSError, ValueError):
        return os.dup(writer._file.fileno())  # noqa: SLF001 - there is no public way to it
    return os.dup(2)
