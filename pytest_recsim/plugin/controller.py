"""The controller's hooks: open services and bundles, record what comes in, close everything."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pytest_recsim.data.problems import InputError
from pytest_recsim.plan.resolve import Resolved, resolve
from pytest_recsim.plugin import tell
from pytest_recsim.plugin.collect import Census, PlannedChecks, read_census
from pytest_recsim.plugin.options import read_options
from pytest_recsim.plugin.outcome import ATTRIBUTE
from pytest_recsim.plugin.own import announced, facts
from pytest_recsim.plugin.root import refuse_moved_root
from pytest_recsim.plugin.state import STATE, State
from pytest_recsim.record.model import CheckResult
from pytest_recsim.report.summary import append_step_summary
from pytest_recsim.service.errors import ServiceError
from pytest_recsim.simulation.batch import BatchWriter, earlier_seconds
from pytest_recsim.simulation.fleet import Fleet
from pytest_recsim.simulation.landlord import Landlord
from pytest_recsim.simulation.run import RunContext
from pytest_recsim.simulation.services import quarrel
from pytest_recsim.simulation.simulation import Simulation, SimulationFailed
from pytest_recsim.simulation.stage import seed

LOST_WORKER = "???"
"""The phase that xdist gives to its report about a worker that died."""


class Controller:
    """One per pytest run, never on a worker."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        refuse_moved_root(config)
        try:
            metrics = announced(config)
            self.options = replace(read_options(config), own=tuple(facts(metrics)))
            self.reports = self.options.root / self.options.reports_dir
            self.resolved = self._resolve()
        except InputError as error:
            raise pytest.UsageError(str(error)) from None
        plans = {plan.id: plan for plan in self.resolved.plans}
        self.state = State(plans=plans, metrics=metrics, find=self._find)
        config.stash[STATE] = self.state
        self.scratch = _scratch()
        config.add_cleanup(lambda: _remove(self.scratch))
        self.fleet = Fleet(self.resolved, self.reports, self.scratch, complain=self._complain)
        self.batch: BatchWriter | None = None
        self.landlord: Landlord | None = None
        self._before: Any = None
        self._planned = PlannedChecks([], [])
        self._reported: dict[str, CheckResult] = {}
        self.idle = bool(config.option.collectonly or self.options.dry_run)
        if self.idle or self.options.seed_only or quarrel(self.resolved.plans):
            config.option.dist, config.option.tx = "no", []
        if getattr(config.option, "maxschedchunk", 1) is None:
            config.option.maxschedchunk = (
                1  # some checks take seconds: a worker must not be handed several at once
            )
        if not self.options.dry_run:
            config.pluginmanager.register(Census(self.scratch, ""), "recsim-census")

    def _resolve(self) -> Resolved:
        name = self.options.batch_name or Path(self.options.batch_file).stem
        return resolve(self.options, earlier_seconds(self.reports, name) if self.options.shard else {})

    # --- opening ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        if self.idle:
            self._fake_contexts()
            return
        self._before = _stop_on_sigterm()
        try:
            self.fleet.start(self._say)
            if self.resolved.batch is not None:
                self.batch = BatchWriter(self.resolved, self.fleet, self.options.shard)
                self.batch.write(finished=False)
        except (InputError, ServiceError) as error:
            raise pytest.UsageError(str(error)) from None
        self.state.contexts.update({context.plan.id: context for context in self.fleet.contexts()})

    def _fake_contexts(self) -> None:
        """Collecting and dry runs need plans only; nothing is started."""
        now = datetime.now(UTC)
        for name, plan in self.state.plans.items():
            self.state.contexts[name] = RunContext(
                plan=plan, run_id="dry", now=now, url="", bundle_dir="", scratch=str(self.scratch)
            )

    def _find(self, name: str) -> Simulation:
        try:
            self.fleet.due(name)
            self.fleet.turn_to(name)
        except (InputError, ServiceError) as error:
            raise SimulationFailed(str(error)) from None
        return self.fleet.opened[name].sim

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if self.landlord is None:
            self.landlord = Landlord(self.scratch, self.fleet.due)
        node.workerinput["recsim"] = msgspec.json.encode(self.fleet.contexts()).decode()

    # --- running ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        if self.options.dry_run:
            for plan in self.state.plans.values():
                for line in tell.dry_run(plan):
                    self._say(line)
            self.config.option.collectonly = True
            return True
        if self.options.seed_only:
            for name in self.state.plans:
                self._say(self._seed(name))
            return True
        return None

    @property
    def _reporter(self) -> pytest.TerminalReporter:
        reporter: pytest.TerminalReporter = self.config.pluginmanager.get_plugin("terminalreporter")  # type: ignore[assignment]
        return reporter

    def _say(self, line: str) -> None:
        self._reporter.write_line(line)

    def _complain(self, line: str) -> None:
        self._reporter.write_line(f"recsim: {line}", red=True)

    def _seed(self, name: str) -> str:
        try:
            sim = self._find(name)
            seeded = seed(sim)
        except (InputError, ServiceError, SimulationFailed) as error:
            raise pytest.UsageError(str(error)) from None
        return f"{name}: seeded {seeded.counts}; manifests in {sim.context.bundle.artifacts}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        payload = getattr(report, ATTRIBUTE, None)
        if isinstance(payload, str):
            result = msgspec.json.decode(payload, type=CheckResult)
            self.fleet.add(result, lambda: self._census.planned)
            self._reported[report.nodeid] = result
        elif report.when == LOST_WORKER and report.nodeid in self._reported:
            self._explain(self._reported[report.nodeid])

    def _explain(self, result: CheckResult) -> None:
        """Say why pytest counts a failure that the record does not have."""
        self.fleet.note(
            result.simulation,
            f"a worker died right after {result.label} had reported; what it reported stands, "
            "and pytest counts one failure more",
        )

    def pytest_runtest_logfinish(self) -> None:
        """Finish whoever has reported everything; the test's own clean-up is over by now."""
        if self.idle or len(self.state.plans) == 1:
            return  # a single one is finished with the session, when all is quiet
        for name in self.fleet.complete(self._census.planned):
            self._finish(name)
            plan, writer = self.state.plans[name], self.fleet.writers[name]
            self._reporter.ensure_newline()
            self._say(tell.progress(plan, writer.verdict, writer.seconds))

    @property
    def _census(self) -> PlannedChecks:
        """What was planned; collected before the first check reports, so it is read once."""
        if not self._planned.planned:
            self._planned = read_census(self.scratch)
        return self._planned

    # --- closing ---

    def _finish(self, name: str, *, seed_only: bool = False) -> None:
        census = self._census
        self.fleet.finish(name, census.planned, census.deselected, seed_only=seed_only)
        self.state.close(name)
        if self.batch is not None:
            self.batch.write(finished=False)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Any:
        """Write the record before anybody else's clean-up can be interrupted, and again when all is quiet."""
        if self.idle or not self.fleet.writers:
            return (yield)
        seeded = self.options.seed_only and exitstatus == pytest.ExitCode.OK
        census = self._census
        left = [name for name in self.fleet.writers if name not in self.fleet.finished]
        for name in left:
            self.fleet.judge(name, census.planned, census.deselected, seed_only=seeded)
        if self.batch is not None:
            self.batch.write(finished=True)
        try:
            return (yield)
        finally:
            for name in left:
                self._finish(name, seed_only=seeded)
            self.fleet.restore()
            if self.batch is not None:
                self.batch.write(finished=True)
            for page in self._pages():
                append_step_summary(page, os.environ)
            against = self.fleet.alarms or any(one.stands_against for one in self.fleet.writers.values())
            if exitstatus == pytest.ExitCode.OK and against:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _pages(self) -> list[Path]:
        if self.batch is not None:
            return [self.batch.path.with_suffix(".md")]
        return [writer.bundle.root / "README.md" for writer in self.fleet.writers.values()]

    def pytest_unconfigure(self) -> None:
        if not self.idle:
            self.fleet.restore()  # again: a run that was refused or interrupted while opening has had no other end
        if self.landlord is not None:
            self.landlord.stop()
        self.fleet.stop()
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    # --- telling ---

    def pytest_report_header(self) -> list[str]:
        contexts = {context.plan.id: context for context in self.fleet.contexts()}
        return [
            line for name, plan in self.state.plans.items() for line in tell.header(plan, contexts[name].url)
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.fleet.writers or self.options.seed_only:
            return
        terminalreporter.section("recsim")
        for writer in self.fleet.writers.values():
            for line in tell.summary(
                writer.bundle, writer.verdict, self.options.here, writer.retries, writer.waiver_notes
            ):
                terminalreporter.write_line(line)
        if self.batch is not None:
            terminalreporter.write_line(tell.batch(self.batch.path, self.options.here))


def _scratch() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="recsim-run-"))
    except OSError as error:
        raise pytest.UsageError(f"no scratch folder can be made: {error.strerror or error}") from None


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _stop_on_sigterm() -> Any:
    """SIGTERM runs no session finish by itself; turn it into an orderly end with the usual exit code.

    Returns:
        The handler that was there before.
    """
    if threading.current_thread() is not threading.main_thread():
        return None

    def end(*_: object) -> None:
        raise pytest.exit.Exception("SIGTERM", returncode=143)

    return signal.signal(signal.SIGTERM, end)
