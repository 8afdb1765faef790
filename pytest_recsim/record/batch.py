"""The record of a batch: one row per simulation, enough for a summary without opening the bundles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from pytest_recsim.record import jsonio
from pytest_recsim.record.asked import configured
from pytest_recsim.record.jsonio import SCHEMA_VERSION
from pytest_recsim.record.model import WORST_FIRST, Outcome
from pytest_recsim.record.quality import Quality, lift_label
from pytest_recsim.record.reading import Unreadable, read_record
from pytest_recsim.record.sweep import Sweep

RowStatus = Literal[
    "may_go", "must_not_go", "incomplete", "partial", "seeded", "not_run", "left_out", "elsewhere"
]
WORST_STATUS: tuple[RowStatus, ...] = (
    "incomplete",
    "must_not_go",
    "not_run",
    "partial",
    "seeded",
    "elsewhere",
    "left_out",
    "may_go",
)
SETTLED: frozenset[RowStatus] = frozenset({"may_go", "partial", "seeded", "left_out", "elsewhere"})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One simulation of a batch.

    Attributes:
        status: its verdict's, ``not_run`` when nothing of it reported, ``left_out`` when the manifest says so,
            ``elsewhere`` when another slice takes it.
        sentence, counts, failing, borderline: of its verdict.
        checks: label of a check -> outcome.
        bundle: report folder, relative to the reports folder; empty when there is none.
        seconds: from its first step to its last check; 0 when nothing ran.
        service: ``stand-in`` or the URL.
        overrides: knob -> value that was laid over the profile.
        figures: what a configuration is chosen by, by name; null where it was not measured.
    """

    id: str
    customer: str
    status: RowStatus
    sentence: str = ""
    counts: dict[str, int] = {}
    failing: tuple[str, ...] = ()
    checks: dict[str, Outcome] = {}
    bundle: str = ""
    seconds: float = 0.0
    profile: str = ""
    service: str = ""
    borderline: int = 0
    overrides: dict[str, str] = {}
    figures: dict[str, float | None] = {}

    @property
    def configuration(self) -> str:
        """Profile and what was laid over it."""
        return configured(self.profile, self.overrides)


class BatchRecord(jsonio.Document, frozen=True, kw_only=True):
    """A whole batch, or one slice of it.

    Attributes:
        status: ``started`` while it runs or after it was killed, ``finished`` otherwise.
        manifest, manifest_sha256: what it was made from; empty where a sweep alone made it.
        shard: ``I/N`` of a slice, empty for the whole.
        seconds: wall time so far.
        rows: worst first.
        sweeps: variants of simulations beside one another, where knobs were swept.
    """

    name: str
    status: Literal["started", "finished"]
    manifest: str
    manifest_sha256: str
    run_id: str
    started_at: str
    shard: str = ""
    seconds: float = 0.0
    rows: tuple[Row, ...] = ()
    sweeps: tuple[Sweep, ...] = ()

    @property
    def may_go(self) -> bool:
        """Whether nothing stands against any customer, and nothing is missing."""
        return self.status == "finished" and all(row.status in SETTLED for row in self.rows)

    def seconds_by_id(self) -> dict[str, float]:
        return {row.id: row.seconds for row in self.rows if row.seconds > 0}


SHOWN_FIGURES = ("catalogue_coverage@20", "long_tail_share@20", "list_length@20", "intra_list_similarity@10")
"""Beside the lifts: what a better lift usually costs."""


def key_figures(quality: Quality) -> dict[str, float | None]:
    """What a configuration is chosen by: lifts over everybody and of the weakest segment, breadth and length of the lists."""
    found: dict[str, float | None] = {}
    judged = [row for row in quality.lifts if row.relevance == quality.judged_relevance]
    for row in quality.overall:
        if row.relevance == quality.judged_relevance:
            name = lift_label(row.metric)
            lifts = [one.lift for one in judged if one.metric == row.metric]
            known = [lift for lift in lifts if lift is not None]
            found[name] = row.lift
            found[f"lowest {name} of a segment"] = min(known) if len(known) == len(lifts) and known else None
    return found | {
        name: figure.value for name in SHOWN_FIGURES if (figure := quality.figures.get(name)) is not None
    }


def worst_first(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Order rows so that what a stakeholder has to read first stands first."""
    return tuple(sorted(rows, key=lambda row: (WORST_STATUS.index(row.status), -len(row.failing), row.id)))


def worst(outcomes: Iterable[Outcome]) -> Outcome | None:
    """Return the worst of several outcomes, None of none."""
    return min(outcomes, key=WORST_FIRST.index, default=None)


def batch_file(reports: Path, name: str, stamp: str) -> Path:
    """Return a path for a new summary, ``reports/batches/<name>_<stamp>.json``, ``-2`` when that is taken."""
    folder = reports / "batches"
    folder.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, 1000):
        path = folder / f"{name}_{stamp}{'' if attempt == 1 else f'-{attempt}'}.json"
        try:
            path.open("x").close()
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{folder / name}: a thousand batches started in the same second")


def write_batch(path: Path, record: BatchRecord) -> None:
    jsonio.write_json(path, record)


def read_batch(path: Path) -> BatchRecord:
    """Read a summary.

    Raises:
        msgspec.DecodeError: it is not one.
    """
    record: BatchRecord = read_record(path, BatchRecord)
    if record.schema_version > SCHEMA_VERSION:
        raise Unreadable(
            f"schema_version {record.schema_version} is of a later pytest-recsim; this one reads {SCHEMA_VERSION}"
        )
    if not plain_name(record.name):
        raise Unreadable(f"`name` is {record.name[:60]!r}, which is no name of a batch")
    ids = [row.id for row in record.rows]
    if not ids or len(set(ids)) < len(ids):
        raise Unreadable("it names the same simulation more than once" if ids else "it names no simulation")
    return record


def plain_name(name: str) -> bool:
    """Whether a file may be called so: a name in a record never decides where something is written."""
    return (
        0 < len(name) <= 200
        and name.isprintable()
        and not name.startswith(".")
        and not set(name) & set("/\\")
    )


def batches(reports: Path, name: str = "") -> list[Path]:
    """Return the summaries beside these reports, oldest first; of one name only when given."""
    found = (reports / "batches").glob("*.json")
    return sorted((path for path in found if name in ("", path.stem.rpartition("_")[0])), key=_age)


def _age(path: Path) -> tuple[str, int]:
    """When it was begun, and as which of that second."""
    second, _, attempt = path.stem.rpartition("_")[2].partition("-")
    return second, int(attempt) if attempt.isdecimal() else 1
