"""pytest's own JUnit file (``--junit-xml``), brought into line with the record once both are written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pytest

from pytest_recsim.record.model import CheckResult
from pytest_recsim.report.junit_amend import Known, amend
from pytest_recsim.report.junit_suite import simulated
from pytest_recsim.simulation.controller.batch import row_of
from pytest_recsim.simulation.controller.fleet import Fleet

PREPARING = pytest.StashKey[float]()
NO_SERVICE = pytest.StashKey[bool]()
"""Seconds that a test has spent on preparing its customer, or on waiting until somebody else had."""
ATTRIBUTE = "recsim_preparing"
"""The same on the report of its set-up: a string, which is safe under xdist."""


OPEN = 64
"""Simulations whose results are held at a time while the file is amended."""


class KnownTests(Mapping[str, Known]):
    """What is known of every test of a run, put together when it is asked for: a batch may have a thousand customers.

    Args:
        planned: simulation -> its tests, by node id.
        results: simulation -> node id -> what it amounts to.
        waited: node id -> seconds that were spent on preparation.
    """

    def __init__(
        self,
        planned: Mapping[str, Sequence[str]],
        results: Callable[[str], Mapping[str, CheckResult]],
        waited: Mapping[str, float],
    ) -> None:
        self._simulation = {nodeid: name for name, nodeids in planned.items() for nodeid in nodeids}
        self._results, self._waited = results, waited

    def __getitem__(self, nodeid: str) -> Known:
        name = self._simulation[nodeid]
        return Known(name, self._results(name).get(nodeid), self._waited.get(nodeid, 0.0))

    def __iter__(self) -> Iterator[str]:
        return iter(self._simulation)

    def __len__(self) -> int:
        return len(self._simulation)


class JunitFile:
    """Listens for what the file will need; pytest's insides are left alone, only the finished file is rewritten."""

    def __init__(self, config: pytest.Config) -> None:
        typed = getattr(config.option, "xmlpath", None)  # there is no such option with `-p no:junitxml`
        self.path = Path(os.path.expandvars(os.path.expanduser(typed))).absolute() if typed else None  # noqa: PTH111 - as pytest reads it
        if self.path is not None:
            self._prefix = config.option.junitprefix or ""
            self._whole = config.getini("junit_duration_report") == "total"
        config.pluginmanager.register(self, "recsim-junit")
        self._as_properties = bool(config.getini("recsim_junit_properties"))
        self._preparing: dict[str, float] = {}

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.path is not None and (said := getattr(report, ATTRIBUTE, "")):
            self._preparing[report.nodeid] = self._preparing.get(report.nodeid, 0.0) + float(said)

    def amend(
        self,
        fleet: Fleet,
        planned: Mapping[str, Sequence[str]],
        reported: Callable[[str], Mapping[str, CheckResult]],
        complain: Callable[[str], None],
    ) -> None:
        """Rewrite the file, if pytest was asked for one.

        Args:
            fleet: the simulations of this run, all finished.
            planned: simulation -> its tests, by node id.
            reported: simulation -> node id -> what its reports amounted to.
            complain: where to say that it could not be done.
        """
        if self.path is None:
            return
        writers = fleet.writers.values()

        @lru_cache(OPEN)  # tests of a few simulations stand beside one another
        def results(name: str) -> dict[str, CheckResult]:
            mine = fleet.writers[name].results.values()
            return {**reported(name), **{result.nodeid: result for result in mine}}

        known = KnownTests(planned, results, self._preparing if self._whole else {})
        try:
            suites = [
                simulated(row_of(writer, fleet, finished=True), writer.bundle, self.path)
                for writer in writers
            ]
            amend(self.path, suites, known, prefix=self._prefix, as_properties=self._as_properties)
        except Exception as error:  # noqa: BLE001 - whatever it is, the record is complete without this file
            why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            complain(f"{self.path.name} stays as pytest wrote it, without our facts: {why}")
