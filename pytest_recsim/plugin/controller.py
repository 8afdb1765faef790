"""The controller's hooks: open services and bundles, record what comes in, close everything."""

from __future__ import annotations

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
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.plugin import tell
from pytest_recsim.plugin.collect import Census, read_census
from pytest_recsim.plugin.options import read_options
from pytest_recsim.plugin.outcome import ATTRIBUTE
from pytest_recsim.plugin.own import announced, facts
from pytest_recsim.plugin.root import refuse_moved_root
from pytest_recsim.plugin.state import STATE, State
from pytest_recsim.record.model import CheckResult
from pytest_recsim.report import render_bundle
from pytest_recsim.service.errors import ServiceError
from pytest_recsim.simulation.closing import leave_clean, stop
from pytest_recsim.simulation.opening import Opened, new_run_id, open_record, open_simulation
from pytest_recsim.simulation.run import RunContext
from pytest_recsim.simulation.services import Services
from pytest_recsim.simulation.stage import seed
from pytest_recsim.simulation.writer import Writer


class Controller:
    """One per pytest run, never on a worker."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        refuse_moved_root(config)
        try:
            metrics = announced(config)
            self.options = replace(read_options(config), own=tuple(facts(metrics)))
            resolved = resolve(self.options)
        except InputError as error:
            raise pytest.UsageError(str(error)) from None
        self.state = State(
            metrics=metrics,
            plans={plan.id: plan for plan, _ in resolved},
            fixtures={plan.id: fixture for plan, fixture in resolved},
        )
        config.stash[STATE] = self.state
        self.scratch = Path(tempfile.mkdtemp(prefix="recsim-run-"))
        config.add_cleanup(lambda: _remove(self.scratch))
        self.reports = self.options.root / self.options.reports_dir
        self.services = Services(self.state.plans.values(), self.reports)
        self.opened: dict[str, Opened] = {}
        self.writers: dict[str, Writer] = {}
        self._before: Any = None
        self.idle = bool(config.option.collectonly or self.options.dry_run)
        if self.idle or self.options.seed_only:
            config.option.dist, config.option.tx = "no", []
        if not self.options.dry_run:
            config.pluginmanager.register(Census(self.scratch, ""), "recsim-census")

    # --- opening ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        if self.idle:
            self._fake_contexts()
            return
        self._before = _stop_on_sigterm()
        run_id, now = new_run_id(), datetime.now(UTC).replace(microsecond=0)
        try:
            self.services.hold(self._reporter.write_line)
            for name, plan in self.state.plans.items():
                self.opened[name] = open_simulation(
                    plan, self.state.fixtures[name], run_id=run_id, now=now, scratch=self.scratch
                )
            self.services.change(self.opened.values(), run_id)
            for name, opened in self.opened.items():
                self._record(name, opened)
        except (InputError, ServiceError) as error:
            raise pytest.UsageError(str(error)) from None

    def _record(self, name: str, opened: Opened) -> None:
        open_record(opened, self.reports)
        self.state.adopt(opened.sim)
        self.writers[name] = Writer(opened)
        self.writers[name].start()
        self._render(self.writers[name])

    def _fake_contexts(self) -> None:
        """Collecting and dry runs need plans only; nothing is started."""
        now = datetime.now(UTC)
        for name, plan in self.state.plans.items():
            self.state.contexts[name] = RunContext(
                plan=plan, run_id="dry", now=now, url="", bundle_dir="", scratch=str(self.scratch)
            )

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        contexts = [opened.sim.context for opened in self.opened.values()]
        node.workerinput["recsim"] = msgspec.json.encode(contexts).decode()

    # --- running ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        reporter = self._reporter
        if self.options.dry_run:
            for name, plan in self.state.plans.items():
                for line in tell.dry_run(plan, self.state.fixtures[name]):
                    reporter.write_line(line)
            self.config.option.collectonly = True
            return True
        if self.options.seed_only:
            for opened in self.opened.values():
                reporter.write_line(self._seed(opened))
            return True
        return None

    @property
    def _reporter(self) -> pytest.TerminalReporter:
        reporter: pytest.TerminalReporter = self.config.pluginmanager.get_plugin("terminalreporter")  # type: ignore[assignment]
        return reporter

    def _seed(self, opened: Opened) -> str:
        try:
            seeded = seed(opened.sim)
        except (InputError, ServiceError) as error:
            raise pytest.UsageError(str(error)) from None
        return f"{opened.sim.plan.id}: seeded {seeded.counts}; manifests in {opened.sim.context.bundle.artifacts}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        payload = getattr(report, ATTRIBUTE, None)
        if isinstance(payload, str):
            result = msgspec.json.decode(payload, type=CheckResult)
            self.writers[result.simulation].add(result)

    # --- closing ---

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Any:
        """Write the record before anybody else's clean-up can be interrupted, and again when all is quiet."""
        if self.idle or not self.writers:
            return (yield)
        census, seeded = (
            read_census(self.scratch),
            self.options.seed_only and exitstatus == pytest.ExitCode.OK,
        )
        for writer in self.writers.values():
            writer.finish(census.planned, census.deselected, seed_only=seeded)
            self._render(writer)
        try:
            return (yield)
        finally:
            for opened in self.opened.values():
                opened.notes += leave_clean(opened)
            unrestored = self._restore()
            for writer in self.writers.values():
                writer.opened.notes += unrestored
                writer.close()
                self._render(writer)
            if exitstatus == pytest.ExitCode.OK and (
                unrestored or any(one.stands_against for one in self.writers.values())
            ):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _restore(self) -> list[str]:
        """Give services their configuration back; what could not be is told in red, whatever else the run says."""
        told = self.services.undo()
        for sentence in told:
            self._reporter.write_line(f"recsim: {sentence}", red=True)
        return told

    def _render(self, writer: Writer) -> None:
        """Write the page; a page that cannot be written must not cost the record or the clean-up."""
        try:
            render_bundle(writer.bundle)
        except Exception as error:  # noqa: BLE001 - whatever it is, the record is complete without the page
            complaint = f"README.md could not be written: {type(error).__name__}: {error}"
            if complaint not in writer.opened.notes:
                writer.opened.notes.append(complaint)
                writer.start()
                self._reporter.write_line(f"recsim: {complaint}", red=True)

    def pytest_unconfigure(self) -> None:
        if not self.idle:
            self._restore()  # again: a run that was refused or interrupted while opening has had no other end
        for opened in self.opened.values():
            stop(opened)
        self.services.release()
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    # --- telling ---

    def pytest_report_header(self) -> list[str]:
        return [
            line
            for name, plan in self.state.plans.items()
            for line in tell.header(plan, self.opened[name].sim.context.url if name in self.opened else "")
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.writers or self.options.seed_only:
            return
        terminalreporter.section("recsim")
        for writer in self.writers.values():
            for line in tell.summary(writer.bundle, writer.verdict, self.options.here, writer.waiver_notes):
                terminalreporter.write_line(line)


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
