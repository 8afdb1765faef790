"""`--recsim-engine`: the checks of every customer run as one task of a cluster, and their reports are shown here as if they had run here."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.engine.job import Job, read_returned
from pytest_recsim.engine.packing import unpack
from pytest_recsim.engine.parcel import Back, Parcel, Sending, plain
from pytest_recsim.engine.project import project_files
from pytest_recsim.pace import Step
from pytest_recsim.plugin.identity import identify
from pytest_recsim.plugin.intake import LOST_WORKER
from pytest_recsim.plugin.names import as_known
from pytest_recsim.plugin.suite import suite_folder
from pytest_recsim.plugin.tasked import BUNDLE, SCRATCH
from pytest_recsim.record.legible import legible
from pytest_recsim.record.masking import masked
from pytest_recsim.simulation.controller.away import arrive
from pytest_recsim.simulation.session.notes import Notes

if TYPE_CHECKING:
    from pytest_recsim.engine.cluster import Cluster
    from pytest_recsim.plugin.controller import Controller

HERE_ONLY: dict[str, Any] = {
    "xmlpath": None,
    "htmlpath": None,
    "numprocesses": None,
    "maxprocesses": None,
    "dist": "no",
    "tx": [],
    "keyword": "",
    "markexpr": "",
    "deselect": None,
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "stepwise": False,
    "stepwise_skip": False,
    "basetemp": None,
    "usepdb": False,
    "confcutdir": None,
    "file_or_dir": [],
    "recsim_batch_file": "",
    "recsim_batch_name": "",
    "recsim_shard": "",
    "recsim_engine": "",
    "recsim_engine_address": "",
    "recsim_engine_workers": "",
    "recsim_upload": "",
}
"""Options of pytest's and ours that speak of the whole run: its files, its workers, the selection of its tests."""
INI = ["recsim_no_html=true", "recsim_upload="]


class Engine:
    """Registered on the controller of a run with ``--recsim-engine``, after it."""

    def __init__(self, config: pytest.Config, controller: Controller) -> None:
        self.config, self.controller = config, controller
        self.batch = secrets.token_hex(6)
        self.cluster: Cluster | None = None
        self._began: dict[str, int] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Reach the cluster before anything else begins."""
        if self.controller.idle:
            return
        options = self.controller.options
        try:
            self.sending = self._sending()
            from pytest_recsim.engine.cluster import Cluster

            self.cluster = Cluster(self.batch, self._heard)
            workers = int(options.engine_workers) if options.engine_workers else None
            self.cluster.open(options.engine_address, workers, self.controller.scratch)
        except InputError as error:
            raise pytest.UsageError(as_known(str(error), self.config)) from None

    def _sending(self) -> Sending:
        config, root = self.config, self.config.rootpath
        here, typed = Path(config.invocation_params.dir), [str(word) for word in config.option.file_or_dir]
        places = [here / word.split("::")[0] for word in typed]
        return Sending(
            batch=self.batch,
            project=project_files(root, here, config.inipath, places, suite_folder()),
            root=root,
            here=here,
            ini=config.inipath,
            options=self._options(),
            places=[_elsewhere(word, root, here) for word in typed],
        )

    def _options(self) -> dict[str, Any]:
        given = plain(vars(self.config.option)) | HERE_ONLY
        given["override_ini"] = [*(given.get("override_ini") or []), *INI]
        return given

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run what is no check of ours here, and everything else in the cluster."""
        if self.cluster is None or (
            session.testsfailed and not self.config.option.continue_on_collection_errors
        ):
            return None
        mine: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            if (found := identify(item)) is not None:
                mine.setdefault(found.simulation, []).append(item)
            else:
                self.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                _heed(session)
        try:
            for parcel, back in self.cluster.run(self._parcels(mine)):
                self._home(mine[parcel.simulation], parcel.simulation, back)
                _heed(session)
        except BaseException:
            self._stop(mine)
            raise
        return True

    def _stop(self, mine: dict[str, list[pytest.Item]]) -> None:
        """End what runs, and keep what it has found out until then."""
        assert self.cluster is not None
        self.controller.write("recsim: ending the tasks that run, so that services are put back")
        for parcel, back in self.cluster.stop():
            if back.returned:
                self._home(mine[parcel.simulation], parcel.simulation, back)

    def _parcels(self, mine: dict[str, list[pytest.Item]]) -> Iterator[Parcel]:
        """Make parcels as they are due, each with its customer's data."""
        for name, items in mine.items():
            plan = self.controller.state.plans[name]
            job = Job(
                plan=plan,
                now=self.controller.fleet.now,
                run_id="",
                holder="",
                nodeids=[item.nodeid for item in items],
            )
            options = {**self.sending.options, "recsim_customer": [name]}
            yield replace(self.sending, options=options).parcel(job)

    def _home(self, items: list[pytest.Item], name: str, back: Back) -> None:
        """Take in what came of a customer's task, and show its tests."""
        if self._began.get(name, 0) > 1:
            times = self._began[name] - 1
            self.controller.fleet.note(
                name,
                f"{times} {'worker was' if times == 1 else 'workers were'} lost with it; it was seeded anew elsewhere",
            )
        if not back.returned:
            self._never(items[0], name, back.said)
            return
        returned, opened = read_returned(back.returned), self.controller.fleet.opened[name]
        with tempfile.TemporaryDirectory(dir=self.controller.scratch) as folder:
            unpack(back.archive, Path(folder))
            shutil.copytree(Path(folder) / BUNDLE, opened.sim.context.bundle.root, dirs_exist_ok=True)
            shutil.copytree(Path(folder) / SCRATCH, opened.sim.context.folder, dirs_exist_ok=True)
        arrive(opened, returned.away)
        self.controller.fleet.alarm([f"{name}: {sentence}" for sentence in returned.away.alarms])
        self._show({item.nodeid: item for item in items}, returned.reports)

    def _show(self, items: dict[str, pytest.Item], reports: list[dict[str, Any]]) -> None:
        hook, open_item = self.config.hook, ""
        for document in reports:
            report = hook.pytest_report_from_serializable(config=self.config, data=document)
            if report.nodeid != open_item:
                self._close(items, open_item)
                open_item = report.nodeid
                hook.pytest_runtest_logstart(nodeid=open_item, location=items[open_item].location)
            hook.pytest_runtest_logreport(report=report)
        self._close(items, open_item)

    def _close(self, items: dict[str, pytest.Item], nodeid: str) -> None:
        if nodeid:
            self.config.hook.pytest_runtest_logfinish(nodeid=nodeid, location=items[nodeid].location)

    def _never(self, item: pytest.Item, name: str, why: str) -> None:
        """Say of a customer that nothing of it came back; its checks are named as never reported."""
        sentence = masked(legible(why))
        self.controller.fleet.note(name, f"it was not run: {sentence}")
        said = f"{name} was not run: {sentence}"
        lost = pytest.TestReport(item.nodeid, item.location, {}, "failed", said, "call")
        lost.when = LOST_WORKER  # type: ignore[assignment]  # as xdist reports a worker that died
        document = self.config.hook.pytest_report_to_serializable(config=self.config, report=lost)
        self._show({item.nodeid: item}, [document])

    def _heard(self, facts: dict[str, Any]) -> None:
        """Take in what a task says, in the client's thread."""
        name = str(facts.get("simulation", ""))
        if "began" in facts:
            self._began[name] = self._began.get(name, 0) + 1
        elif isinstance(facts.get("pace"), dict):
            Notes(self.controller.scratch, f"task-{name}")(Step(**facts["pace"]))

    def pytest_unconfigure(self) -> None:
        if self.cluster is not None:
            self.cluster.close()


def _elsewhere(word: str, root: Path, here: Path) -> str:
    """Spell a place of tests as it is found from ``here`` in a copy of the project; which cases are run is said by node ids."""
    place, separator, rest = word.split("[", maxsplit=1)[0].partition("::")
    path = Path(place)
    if path.is_absolute() and path.is_relative_to(suite_folder()):
        place = (Path("scenarios") / path.relative_to(suite_folder())).as_posix()
    elif path.is_absolute() and path.is_relative_to(root):
        place = os.path.relpath(path, here)
    return f"{place}{separator}{rest}"


def _heed(session: pytest.Session) -> None:
    """End where somebody asked for that (`-x`, `--maxfail`), as pytest's own loop does."""
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)
