"""A run of pytest that is one task of a cluster: told what to do by a file, it leaves another with what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from pytest_recsim.engine import job as files
from pytest_recsim.engine.job import Job, Returned
from pytest_recsim.engine.packing import pack
from pytest_recsim.simulation.controller import scratch
from pytest_recsim.simulation.controller.away import seen
from pytest_recsim.simulation.session.notes import Notes

if TYPE_CHECKING:
    from pytest_recsim.plugin.controller import Controller

BUNDLE, SCRATCH = "bundle", "scratch"
"""In the archive: what checks left in the report folder, and what the record is written from."""


class Tasked:
    """Registered after the controller, in the process of a task only."""

    def __init__(self, config: pytest.Config, controller: Controller, folder: Path, job: Job) -> None:
        self.config, self.controller, self.folder, self.job = config, controller, folder, job
        self._reports: list[dict[str, Any]] = []
        fleet = controller.fleet
        fleet.run_id, fleet.now = job.run_id, job.now
        for one in fleet.opened.values():
            one.sim.context = replace(one.sim.context, run_id=job.run_id, now=job.now, holder=job.holder)
        config.add_cleanup(scratch.hold(folder).close)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        progress = Notes(self.folder / files.PACE, self.job.plan.id)
        for opened in self.controller.fleet.opened.values():
            opened.sim.progress = progress

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What is run was chosen by whoever asked for the batch."""
        wanted = set(self.job.nodeids)
        items[:] = [item for item in items if item.nodeid in wanted]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        hook = self.config.hook
        self._reports.append(hook.pytest_report_to_serializable(config=self.config, report=report))

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Leave everything behind, when the service has been put back and all is quiet."""
        fleet, name = self.controller.fleet, self.job.plan.id
        if not self._reports or name not in fleet.writers:
            return
        context = fleet.opened[name].sim.context
        packed = pack({f"{BUNDLE}/artifacts": context.bundle.artifacts, SCRATCH: context.folder})
        (self.folder / files.ARCHIVE).write_bytes(packed)
        returned = Returned(away=seen(fleet.opened[name], fleet.alarms), reports=self._reports)
        files.write(self.folder / files.RETURNED, returned)
