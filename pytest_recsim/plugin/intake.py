"""What comes in: reports of tests become results in a record, and say what the record holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from pytest_recsim.plugin.agreement import news
from pytest_recsim.plugin.outcome import ATTRIBUTE, publish
from pytest_recsim.plugin.slimming import Slimming
from pytest_recsim.record.model import CheckResult, Key
from pytest_recsim.simulation.controller.fleet import Fleet

LOST_WORKER = "???"
"""The phase that xdist gives to its report about a worker that died."""


class Intake:
    """Takes in every report of a run, on the controller.

    Attributes:
        reported: node id -> the result that stands.
        slimming: the reports, to be made small once their customer is finished.
    """

    def __init__(self, fleet: Fleet, planned: Callable[[str], list[Key]], slimming: Slimming) -> None:
        self.slimming = slimming
        self.reported: dict[str, CheckResult] = {}
        self._fleet, self._planned = fleet, planned
        self._heard: dict[str, int] = {}  # node id -> attempts whose results are known
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
            attempts = msgspec.json.decode(payload, type=list[CheckResult])
            for result in news(attempts, self._heard.get(node, 0), report, self._parts):
                self.reported[node] = self._fleet.add(result, partial(self._planned, result.simulation))
            self._heard[node] = len(attempts)
        elif report.when == LOST_WORKER and node in self.reported:
            self._explain(self.reported[node])
        if node in self.reported:
            publish(report, self.reported[node])

    def _explain(self, result: CheckResult) -> None:
        """Say why pytest counts a failure that the record does not have."""
        self._fleet.note(
            result.simulation,
            f"a worker died right after {result.label} had reported; what it reported stands, "
            "and pytest counts one failure more",
        )
