"""What a task is to do and what it brings back, as values that survive the trip."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.plan.model import Plan
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.simulation.controller.away import Away

JOB, RETURNED, ARCHIVE = "job.msgpack", "returned.msgpack", "archive.tar.gz"
REFUSED, LOG, PACE = "refused.txt", "pytest.txt", "pace"
"""Files and a folder of a task's own folder."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One simulation, resolved by whoever asked for the batch.

    Attributes:
        plan: with paths as they are in the task's folder.
        now: the run's clock.
        run_id: of this one execution; a task that is repeated has another one.
        holder: who shares the engine's lock on the namespace; empty for a stand-in.
        nodeids: of the tests to run, whatever else is found.
    """

    plan: Plan
    now: datetime
    run_id: str
    holder: str
    nodeids: list[str]


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What the process of a task leaves at its end.

    Attributes:
        away: what its controller knew of the simulation.
        reports: of its tests, as pytest's own hooks write them, in order.
    """

    away: Away
    reports: list[dict[str, Any]]


def read_job(folder: Path) -> Job:
    return msgspec.msgpack.decode((folder / JOB).read_bytes(), type=Job)


def read_returned(data: bytes) -> Returned:
    return msgspec.msgpack.decode(data, type=Returned)


def write(path: Path, value: Job | Returned) -> None:
    """Write it whole or not at all: whoever is killed meanwhile leaves no half of it."""
    write_atomic(path, msgspec.msgpack.encode(value))
