"""Files of tables, one kind or several: read, the mapping completed, made into a fixture."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pytest_recsim.data.input.files import shown as shown_path
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.sources.importing.build import Built, build
from pytest_recsim.sources.importing.choices import Choices
from pytest_recsim.sources.importing.csvtext import Layout, Sheet, read_csv
from pytest_recsim.sources.importing.interactions import Sheets, prepared, read_tables, shown
from pytest_recsim.sources.importing.jsonl import read_jsonl
from pytest_recsim.sources.importing.mapping import Reading
from pytest_recsim.sources.importing.raw import PARQUET, unpacked

KINDS = ("csv", "parquet", "jsonl")
_BY_NAME = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}


@dataclass(frozen=True)
class Files:
    """What is imported.

    Attributes:
        kind: of the interactions, one of ``KINDS``; the other files may be of another, as their names say.
        source: the interactions.
        items: the table of items.
        users: the table of users.
    """

    kind: str
    source: Path
    items: Path | None = None
    users: Path | None = None


@dataclass(frozen=True)
class Imported:
    """A fixture, and the mapping that made it.

    Attributes:
        built: the fixture.
        reading: complete: with what was guessed.
        shown: a sentence per table: which column is what.
    """

    built: Built
    reading: Reading
    shown: tuple[str, ...] = field(default=())


def import_files(
    files: Files, reading: Reading | None = None, choices: Choices | None = None, progress: Progress = silent
) -> Imported:
    """Make a fixture of files.

    Args:
        files: what is read.
        reading: which column is what, as far as it is known; the rest is guessed.
        choices: see ``build``.
        progress: hears how far it is.

    Raises:
        InputError: files that cannot be used; rows by their line.
    """
    reading = reading or Reading()
    with paced(progress, f"reading {files.source.name}"):
        main = _read(files.source, files.kind, reading.settings)
        others = [_beside(path, files.kind) for path in (files.items, files.users)]
        sheets = Sheets(main, *others)
        sheets, whole = prepared(sheets, reading)
        tables = read_tables(sheets, whole, files.source.name)
    return Imported(build(tables, choices, progress), whole, tuple(shown(whole, sheets)))


def _beside(path: Path | None, kind: str) -> Sheet | None:
    return None if path is None else _read(path, _kind(path, kind), {})


def _kind(path: Path, otherwise: str) -> str:
    return _BY_NAME.get(Path(path.name.removesuffix(".gz")).suffix.lower(), otherwise)


def _read(path: Path, kind: str, settings: Mapping[str, object]) -> Sheet:
    encoding, delimiter, header = (settings.get(name) for name in ("encoding", "delimiter", "header"))
    if kind == "csv":
        return read_csv(path, Layout(delimiter, header, encoding))  # type: ignore[arg-type] # checked when read
    return read_parquet(path) if kind == "parquet" else read_jsonl(path, encoding)  # type: ignore[arg-type] # likewise


def read_parquet(path: Path) -> Sheet:
    """Read a Parquet file; ``row`` is the number of the row.

    Raises:
        InputError: it cannot be read.
    """
    data, notes = unpacked(path, "Parquet file")
    if not data.startswith(PARQUET):
        raise InputError(
            Problem(shown_path(path), "is not Parquet; `recsim import csv` and `jsonl` read texts")
        )
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(Problem(shown_path(path), f"is Parquet that cannot be read: {reason}")) from None
    return as_sheet(frame, shown_path(path), notes)


def as_sheet(frame: pl.DataFrame, name: str, notes: tuple[str, ...] = ()) -> Sheet:
    """Return a frame as a sheet; its rows are numbered from 1."""
    frame = frame.rename({"row": "row_"}) if "row" in frame.columns else frame
    texts = [name for name, kind in frame.schema.items() if kind in (pl.Categorical, pl.Enum)]
    plain = frame.with_columns(pl.col(texts).cast(pl.String)).with_columns(
        _plain(frame[name]) for name, kind in frame.schema.items() if kind.is_decimal() or kind == pl.Binary
    )
    return Sheet(name, plain.with_columns(row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)), notes)


def _plain(column: pl.Series) -> pl.Series:
    """Decimals as numbers, whole ones without a loss; bytes as the text that they are, or as they are where they are none."""
    if isinstance(column.dtype, pl.Decimal) and column.dtype.scale:
        return column.cast(pl.Float64)
    try:
        return column.cast(pl.String if column.dtype == pl.Binary else pl.Int64)
    except pl.exceptions.PolarsError:
        return column if column.dtype == pl.Binary else column.cast(pl.String)
