"""Running the suite against a stand-in with a fault, two at a time, in forked processes that have everything imported."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matrix_world
import pytest
from matrix_broken import NOTE, BrokenFaultError

HERE = Path(__file__).resolve().parent
PLUGINS = ("pytest_base_url.plugin", "pytest_recsim.plugin")
STAND_IN = "matrix_standin"
AT_ONCE = 2


@dataclass(frozen=True)
class Run:
    """One run of the suite: which fault at which strength, and which checks (all unless a ``-k`` is given).

    ``served``: against a service that is there already, with all quirks, instead of one that the run starts.
    """

    fault: str = ""
    strength: float = 1.0
    select: str = ""
    weaken: str = ""
    served: bool = False


@dataclass(frozen=True)
class Seen:
    """What came of it: check with its case -> outcome, and the sentences of those that did not pass."""

    outcomes: dict[str, str]
    sentences: dict[str, str]
    code: int

    @property
    def red(self) -> list[str]:
        return sorted(name for name, outcome in self.outcomes.items() if outcome != "passed")


class Seam:
    """The pytest plugin that has a run start our stand-in in place of the real one."""

    def __init__(self, run: Run, place: Path) -> None:
        self._run, self._place = run, place

    def pytest_configure(self) -> None:  # the run's own hook starts the stand-in right after
        from pytest_recsim.service import launcher
        from pytest_recsim.simulation.controller import opening

        def launch(env: Any, *args: Any, **named: Any) -> Any:
            extra = faulty(self._run, self._place)
            return launcher.launch({**env, **extra}, *args, module=STAND_IN, **named)

        opening.launch = launch


def faulty(run: Run, place: Path) -> dict[str, str]:
    """The variables that tell a stand-in its fault."""
    return {
        "MATRIX_FAULT": run.fault,
        "MATRIX_STRENGTH": str(run.strength),
        NOTE: str(note_of(place)),
    }


Job = Generator[Run, Seen, Any]


@dataclass(frozen=True)
class Flight:
    """A run that is under way, for the job that stands at a position of all jobs."""

    position: int
    job: Job
    run: Run
    place: Path
    began: float


class Bench:
    """A project folder, and processes that run the suite in it."""

    def __init__(
        self,
        scratch: Path,
        seed: int = matrix_world.SEED,
        optional: str = matrix_world.OPTIONAL,
        at_once: int = AT_ONCE,
    ) -> None:
        self.project = matrix_world.settle(scratch / "project", seed, optional)
        self.scratch = scratch
        self._at_once = at_once
        self.cpu_seconds = 0.0
        self._count = 0
        self._flying: dict[int, Flight] = {}
        self._results: dict[int, Any] = {}
        warm_up()

    def all(self, jobs: Iterable[Job], tell: Callable[[str], None] = print) -> list[Any]:
        """Drive jobs, each a generator that yields runs and is sent what was seen; their results in order.

        A ``BrokenFaultError`` stands in place of the result of a job whose fault failed itself.
        """
        self._results = {}
        waiting = list(enumerate(jobs))[::-1]
        while waiting or self._flying:
            while waiting and len(self._flying) < self._at_once:
                self._advance(*waiting.pop())
            if self._flying:
                self._landed(tell)
        return [result for _, result in sorted(self._results.items())]

    def _advance(self, position: int, job: Job, seen: Seen | None = None) -> None:
        """Start the next run of a job, or keep its result."""
        try:
            run = next(job) if seen is None else job.send(seen)
        except StopIteration as end:
            self._results[position] = end.value
            return
        place = self.scratch / f"run-{self._count}"
        self._count += 1
        place.mkdir()
        self._flying[self._fork(run, place)] = Flight(position, job, run, place, time.monotonic())

    def _landed(self, tell: Callable[[str], None]) -> None:
        """Wait for the next run that ends, and go on with its job."""
        pid, status, used = os.wait4(-1, 0)
        self.cpu_seconds += used.ru_utime + used.ru_stime
        flight = self._flying.pop(pid)
        name, strength = flight.run.fault or "healthy", flight.run.strength
        try:
            seen = read(flight.place, os.waitstatus_to_exitcode(status))
            tell(
                f"{name} at {strength:g}: {', '.join(seen.red) or 'all passed'}; {time.monotonic() - flight.began:.1f} s"
            )
            self._advance(flight.position, flight.job, seen)
        except NothingSeenError as error:
            broken = BrokenFaultError(name, strength, str(error))
            self._results[flight.position] = broken
            tell(str(broken))

    def _fork(self, run: Run, place: Path) -> int:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        code = 99
        try:
            code = _suite(run, self.project, place)
        except BaseException:  # noqa: BLE001 - a forked child must end here whatever happens, never in its parent's code
            traceback.print_exc()
        finally:
            os._exit(code)


def one(run: Run) -> Job:
    """A job of a single run."""
    return (yield run)


def warm_up() -> None:
    """Import what every run needs, once."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import pytest_recsim.plugin.controller  # noqa: F401


def _suite(run: Run, project: Path, place: Path) -> int:
    log = os.open(place / "out.txt", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(project)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    words = [
        "--customer",
        matrix_world.NAME,
        "--env-profile",
        matrix_world.NAME,
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    words += [word for plugin in PLUGINS for word in ("-p", plugin)]
    words += [f"--recsim-reports-dir={place}", *(["-k", run.select] if run.select else [])]
    if run.served:
        from matrix_served import against

        return against(words, faulty(run, place))
    plugins: list[object] = [Seam(run, place)]
    if run.weaken:
        from matrix_weaken import Weakened

        plugins.append(Weakened(run.weaken))
    return int(pytest.main(words, plugins))


class NothingSeenError(Exception):
    """A run that says nothing about the suite, with the reason."""


def note_of(place: Path) -> Path:
    """Where the stand-in of a run leaves a note if the fault itself fails."""
    return place / "broken.txt"


def read(place: Path, code: int) -> Seen:
    """Read a run's bundle; raises ``NothingSeenError`` if the fault failed itself or there is no bundle."""
    if note_of(place).exists():
        raise NothingSeenError(note_of(place).read_text())
    text = (place / "out.txt").read_text(errors="replace")
    bundles = list((place / matrix_world.NAME).glob("*/"))
    if not bundles:
        raise NothingSeenError(f"its run left no bundle, exit code {code}: {text[-600:].strip()}")
    lines = (bundles[0] / "events.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    names = [f"{row['check']} {row['case']}".strip() for row in rows]
    for row in rows:
        if row["outcome"] in ("failed", "not_measured") and not row["next_step"]:
            raise NothingSeenError(f"{row['check']} does not say what to do about it: {row['sentence']}")
    return Seen(
        {name: row["outcome"] for name, row in zip(names, rows, strict=True)},
        {name: row["sentence"] for name, row in zip(names, rows, strict=True) if row["outcome"] != "passed"},
        code,
    )
