"""The task, as it runs on a worker: one simulation through pytest in a process and a folder of its own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
from distributed import Lock, get_worker
from msgspec.structs import replace

from pytest_recsim import __version__
from pytest_recsim.engine import job as names
from pytest_recsim.engine import running
from pytest_recsim.engine.job import Job
from pytest_recsim.engine.packing import unpack
from pytest_recsim.engine.parcel import PROJECT, Back, Parcel, placed
from pytest_recsim.pace import BEAT_S
from pytest_recsim.record.legible import legible
from pytest_recsim.simulation.controller import scratch
from pytest_recsim.simulation.controller.opening import new_run_id
from pytest_recsim.simulation.session.notes import noted

NESTED = Path(__file__).with_name("nested.py")
"""Run as a text: pytest wants to rewrite the asserts of this package, so it may not be imported before."""
DROPPED = ("PYTEST", "RECS", "GITHUB_STEP_SUMMARY")
"""What a worker's environment may say and whoever asks did not."""
LOCK_S = 1.0
TAIL = 800
STOPPED = "it was ended before it had begun"


def topic(batch: str) -> str:
    """Name the events in which tasks of a batch say what they are at."""
    return f"recsim-{batch}"


def simulate(parcel: Parcel) -> Back:
    """Run one simulation and return everything that it left.

    Every execution seeds anew under a run id of its own: a cluster repeats a task whose worker was lost.
    """
    if parcel.version != __version__:
        said = f"the worker has pytest-recsim {__version__}, and {parcel.version} has asked"
        return Back(None, said=said, host=platform.node())
    worker, run_id = get_worker(), new_run_id()
    key = worker.get_current_task()
    tell = _teller(worker, parcel)

    def cancelled() -> bool:
        known = worker.state.tasks.get(key)
        return running.is_ending(parcel.batch) or known is None or known.state != "executing"

    with _locked(parcel.lock, cancelled) as got:
        if not got:
            return Back(None, said=STOPPED, host=platform.node())
        tell({"began": run_id, "host": platform.node()})
        return _run(parcel, run_id, cancelled, tell)


def _teller(worker: Any, parcel: Parcel) -> Callable[[dict[str, Any]], None]:
    return lambda facts: worker.log_event(topic(parcel.batch), {"simulation": parcel.simulation} | facts)


@contextmanager
def _locked(name: str, cancelled: Callable[[], bool]) -> Iterator[bool]:
    """Hold what must not be used by two, in the whole cluster; tells whether we have it, or are to end."""
    lock = Lock(name) if name else None
    got = not cancelled()
    while got and lock is not None and not lock.acquire(timeout=LOCK_S):
        got = not cancelled()
    try:
        yield got
    finally:
        if lock is not None and got:
            lock.release()


def _run(
    parcel: Parcel, run_id: str, cancelled: Callable[[], bool], tell: Callable[[dict[str, Any]], None]
) -> Back:
    folder, held = scratch.make()
    try:
        process = _start(parcel, run_id, folder)
        running.begin(parcel.batch, run_id, process)
        try:
            _wait(process, folder, cancelled, tell)
        finally:
            running.over(parcel.batch, run_id)
        return _back(process.returncode, folder)
    finally:
        held.close()
        scratch.remove(folder)


def _start(parcel: Parcel, run_id: str, folder: Path) -> running.Process:
    """Lay everything out in the folder and start pytest there."""
    unpack(parcel.files, folder)
    (folder / names.PACE).mkdir()
    job = msgspec.msgpack.decode(parcel.job, type=Job)
    names.write(folder / names.JOB, replace(job, plan=placed(job.plan, folder), run_id=run_id))
    root = folder / PROJECT
    here = root / parcel.here
    here.mkdir(parents=True, exist_ok=True)
    ini = root / (parcel.ini or "pytest.ini")
    if not parcel.ini:
        ini.write_text("[pytest]\n", encoding="utf-8")  # or pytest would look for one above
    options = parcel.options | {
        "rootdir": str(root),
        "inifilename": str(ini),
        "recsim_reports_dir": str(folder / "reports"),
        "recsim_task": str(folder),
    }
    given = folder / "options.json"
    given.write_text(json.dumps([options, parcel.places]), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}
    with (folder / names.LOG).open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [
                sys.executable,
                "-c",
                NESTED.read_text(encoding="utf-8"),
                str(given),
                str(folder / names.REFUSED),
            ],
            cwd=here,
            env=kept | parcel.variables,
            stdin=subprocess.PIPE,  # it closes when this worker ends, however that happens
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the worker's terminal must not reach it twice
        )


def _wait(
    process: running.Process,
    folder: Path,
    cancelled: Callable[[], bool],
    tell: Callable[[dict[str, Any]], None],
) -> None:
    """Wait for the end, and say now and then how far it is; a task that is cancelled is told so once."""
    told = False
    try:
        while True:
            try:
                process.wait(BEAT_S)
            except subprocess.TimeoutExpired:
                if cancelled() and not told:
                    told = True
                    running.interrupt(process)
                for step in noted(folder / names.PACE):
                    tell({"pace": asdict(step)})
            else:
                return
    finally:
        if process.stdin is not None:
            process.stdin.close()


def _back(code: int, folder: Path) -> Back:
    """Gather what a process left."""
    host, returned, archive = platform.node(), folder / names.RETURNED, folder / names.ARCHIVE
    if returned.exists():
        return Back(code, returned.read_bytes(), archive.read_bytes(), host=host)
    refused = folder / names.REFUSED
    if refused.exists():
        return Back(code, said=refused.read_text(encoding="utf-8"), host=host)
    said = (folder / names.LOG).read_bytes()[-TAIL:].decode("utf-8", "replace").strip()
    return Back(code, said=f"pytest ended with code {code} and said at last: {legible(said)}", host=host)
