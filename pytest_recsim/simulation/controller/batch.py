"""Keeps the summary of a batch up to date while customers finish, so that a killed batch leaves an honest one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from sys import intern

from pytest_recsim.clock import monotonic
from pytest_recsim.data.input.files import unwritable
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.record.batch import (
    BatchRecord,
    Row,
    RowStatus,
    batch_file,
    batches,
    read_batch,
    worst_first,
    write_batch,
)
from pytest_recsim.report.batch import render_batch
from pytest_recsim.report.html import write_batch_page
from pytest_recsim.simulation.bundle.writer import Writer
from pytest_recsim.simulation.controller.fleet import Fleet
from pytest_recsim.simulation.controller.keeping_up import NowAndThen
from pytest_recsim.simulation.controller.pages import unwritten
from pytest_recsim.simulation.controller.sweep import SweepTables


class BatchWriter:
    """The controller's pen for a batch's summary.

    Attributes:
        path: of the JSON file; the page stands beside it.
    """

    def __init__(self, resolved: Resolved, fleet: Fleet, shard: str) -> None:
        assert resolved.batch is not None
        self._batch, self._elsewhere, self._fleet, self._shard = (
            resolved.batch,
            resolved.elsewhere,
            fleet,
            shard,
        )
        self._began, self._tables = monotonic(), SweepTables()
        self._rows: dict[str, Row] = {}  # of simulations that are finished
        self._kept_up = NowAndThen()
        stamp = fleet.now.strftime("%Y%m%dT%H%M%SZ")
        try:
            self.path: Path = batch_file(fleet.reports, self._batch.name, stamp)
        except OSError as error:
            what = f"no summary can be written there: {error.strerror}"
            raise InputError(Problem(str(fleet.reports / "batches"), what)) from None

    def keep_up(self) -> None:
        """Write JSON and page now and then: a run that is killed leaves the last ones, and their time is a part of the whole."""
        self._kept_up.do(partial(self.write, finished=False))

    def _row(self, name: str, writer: Writer, *, finished: bool) -> Row:
        """The row as things stand; that of a simulation which nobody expects anything of is made once."""
        if writer.forgotten and name in self._rows:
            return self._rows[name]
        row = row_of(writer, self._fleet, finished=finished)
        if name in self._fleet.finished:
            self._rows[name] = row
        return row

    def write(self, *, finished: bool) -> BatchRecord:
        """Write JSON and page as things stand now."""
        rows = [
            *(self._row(name, one, finished=finished) for name, one in self._fleet.writers.items()),
            *(_other(name, "left_out") for name in self._batch.left_out),
            *(_other(name, "elsewhere") for name in self._elsewhere),
        ]
        record = BatchRecord(
            name=self._batch.name,
            status="finished" if finished else "started",
            manifest=self._batch.path,
            manifest_sha256=self._batch.sha256,
            run_id=self._fleet.run_id,
            started_at=self._fleet.now.isoformat(),
            shard=self._shard,
            seconds=round(monotonic() - self._began, 3),
            rows=worst_first(rows),
            sweeps=self._tables.of(
                self._fleet.writers, set(self._fleet.writers if finished else self._fleet.finished)
            ),
        )
        try:
            write_batch(self.path, record)
            render_batch(self.path, record)
        except OSError as error:  # the bundles and the clean-up matter more
            self._fleet.alarm([f"the batch's summary is not complete. {unwritable(self.path, error)}"])
        else:
            self._page(finished=finished)
        return record

    def _page(self, *, finished: bool) -> None:
        """Write the HTML page once, at the end; without it the summary is complete all the same."""
        if finished and self._fleet.html:
            try:
                write_batch_page(self.path)
            except Exception as error:  # noqa: BLE001 - whatever it is, the summary is complete without the page
                self._fleet.complain(unwritten(f"{self.path.stem}.html", error))


def _other(name: str, status: RowStatus) -> Row:
    return Row(id=name, customer=name, status=status)


def row_of(writer: Writer, fleet: Fleet, *, finished: bool) -> Row:
    """Sum up a simulation; ``finished`` says whether the run it belongs to is."""
    plan, verdict = writer.opened.plan, writer.verdict
    results = list(writer.results.values())
    ran = any(result.outcome not in ("missing", "skipped") for result in results)
    status: RowStatus = "seeded" if writer.seeded else verdict.status
    if not ran and not writer.seeded:
        status = "not_run"
    elif plan.id not in fleet.finished and not finished:
        status = "incomplete"
    return Row(
        id=plan.id,
        customer=plan.customer,
        status=status,
        sentence=verdict.sentence,
        counts=verdict.counts,
        failing=verdict.failing,
        borderline=verdict.borderline,
        checks={intern(result.label): result.outcome for result in results},
        bundle=os.path.relpath(writer.bundle.root, fleet.reports),
        seconds=writer.seconds,
        profile=plan.profile.value,
        service="stand-in" if plan.stand_in else plan.base_url.value,
        overrides={name: setting.text for name, setting in plan.overrides.items()},
        figures=writer.figures,
    )


def earlier_seconds(reports: Path, name: str) -> Mapping[str, float]:
    """Return durations by simulation id from the newest summary of that batch, empty when there is none."""
    for path in reversed(batches(reports, name)):
        try:
            return read_batch(path).seconds_by_id()
        except (OSError, ValueError):  # msgspec's errors are ValueErrors; a summary cut short says nothing
            continue
    return {}
