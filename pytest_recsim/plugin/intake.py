"""What comes in: reports of tests become results in a record, and say what the record holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
import pytest

from pytest_recsim.plugin.agreement import news
from pytest_recsim.plugin.outcome import ATTRIBUTE, publish
from pytest_recsim.plugin.slimming import Slimming
from pytest_recsim.record.model import CheckResult, Key
from pytest_recsim.simulation.bundle.aside import Aside
from pytest_recsim.simulation.controller.fleet import Fleet

LOST_WORKER = "???"
"""The phase that xdist gives to its report about a worker that died."""


ASIDE = "reported.msgpack"


class Reported(msgspec.Struct):
    """What the reports of one simulation amount to.

    Attributes:
        results: node id -> the result that stands.
        heard: node id -> attempts whose results are known.
    """

    results: dict[str, CheckResult] = {}
    heard: dict[str, int] = {}


class Intake:
    """Takes in every report of a run, on the controller.

    Attributes:
        slimming: the reports, to be made small once their customer is finished.
    """

    def __init__(self, fleet: Fleet, planned: Callable[[str], list[Key]], slimming: Slimming) -> None:
        self.slimming = slimming
        self._fleet, self._planned = fleet, planned
        self._known: dict[str, Aside[Reported]] = {}  # by simulation
        self._nodes: dict[str, str] = {}  # node id -> its simulation, where that is not finished
        self._parts: dict[str, str] = {}  # node id -> what a failing part of a test (a subtest) said

    def take(self, report: pytest.TestReport) -> None:
        """Put what a report brings into the record, and what the record holds into the report."""
        payload, node = getattr(report, ATTRIBUTE, None), report.nodeid
        self.slimming.note(report)
        if type(report) is not pytest.TestReport:  # a subtest's: it carries a copy of its test's payload
            if report.failed:
                self._parts.setdefault(node, report.longreprtext)
            return
        if isinstance(payload, str):
            self._attempts(report, msgspec.json.decode(payload, type=list[CheckResult]))
        elif report.when == LOST_WORKER:
            self._explain(node)
        if node in self._nodes:
            publish(report, self.results(self._nodes[node])[node])

    def _attempts(self, report: pytest.TestReport, attempts: list[CheckResult]) -> None:
        node, name = report.nodeid, attempts[-1].simulation
        known = self._known.setdefault(name, Aside(Reported())).recall()
        self._nodes[node] = name
        for result in news(attempts, known.heard.get(node, 0), report, self._parts):
            known.results[node] = self._fleet.add(result, partial(self._planned, name))
        known.heard[node] = len(attempts)

    def results(self, name: str) -> dict[str, CheckResult]:
        """Return the result that stands of each test of a simulation, by node id."""
        return self._known[name].value.results if name in self._known else {}

    def let_go(self, name: str, nodeids: Sequence[str], folder: Path) -> None:
        """Make the reports of a finished simulation small, and lay aside in its scratch folder what they amount to."""
        self.slimming.slim(nodeids)
        if name in self._known:
            self._known[name].lay(folder / ASIDE)
            for nodeid in nodeids:
                self._nodes.pop(nodeid, None)

    def _explain(self, node: str) -> None:
        """Say why pytest counts a failure that the record does not have."""
        if node not in self._nodes:  # its simulation may be finished by now
            names = (name for name in self._known if name in node and node in self.results(name))
            self._nodes.update((node, name) for name in names)
        if node in self._nodes:
            result = self.results(self._nodes[node])[node]
            self._fleet.note(
                result.simulation,
                f"a worker died right after {result.label} had reported; what it reported stands, "
                "and pytest counts one failure more",
            )
