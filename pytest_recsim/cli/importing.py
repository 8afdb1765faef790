"""``recsim import``: somebody else's data set as a fixture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_recsim.cli import import_formats
from pytest_recsim.cli.command import PATH, argument, group
from pytest_recsim.cli.import_options import (
    BESIDE,
    CHOICES,
    LAYOUT,
    OUT,
    RECOGNISED,
    TEXT,
    choices_of,
    options,
    reading_of,
    refuse_out,
)
from pytest_recsim.cli.voice import meter, say
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem


@group(
    "recsim import csv orders.csv --items products.csv --out acme.json",
    "recsim import movielens ml-latest-small --out fixtures/customers/movies.json",
)
def importing() -> None:
    """Turn somebody else's data set into a fixture."""


@importing.command(
    "csv",
    examples=(
        "recsim import csv orders.csv --out fixtures/customers/acme.json",
        "recsim import csv orders.csv.gz --time-zone Europe/Berlin --out acme.json",
    ),
)
@argument("source", type=PATH, metavar="FILE", help="a line per event, of any delimiter; perhaps in gzip")
@options(OUT, BESIDE, RECOGNISED, TEXT, LAYOUT, CHOICES)
def from_csv(**given: Any) -> None:
    """Read CSV: columns, times, numbers and event words are recognised, and what was recognised is said."""
    _run("csv", given)


@importing.command(
    "parquet",
    examples=("recsim import parquet events.parquet --out fixtures/customers/acme.json",),
)
@argument("source", type=PATH, metavar="FILE", help="a row per event")
@options(OUT, BESIDE, RECOGNISED, CHOICES)
def from_parquet(**given: Any) -> None:
    """Read a Parquet file: columns and event words are recognised, and what was recognised is said."""
    _run("parquet", given)


@importing.command(
    "jsonl",
    examples=("recsim import jsonl events.jsonl.gz --column ts=occurred --out acme.json",),
)
@argument("source", type=PATH, metavar="FILE", help="an object per event and line; perhaps in gzip")
@options(OUT, BESIDE, RECOGNISED, TEXT, CHOICES)
def from_jsonl(**given: Any) -> None:
    """Read JSON lines: columns, times and event words are recognised, and what was recognised is said."""
    _run("jsonl", given)


def _run(kind: str, given: dict[str, Any]) -> None:
    """Import files of one kind, and keep the mapping beside the fixture."""
    from pytest_recsim.sources.importing.tables import require_polars

    require_polars()
    refuse_out(given)
    beside = given["out"].with_suffix(".mapping.yml")
    if given["mapping"] is None and beside.exists() and not given["force"]:
        what = f"exists already and may have been edited; `--mapping {beside}` uses it, --force replaces it"
        raise InputError(Problem(shown(beside), what))
    from pytest_recsim.sources.importing.files import Files, import_files
    from pytest_recsim.sources.writer import write_bytes

    files = Files(kind, given["source"], given["items"], given["users"])
    done = import_files(files, reading_of(given), choices_of(given), meter())
    for line in done.shown:
        say(line)
    tell(done.built, given["out"], force=given["force"])
    if given["mapping"] is None:
        write_bytes(done.reading.yaml(kind, given["source"].name).encode(), beside, force=True)
        say(
            f"{beside}: the mapping; edit it and give it back with --mapping if a column was taken for another"
        )


def tell(built: Any, out: Path, *, force: bool) -> None:
    """Write a fixture, and say what was decided and counted."""
    built.write(out, force=force)
    for one in built.notes:
        say(f"note: {one}")
    sizes = ", ".join(f"{count:,} {name}" for name, count in built.counts.items())
    say(f"{out}: {sizes}")


for one in import_formats.commands():
    importing.add_command(one)
