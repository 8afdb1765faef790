"""Other people's text files as columns of text: one row per line, and every line that does not fit told by its number."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
import polars as pl

from pytest_recsim.data.input.files import shown, utf8
from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import ENOUGH, InputError, Problem, nearest
from pytest_recsim.sources.formats.quick import cells
from pytest_recsim.sources.importing.raw import unpacked


@dataclass(frozen=True)
class Sheet:
    """The wanted columns of one file.

    Attributes:
        name: the file, as messages show it.
        frame: String columns as in the file, and ``row``, the line's number in it.
        findings: what is wrong so far; ``check`` raises it.
    """

    name: str
    frame: pl.DataFrame
    findings: Findings = field(default_factory=Findings)

    def wrong(self, mask: pl.Series, column: str, what: str) -> None:
        """Tell rows in which a cell is wrong, at most as many as are shown."""
        for row, cell in self.frame.filter(mask).select("row", column).head(ENOUGH).rows():
            self.findings.add(f"{self.name}:{row}", f"{column} `{quoted(cell or '')}`: {what}", what)

    def number(self, column: str, least: float, most: float) -> pl.Series:
        """Return a column as Float64; a cell that is no number within bounds is a finding."""
        found = self.frame[column].cast(pl.Float64, strict=False)
        fine = found.is_between(least, most) & found.is_finite()
        self.wrong(~fine.fill_null(value=False), column, f"must be a number from {least:g} to {most:g}")
        return found

    def epoch(self, column: str, per_second: int) -> pl.Series:
        """Return a column of seconds (1), milliseconds (1000) or such since 1970 as instants; others are findings."""
        text, unit = self.frame[column], 1_000_000 // per_second
        whole = text.cast(pl.Int64, strict=False)
        most = LATEST * per_second
        within = whole.is_between(0, most).fill_null(value=False)
        parts = text.cast(pl.Float64, strict=False)
        odd = parts.is_finite() & parts.is_between(0, float(most))
        micros = (parts.set(~odd.fill_null(value=False), None) * unit).round(0).cast(pl.Int64)
        exact = pl.DataFrame({"exact": whole.set(~within, None) * unit, "parts": micros})
        found = exact.select(pl.coalesce("exact", "parts")).to_series()
        name = {1: "seconds", 1000: "milliseconds"}[per_second]
        self.wrong(found.is_null(), column, f"must be {name} since 1970, up to the year 2199")
        return found.cast(pl.Datetime("us", "UTC"))

    def check(self) -> None:
        """Raise ``InputError`` with everything found, if anything was."""
        self.findings.check()


LATEST = 7_258_118_399
"""Second of 2199-12-31, the last day a fixture may speak of."""


def loaded(path: Path, what: str, encoding: str = "utf-8") -> bytes:
    """Return a file's text as UTF-8, unpacked where it is gzip.

    Raises:
        InputError: it cannot be read, or is no text in that encoding.
    """
    data = unpacked(path, what)[0].removeprefix(b"\xef\xbb\xbf")
    if (place := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, place) + 1
        raise InputError(Problem(f"{shown(path)}:{line}", "holds a NUL character; must be text"))
    if encoding != "utf-8":
        return data.decode(encoding).encode()
    utf8(data, path)
    return data


def headless(
    path: Path, columns: Sequence[str], separator: str, *, encoding: str = "utf-8", what: str = "file"
) -> Sheet:
    """Read a file without header, whose cells are never quoted; ``columns`` names all of them."""
    return _cells(shown(path), loaded(path, what, encoding), columns, columns, separator, 0)


def headed(
    path: Path,
    columns: Sequence[str],
    separator: str = ",",
    optional: Sequence[str] = (),
    what: str = "CSV file",
) -> Sheet:
    """Read the wanted columns of a file with header; cells may be quoted. Those of ``optional`` may be missing.

    Raises:
        InputError: the file cannot be read or lacks a column.
    """
    data, name = loaded(path, what), shown(path)
    if b'"' in data:
        return _quoted(name, data.decode(), columns, optional, separator)
    header = first_line(data).split(separator)
    return below(name, data, header, wanted_columns(name, header, columns, optional), separator)


def first_line(data: bytes) -> str:
    return data.partition(b"\n")[0].decode().rstrip("\r")


def below(name: str, data: bytes, header: Sequence[str], wanted: Sequence[str], separator: str) -> Sheet:
    """Return the wanted columns of the lines below the first one, which named them all."""
    return _cells(name, data, header, wanted, separator, 1)


def wanted_columns(
    name: str, header: Sequence[str], columns: Sequence[str], optional: Sequence[str] = ()
) -> list[str]:
    """Return the columns that are there; one that must be and is not, or is there twice, is a problem."""
    missing = [column for column in columns if column not in header]
    problems = [
        Problem(f"{name}:1", f"column `{column}` is missing{nearest(column, header)}") for column in missing
    ]
    twice = [column for column in (*columns, *optional) if header.count(column) > 1]
    problems += [Problem(f"{name}:1", f"column `{column}` is there twice") for column in twice]
    if problems:
        raise InputError(problems)
    return [*columns, *(column for column in optional if column in header)]


def _cells(
    name: str, data: bytes, header: Sequence[str], wanted: Sequence[str], separator: str, skip: int
) -> Sheet:
    places = {column: f"cell {header.index(column)}" for column in wanted}
    quick = cells(data, [f"cell {number}" for number in range(len(header))], separator, skip)
    if quick is not None:
        return Sheet(name, quick.select("row", **{column: pl.col(place) for column, place in places.items()}))
    frame = _lines(data.decode(), skip)
    parts, findings = frame["line"].str.split(separator), Findings()
    fine = parts.list.len() == len(header)
    names = "the header names" if skip else "there must be"
    for row, count in frame.select("row", count=parts.list.len()).filter(~fine).head(ENOUGH).rows():
        findings.add(f"{name}:{row}", f"{count} cells; {names} {len(header)}", "cells")
    findings.check()
    columns = [parts.list.get(header.index(column)).alias(column) for column in wanted]
    return Sheet(name, pl.DataFrame([frame["row"], *columns]))


def _lines(text: str, skip: int) -> pl.DataFrame:
    """The lines that are not blank: ``row`` and ``line``, without their ends."""
    column = pl.Series("line", [text], dtype=pl.String).str.split("\n").explode().str.strip_chars_end("\r")
    frame = pl.DataFrame({"row": pl.int_range(1, len(column) + 1, eager=True), "line": column})
    return frame[skip:].filter(pl.col("line").str.len_bytes() > 0)


def _quoted(name: str, text: str, columns: Sequence[str], optional: Sequence[str], separator: str) -> Sheet:
    findings, found = Findings(), []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    try:
        header = next(reader, [])
        for row in reader:
            if len(row) == len(header):
                found.append((reader.line_num, *row))
            elif row:
                findings.add(f"{name}:{reader.line_num}", f"{len(row)} cells; the header names {len(header)}")
    except csv.Error as error:
        findings.add(f"{name}:{reader.line_num}", f"is not CSV: {error}")
    wanted = wanted_columns(name, header, columns, optional)
    findings.check()
    places = {"row": 0, **{column: header.index(column) + 1 for column in wanted}}
    kinds = {column: pl.Int64 if column == "row" else pl.String for column in places}
    return Sheet(
        name, pl.DataFrame({c: [row[place] for row in found] for c, place in places.items()}, schema=kinds)
    )


Record = TypeVar("Record", bound=msgspec.Struct)


def records(path: Path, kind: type[Record], what: str) -> list[tuple[int, Record]]:
    """Read a file of one JSON object per line, each with its line's number; other keys than the wanted are ignored.

    Raises:
        InputError: the file cannot be read, or lines are no such objects.
    """
    data, name = loaded(path, what), shown(path)
    read, findings, found = msgspec.json.Decoder(kind).decode, Findings(), []
    for row, line in enumerate(io.BytesIO(data), 1):
        if not line.strip():
            continue
        if NUL in line:
            findings.add(f"{name}:{row}", f"is no line of {what}: it holds a NUL character", what)
            continue
        try:
            found.append((row, read(line)))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            findings.add(f"{name}:{row}", f"is no line of {what}: {quoted(str(error))}", what)
    findings.check()
    return found


NUL = b"\\u0000"
"""As JSON writes it; the service refuses it."""


def one_of(folder: Path, names: Sequence[str], what: str) -> Path:
    """Return the file in a folder that has one of these names; ``InputError`` names the first where there is none."""
    for name in names:
        if (path := folder / name).is_file():
            return path
    if not folder.is_dir():
        raise InputError(Problem(shown(folder), f"{what} expected here, and there is no such folder"))
    raise InputError(Problem(shown(folder / names[0]), f"not found; {what} holds it"))


def match(found: Callable[[str], bool], folder: Path) -> list[Path]:
    """Return the files of a folder whose names fit, by name."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and found(path.name))
    except OSError as error:
        raise InputError(Problem(shown(folder), f"cannot be read: {error.strerror or error}")) from None
