"""What goes over the wire: a job with the files that it needs, and what comes back. Neither shows what is in it.

A cluster logs the arguments of a task that fails and shows them on its dashboard; they hold a customer's data and perhaps
a service's key.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from pytest_recsim import __version__
from pytest_recsim.engine.job import Job
from pytest_recsim.engine.packing import pack
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.secrets import KEY_VARIABLE
from pytest_recsim.simulation.controller.opening import place_of

PROJECT, INPUTS = "project", "inputs"
"""Folders of a task: what stands for the user's project, and the data set with whatever else the plan names."""


@dataclass(frozen=True, repr=False)
class Parcel:
    """A simulation on its way to a worker.

    Attributes:
        simulation, batch: its id, and a word for the run that asks.
        version: of whoever asks; a worker has to have the same.
        job, files: see :class:`Job`, its ``run_id`` still open, and an archive of what it needs.
        options, places: of pytest.
        here: the folder that pytest was started in, from the project's root; ``ini``: its ini file, from there, too.
        lock: names what must not be used by two; empty for a stand-in.
        variables: of the environment, the service's key among them where a service is asked.
    """

    simulation: str
    batch: str
    version: str
    job: bytes
    files: bytes
    options: dict[str, Any]
    places: list[str]
    here: str
    ini: str
    lock: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Parcel({self.simulation!r})"


@dataclass(frozen=True, repr=False)
class Back:
    """What came of a task.

    Attributes:
        code: that its process ended with; negative for a signal, None where it was not begun.
        returned: as :class:`pytest_recsim.engine.job.Returned` was written; empty where the process did not get that far.
        archive: of its bundle and scratch folder.
        said: why not, else empty.
        host: where it ran.
    """

    code: int | None
    returned: bytes = b""
    archive: bytes = b""
    said: str = ""
    host: str = ""

    def __repr__(self) -> str:
        return f"Back({self.code})"


@dataclass(frozen=True)
class Sending:
    """What all parcels of a run have in common.

    Attributes:
        batch: a word for the run.
        project: name -> file, see ``project_files``.
        root, here, ini: of the project; ``ini`` is None where there is none.
        options, places: of pytest.
    """

    batch: str
    project: Mapping[str, Path]
    root: Path
    here: Path
    ini: Path | None
    options: Mapping[str, Any]
    places: Sequence[str]

    def parcel(self, job: Job) -> Parcel:
        """Return what goes to a worker for a job.

        Raises:
            OSError: a file that it needs cannot be read.
        """
        plan = job.plan
        sent, files = _with_inputs(plan)
        lock = "" if plan.stand_in else hashlib.sha256(place_of(plan).encode()).hexdigest()[:24]
        files |= {f"{PROJECT}/{name}": path for name, path in self.project.items()}
        ini = self.ini.relative_to(self.root).as_posix() if self.ini is not None else ""
        return Parcel(
            simulation=plan.id,
            batch=self.batch,
            version=__version__,
            job=msgspec.msgpack.encode(replace(job, plan=sent, holder=lock[:16])),
            files=pack(files),
            options=dict(self.options),
            places=list(self.places),
            here=os.path.relpath(self.here, self.root),
            ini=ini,
            lock=f"recsim-{lock}" if lock else "",
            variables=_variables(plan),
        )


def _with_inputs(plan: Plan) -> tuple[Plan, dict[str, Path]]:
    """Return the plan with the places that its files have in a task's folder, and these files."""
    fixture = Path(plan.fixture.file)
    files = {f"{INPUTS}/{fixture.name}": fixture}
    changes: dict[str, Any] = {"fixture": replace(plan.fixture, file=f"{INPUTS}/{fixture.name}")}
    for name in ("compare_to", "ca_file"):
        if value := getattr(plan, name):
            path = Path(value)
            changes[name] = f"{INPUTS}/{name}/{path.parent.name}/{path.name}"
            files[changes[name]] = path
    return replace(plan, **changes), files


def placed(plan: Plan, folder: Path) -> Plan:
    """Return a plan that has arrived, with its files where they lie now."""
    changes: dict[str, Any] = {"fixture": replace(plan.fixture, file=str(folder / plan.fixture.file))}
    for name in ("compare_to", "ca_file"):
        if value := getattr(plan, name):
            changes[name] = str(folder / value)
    return replace(plan, **changes)


def _variables(plan: Plan) -> dict[str, str]:
    """The service's key goes where a service is asked, and nowhere else."""
    key = os.environ.get(KEY_VARIABLE, "")
    return {KEY_VARIABLE: key} if key and not plan.stand_in else {}


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are plain values; an object of some plugin's belongs to this process."""
    found = {}
    for name, value in options.items():
        try:
            found[name] = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            continue
    return found
