"""The controller's hooks: open services and bundles, record what comes in, close everything."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_recsim.clock import monotonic, utc_now
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.pace import Step
from pytest_recsim.plan.own import facts
from pytest_recsim.plan.resolve import Resolved, resolve
from pytest_recsim.plugin import html, tell
from pytest_recsim.plugin.blocked import refuse_blocked_sockets
from pytest_recsim.plugin.collect import Census, Counted, PlannedChecks, read_census
from pytest_recsim.plugin.engaged import job_of, refuse_engine
from pytest_recsim.plugin.intake import Intake
from pytest_recsim.plugin.inventory import left_out
from pytest_recsim.plugin.junit import JunitFile
from pytest_recsim.plugin.names import as_known
from pytest_recsim.plugin.options import read_options
from pytest_recsim.plugin.own import announced
from pytest_recsim.plugin.scheduling import LOOKING, fit
from pytest_recsim.plugin.signals import Signals
from pytest_recsim.plugin.slimming import Slimming
from pytest_recsim.plugin.state import STATE, State, scratch_folder
from pytest_recsim.plugin.workers import Workers
from pytest_recsim.record.masking import safe
from pytest_recsim.record.model import Key
from pytest_recsim.report.summary import append_step_summary
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.controller.batch import BatchWriter, earlier_seconds
from pytest_recsim.simulation.controller.fleet import Fleet
from pytest_recsim.simulation.controller.services import check_addresses, quarrel
from pytest_recsim.simulation.session.run import RunContext
from pytest_recsim.simulation.session.seeding import seed
from pytest_recsim.simulation.session.simulation import Simulation, SimulationFailed


class Controller:
    """One per pytest run, never on a worker.

    Attributes:
        job: where this run is a task of a cluster, its folder and what it is to do.
        wrote: at the end, whether anything may have been changed on a running service.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.job = job_of(config)
        try:
            metrics = announced(config)
            self.options = replace(read_options(config), own=tuple(facts(metrics)))
            self.reports = self.options.root / self.options.reports_dir
            self.resolved = self._resolve()
        except InputError as error:
            raise pytest.UsageError(as_known(str(error), self.config)) from None
        refuse_blocked_sockets(config, self.resolved.plans)
        refuse_engine(config, self.options, self.resolved)
        plans = {plan.id: plan for plan in self.resolved.plans}
        self.state = State(plans=plans, metrics=metrics, find=self._find)
        config.stash[STATE] = self.state
        self.scratch = scratch_folder(config)
        self.fleet = Fleet(
            self.resolved,
            self.reports,
            self.scratch,
            complain=self._complain,
            html=not config.getini("recsim_no_html"),
            away=bool(self.options.engine),
        )
        self.batch: BatchWriter | None = None
        self.workers = Workers(self.fleet, self.scratch)
        config.pluginmanager.register(self.workers, "recsim-workers")
        self.signals = Signals()
        config.add_cleanup(self.signals.forget)  # last of all: a signal may still meet a finalizer
        self.junit = JunitFile(config)
        self.wrote = False
        self._began = 0.0
        self._planned = PlannedChecks(Counted())
        self.intake = Intake(self.fleet, self._planned_of, Slimming(config, self.scratch))
        self.idle = self.options.dry_run or any(getattr(config.option, name, False) for name in LOOKING)
        fit(config, alone=self.idle or self.options.seed_only or quarrel(self.resolved.plans))
        if not self.options.dry_run:
            config.pluginmanager.register(Census(self.scratch, ""), "recsim-census")

    def _resolve(self) -> Resolved:
        if self.job is not None:
            return Resolved([self.job[1].plan])
        name = self.options.batch_name or Path(self.options.batch_file).stem
        resolved = resolve(self.options, earlier_seconds(self.reports, name) if self.options.shard else {})
        check_addresses(resolved.plans)  # here, because a dry run shows them
        return resolved

    # --- opening ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        if self.idle:
            self._fake_contexts()
            return
        self.signals.listen()
        self._began = monotonic()
        try:
            self.fleet.start(self.write)
            if self.resolved.batch is not None:
                self.batch = BatchWriter(self.resolved, self.fleet, self.options.shard)
                self.batch.write(finished=False)
        except (InputError, ServiceError) as error:
            raise pytest.UsageError(as_known(str(error), self.config)) from None
        self.state.contexts.update({context.plan.id: context for context in self.fleet.contexts()})

    def _fake_contexts(self) -> None:
        """Collecting and dry runs need plans only; nothing is started."""
        now = utc_now()
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

    # --- running ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        if self.options.dry_run:
            for plan in self.state.plans.values():
                for line in tell.dry_run(plan):
                    self.write(line)
            self.config.option.collectonly = True
            return True
        if self.options.seed_only:
            for name in self.state.plans:
                self.write(self._seed(name))
            return True
        return None

    def _complain(self, line: str) -> None:
        self.write(f"recsim: {line}", red=True)

    def write(self, line: str, **look: bool) -> None:
        """Say it where pytest reports, on stderr where that is switched off (`-p no:terminal`)."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if isinstance(reporter, pytest.TerminalReporter):
            reporter.ensure_newline()
            reporter.write_line(safe(line), **look)
        else:
            sys.stderr.write(f"{safe(line)}\n")

    def _seed(self, name: str) -> str:
        try:
            sim = self._find(name)
            seeded = seed(sim)
        except (InputError, ServiceError, SimulationFailed) as error:
            raise pytest.UsageError(as_known(str(error), self.config)) from None
        return f"{name}: seeded {seeded.counts}; manifests in {sim.context.bundle.artifacts}"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Any:
        """A signal that met a wrapper of the old kind, pytest-html's for example, would become a warning of pluggy's, and perhaps an error."""
        with self.signals.held(once=True):
            return (yield)

    @pytest.hookimpl(tryfirst=True)  # so that junit and HTML show what the record holds
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        with self.signals.held():
            self.intake.take(report)

    def pytest_runtest_logfinish(self) -> None:
        """Finish whoever has reported everything; the test's own clean-up is over by now."""
        self.signals.insist()
        if self.idle or len(self.state.plans) == 1:
            return  # a single one is finished with the session, when all is quiet
        with self.signals.held():
            for name in self.fleet.complete(self._census.planned):
                self._finish(name)
                plan, writer = self.state.plans[name], self.fleet.writers[name]
                self.write(tell.progress(plan, writer.verdict, writer.seconds, self._how_far))
                self.intake.let_go(name, self._census.nodes.get(name, []), writer.opened.sim.context.folder)
                self.fleet.forget(name)
                self._census.forget(name)
        self.signals.insist()

    @property
    def _how_far(self) -> Step:
        done, of = len(self.fleet.finished), len(self.state.plans)
        swept = any(plan.variant for plan in self.state.plans.values())
        return Step(
            "variants" if swept else "customers", done, of, monotonic() - self._began, over=done == of
        )

    @property
    def _census(self) -> PlannedChecks:
        """What was planned; collected before the first check reports, so it is read once."""
        if not self._planned.nodes:
            self._planned = read_census(self.scratch)
            for name, nodeids in self._planned.nodes.items():
                self.fleet.know(name, dict(zip(self._planned.planned[name], nodeids, strict=True)))
        return self._planned

    def _planned_of(self, name: str) -> list[Key]:
        return self._census.planned.get(name, [])

    def _left_out(self, name: str) -> tuple[str, ...]:
        """Name what should have run for a simulation and was removed, by whatever it was."""
        found, here = self._census.found.get(name, []), Path(self.config.invocation_params.dir)
        return left_out(self.state.plans[name], self._planned_of(name), found, here)

    # --- closing ---

    def _finish(self, name: str, *, seed_only: bool = False) -> None:
        self.fleet.finish(name, self._planned_of(name), self._left_out(name), seed_only=seed_only)
        self.state.close(name)
        if self.batch is not None:
            self.batch.keep_up()

    def pytest_keyboard_interrupt(self) -> None:
        self.signals.ending = self.signals.interrupted = True
        if not self.idle and self.fleet.wrote:
            self.write("recsim: taking back what this run changed on the service")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Any:
        """Write the record before anybody else's clean-up can be interrupted, and again when all is quiet."""
        self.signals.ending = True
        if self.idle or not self.fleet.writers:
            return (yield)
        seeded = self.options.seed_only and exitstatus == pytest.ExitCode.OK
        left = [name for name in self.fleet.writers if name not in self.fleet.finished]
        for name in left:
            self.fleet.judge(name, self._planned_of(name), self._left_out(name), seed_only=seeded)
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
            self.junit.amend(self.fleet, self._census.nodes, self.intake.results, self._complain)
            against = self.fleet.alarms or any(one.stands_against for one in self.fleet.writers.values())
            if exitstatus == pytest.ExitCode.OK and against:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Put the verdicts on top of pytest-html's page, which is made when every simulation has been judged."""
        prefix += html.verdicts(self.fleet.writers.values())

    def _pages(self) -> list[Path]:
        if self.batch is not None:
            return [self.batch.path.with_suffix(".md")]
        return [writer.bundle.root / "README.md" for writer in self.fleet.writers.values()]

    def pytest_unconfigure(self) -> None:
        self.signals.ending = True
        if not self.idle:
            self.fleet.restore()  # a run that was refused or interrupted while opening has had no other end
            self.wrote = self.fleet.wrote
        self.workers.stop()
        self.fleet.stop()

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
            for line in tell.batch(self.batch.path, self.options.here):
                terminalreporter.write_line(line)
