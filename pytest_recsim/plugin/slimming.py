"""What pytest keeps of every report until its end, made small once a customer is finished: a batch may have a thousand."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pytest_recsim.plugin.outcome import ATTRIBUTE
from pytest_recsim.plugin.shelf import Shelf, is_plain

STAY = ("_id", "nodeid", "when", "outcome")
"""What everybody asks of a report, and by which its test is known."""
PLACE = "_recsim_place"


class Slimming:
    """Knows the reports that have come in, by the test they are of.

    Args:
        config: of the run.
        folder: scratch folder of the run.
    """

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config, self._shelf = config, Shelf(folder / "reports.bin")
        self._payload = not getattr(config.option, "htmlpath", None)  # pytest-html reads it at the end
        self._class: Any = shelved_by(self._shelf)
        self._reports: dict[str, list[pytest.TestReport]] = {}

    def note(self, report: pytest.TestReport) -> None:
        reports = self._reports.setdefault(report.nodeid, [])
        for one in reports[:1]:
            _share_name(report, one)
        reports.append(report)

    def slim(self, nodeids: Iterable[str]) -> None:
        """Put what these tests' reports say on disk, from where whoever asks for it gets it, and let go of those that say nothing.

        What pytest and its plugins show at the end stays as it was. Where the disk takes nothing more, reports stay as they are.
        """
        reports = [report for nodeid in nodeids for report in self._reports.pop(nodeid, ())]
        for report in reports:
            if self._payload:
                vars(report).pop(ATTRIBUTE, None)
        self._drop({id(report) for report in reports if _says_nothing(report)})
        for report in reports:
            if type(report) is pytest.TestReport:
                with suppress(OSError):
                    self._put_away(report)

    def _drop(self, reports: set[int]) -> None:
        """Take reports out of the terminal's list, which it goes through once for every failing test.

        They are of set-ups and clean-ups that passed without a word, and only durations are ever told of those.
        """
        option, terminal = self._config.option, self._config.pluginmanager.get_plugin("terminalreporter")
        wanted = getattr(option, "durations", None) is not None or "times" in self._config.getini(
            "console_output_style"
        )
        if isinstance(terminal, pytest.TerminalReporter) and "" in terminal.stats and not wanted:
            terminal.stats[""][:] = [one for one in terminal.stats[""] if id(one) not in reports]

    def _put_away(self, report: pytest.TestReport) -> None:
        kept = vars(report)
        plain = {name: value for name, value in kept.items() if name not in STAY and is_plain(value)}
        place = self._shelf.put(plain)
        rest = {name: value for name, value in kept.items() if name not in plain}
        for name in plain:
            if name not in vars(self._class):
                setattr(self._class, name, Elsewhere(name))
        kept.clear()
        kept.update({**rest, PLACE: place})
        report.__class__ = self._class


def shelved_by(shelf: Shelf) -> type[pytest.TestReport]:
    """Make a kind of report that has most of its attributes on a shelf."""

    class TestReport(pytest.TestReport):
        """One that is asked as any other."""

        recsim_shelf = shelf

    TestReport.__qualname__ = "TestReport"
    return TestReport


class Elsewhere:
    """An attribute that is on the shelf, unless somebody has set it since.

    A report that has none raises AttributeError; names that no report had never get here, which matters: pytest asks all
    reports for such a one, and that for every failing test.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, report: Any, owner: type) -> Any:
        if report is None:
            return self
        held = owner.recsim_shelf.get(vars(report)[PLACE])  # type: ignore[attr-defined]
        if self._name not in held:
            raise AttributeError(self._name)
        return held[self._name]


def _says_nothing(report: pytest.TestReport) -> bool:
    return report.passed and report.when != "call" and not report.sections


def _share_name(report: pytest.TestReport, earlier: pytest.TestReport) -> None:
    """Give a report the name of its test that an earlier one has: pytest keeps it in more places than one."""
    name, known = vars(report).get("_id"), vars(earlier).get("_id")
    if name is not None and name == known:
        vars(report)["_id"] = known
