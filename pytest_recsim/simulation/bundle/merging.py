"""One batch out of its slices: the work of `recsim merge`, from records alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pytest_recsim.clock import utc_now
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.batch import (
    BatchRecord,
    Row,
    batch_file,
    batches,
    read_batch,
    worst_first,
    write_batch,
)
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.model import BLOCKING, CheckResult
from pytest_recsim.report.batch import headline, render_batch
from pytest_recsim.report.html import write_batch_page
from pytest_recsim.report.junit import write_junit
from pytest_recsim.report.junit_suite import Simulated, simulated


@dataclass(frozen=True)
class Slice:
    """The newest summary of one reports folder."""

    reports: Path
    record: BatchRecord


def merge(
    folders: Sequence[Path], out: Path, junit: Path, name: str = "", *, properties: bool = False
) -> tuple[BatchRecord, Path]:
    """Write one summary and one junit file for the newest batch of every folder.

    Args:
        folders: reports folders of the slices.
        out: reports folder of the merged summary; links to bundles are relative to it.
        junit: path of the junit file.
        name: of the batch, where a folder holds several.
        properties: whether facts are properties of junit's testcases, too.

    Returns:
        The merged record and the path of its JSON file.

    Raises:
        InputError: a folder without a readable summary, or slices of different batches.
    """
    slices = [_slice(folder, name) for folder in folders]
    _check(slices)
    rows = worst_first(_rows(slices, out))
    first = min((one.record for one in slices), key=lambda record: record.started_at)
    record = msgspec.structs.replace(
        first,
        status="finished" if all(one.record.status == "finished" for one in slices) else "started",
        shard="",
        run_id=" ".join(dict.fromkeys(one.record.run_id for one in slices)),
        seconds=max(one.record.seconds for one in slices),
        rows=rows,
    )
    judged = [row for row in rows if row.status not in ("left_out", "elsewhere")]
    results = [_for_junit(row, out, junit) for row in judged]
    path = batch_file(out, record.name, f"{utc_now():%Y%m%dT%H%M%SZ}")
    write_batch(path, record)
    render_batch(path, record)
    write_batch_page(path)
    incomplete = "" if record.status == "finished" else headline(record)
    write_junit(junit, record.name, results, as_properties=properties, incomplete=incomplete)
    return record, path


def _for_junit(row: Row, out: Path, junit: Path) -> tuple[Simulated, list[CheckResult]]:
    bundle = Bundle(Path(os.path.normpath(out / row.bundle))) if row.bundle else None
    results = _results(row, bundle)
    bad = [result.label for result in results if result.outcome in BLOCKING]
    if row.status in ("may_go", "partial") and (bad or not results):
        why = f"{bad[0]} is among the checks that failed" if bad else "no check of it is there"
        what = f"`{row.id}` is said to be `{row.status}`, but {why}; a summary must agree with its bundles"
        raise InputError(Problem(shown(out / row.bundle) if bundle else row.id, what))
    return simulated(row, bundle, junit), results


def _results(row: Row, bundle: Bundle | None) -> list[CheckResult]:
    """What the bundle holds, and of checks that only the summary has, what that says: a bundle may be damaged or gone."""
    found: dict[str, CheckResult] = {}
    with suppress(OSError, msgspec.DecodeError):
        found = {result.label: result for result in bundle.results()} if bundle else {}
    for label, outcome in row.checks.items():
        if label not in found:
            check, _, case = label.partition(" [")
            case = case.removesuffix("]")
            said = "known from the summary only: it is not in the bundle"
            only = CheckResult(simulation=row.id, check=check, case=case, outcome=outcome, sentence=said)
            found[label] = only
    return list(found.values())


def _slice(folder: Path, name: str) -> Slice:
    found = batches(folder, name)
    if not found:
        what = "no batch summary: must be a reports folder with batches/*.json in it"
        raise InputError(Problem(shown(folder), what))
    try:
        return Slice(folder, read_batch(found[-1]))
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(Problem(shown(found[-1]), f"is not a batch summary ({error})")) from None


def _check(slices: Sequence[Slice]) -> None:
    first = slices[0]
    for one in slices[1:]:
        if (one.record.name, one.record.manifest_sha256) != (first.record.name, first.record.manifest_sha256):
            what = (
                f"holds batch `{one.record.name}`, {shown(first.reports)} holds `{first.record.name}`"
                if one.record.name != first.record.name
                else f"was made from another state of the manifest than {shown(first.reports)}"
            )
            raise InputError(Problem(shown(one.reports), f"{what}; slices of one batch can be merged"))
    counts = {one.record.shard.partition("/")[2] for one in slices}
    if len(counts) > 1:
        what = f"slices of {' and of '.join(sorted(count or '1' for count in counts))} do not make one batch"
        raise InputError(Problem("", what))


def _rows(slices: Sequence[Slice], out: Path) -> list[Row]:
    """Take every simulation from the slice that ran it; one that all of them leave to others did not run."""
    found: dict[str, Row] = {}
    for one in slices:
        for row in one.record.rows:
            if row.status == "elsewhere":
                missing = msgspec.structs.replace(
                    row, status="not_run", sentence="no slice that was merged ran it"
                )
                found.setdefault(row.id, missing)
            elif row.id not in found or found[row.id].status == "not_run":
                bundle = os.path.relpath(one.reports / row.bundle, out) if row.bundle else ""
                found[row.id] = msgspec.structs.replace(row, bundle=bundle)
    return list(found.values())
