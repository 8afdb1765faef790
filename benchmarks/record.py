"""All rows that were ever measured, newest of each, as a file: what ``docs/performance.json`` holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from benchmarks.machine import Machine
from benchmarks.rows import Row, Target

NEVER = "its part has not been run"


@dataclass(frozen=True)
class Run:
    """One call of the command, as far as rows of it are left.

    Attributes:
        name: when it began, UTC.
        commit: of what was measured; a ``+`` says that files were changed.
        today: of what it was held beside.
        load_before: processes that wanted a core, during the minute before.
        load_after: likewise at its end; above the number of cores something else was running.
    """

    name: str
    commit: str
    today: str
    machine: Machine
    load_before: float
    load_after: float


@dataclass(frozen=True)
class Record:
    """The file.

    Attributes:
        runs: those that rows are from, oldest first.
        rows: in the order of the table.
    """

    schema_version: int = 1
    runs: tuple[Run, ...] = ()
    rows: tuple[Row, ...] = ()


def load(path: Path) -> Record:
    """Read it; an absent one is empty."""
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else Record()


def save(record: Record, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def merged(old: Record, rows: Sequence[Row], run: Run, table: Sequence[Target]) -> Record:
    """Return the record with these rows in the place of earlier ones of the same names.

    Args:
        old: what was there.
        rows: of this run.
        run: which one it was.
        table: all rows that there are to be; one that was never measured says so.
    """
    found = {row.name: row for row in old.rows} | {row.name: replace(row, run=run.name) for row in rows}
    kept = tuple(found.get(one.name) or one.missed(NEVER) for one in table)
    used = {row.run for row in kept}
    runs = {one.name: one for one in (*old.runs, run)}
    return Record(old.schema_version, tuple(one for one in runs.values() if one.name in used), kept)
