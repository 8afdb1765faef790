"""CSV as text, cell by cell: as many rows as the file has lines, or every line that does not fit is named."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.importing.raw import Text, read_text

DELIMITERS = ("\t", ";", "|", ",")
NAMED = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma", "::": "two colons"}
SAMPLE = 50
UNIT = "\x1f"
"""Takes the place of a delimiter of two characters, which no reader of CSV takes."""
SHORT = 4096
PIECE = 1 << 20
"""Bytes that are looked at beside each other; they stay in the processor's memory."""
EXACT = 2.0**53
"""From it on, floats are no whole numbers any more; ids may be."""
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,:/\- T]*Z?")


@dataclass(frozen=True)
class Sheet:
    """A CSV file.

    Attributes:
        name: as messages show it.
        frame: String columns, and ``row``, the line where each row begins.
        notes: sentences of what was recognised.
        delimiter: between cells.
    """

    name: str
    frame: pl.DataFrame
    notes: tuple[str, ...]
    delimiter: str = ","

    @property
    def short(self) -> str:
        """The name without its folder, for notes."""
        return Path(self.name).name

    def texts(self, name: str) -> pl.Series:
        """Return a column as text, null where a float is no number; ``InputError`` where it holds neither text nor numbers."""
        column = self.frame[name]
        if column.dtype.is_float():
            column = column.fill_nan(None)
        try:
            if not column.dtype.is_nested():
                return column if column.dtype == pl.String else column.cast(pl.String, strict=False)
        except pl.exceptions.PolarsError:  # spans of time, bytes that are no text, objects of Python
            pass
        what = f"column `{quoted(name)}` holds {_held(column)}; must hold text or numbers"
        raise InputError(Problem(self.name, what))

    def ids(self, name: str) -> pl.Series:
        """Return ids as text: whole numbers without a point, also where a missing one made them floats.

        Raises:
            InputError: they are floats too large to be whole, so that several may have become one.
        """
        column = self.frame[name]
        if not column.dtype.is_float():
            return self.texts(name)
        column = column.fill_nan(None)
        if (column.abs() >= EXACT).any():
            what = f"column `{quoted(name)}` holds ids as floats from 2^53 on, which are no longer exact; write them as text"
            raise InputError(Problem(self.name, what))
        whole = (column == column.round()).fill_null(value=True).all()
        return column.cast(pl.Int64).cast(pl.String) if whole else self.texts(name)


def _held(column: pl.Series) -> str:
    if column.dtype.is_nested():
        return "lists or objects"
    words = {pl.Binary: "bytes that are not UTF-8", pl.Duration: "spans of time"}
    return words.get(column.dtype.base_type(), "objects")


@dataclass(frozen=True)
class Layout:
    """How a CSV is laid out; None = recognised.

    Attributes:
        delimiter: between cells; ``::`` is one, too.
        header: whether the first line names the columns.
        encoding: of the file.
        columns: names, where there is no header, or instead of it.
    """

    delimiter: str | None = None
    header: bool | None = None
    encoding: str | None = None
    columns: Sequence[str] | None = None


def read_csv(path: Path, layout: Layout | None = None) -> Sheet:
    """Read a CSV file as text.

    Raises:
        InputError: it cannot be read, or a line does not fit; each is named.
    """
    layout = layout or Layout()
    text = read_text(path, "CSV", layout.encoding)
    data = _ended(text.data)
    head = _head(data)
    if _begin(data) in {b"{", b"["}:
        raise InputError(Problem(text.name, "CSV expected, this is JSON: `recsim import jsonl` reads it"))
    delimiter = layout.delimiter or _sniffed(head)
    if not _begin(data):
        raise InputError(Problem(text.name, "is empty; must have a line per event"))
    if len(delimiter.encode()) > 1:
        data, head = data.replace(delimiter.encode(), UNIT.encode()), head.replace(delimiter, UNIT)
    first = _records(head, _one(delimiter))[0]
    named = _is_header(first) if layout.header is None else layout.header
    names, odd = _names(first if named else [], layout.columns, len(first))
    notes = [
        *text.notes,
        f"{path.name}: {len(first)} columns between {NAMED.get(delimiter, repr(delimiter))}s",
    ]
    if not named:
        notes.append(
            f"{path.name}: the first line names no columns; they are called {', '.join(names[:4])} and so on"
        )
    elif odd:
        notes.append(f"{path.name}: {odd}")
    frame, said = _frame(replace(text, data=data), _one(delimiter), names, named=named)
    return Sheet(text.name, frame, (*notes, *(f"{path.name}: {one}" for one in said)), delimiter)


def _ended(data: bytes) -> bytes:
    """Text with one line break at its end; a large one that has it is not copied."""
    if data.endswith(b"\n") and not data.endswith((b"\n\n", b"\n\r\n")):
        return data
    return data.rstrip(b"\r\n") + b"\n"


def _begin(data: bytes) -> bytes:
    """The first byte that is no blank, none of nothing but blanks; a large text is not copied for it."""
    return data[:SHORT].lstrip()[:1] or data.lstrip()[:1]


def _one(delimiter: str) -> str:
    return delimiter if len(delimiter.encode()) == 1 else UNIT


def _head(data: bytes) -> str:
    """The first lines."""
    lines = data[:1_000_000].split(b"\n", SAMPLE)
    return b"\n".join(lines[:SAMPLE] if len(lines) > SAMPLE else lines).decode("utf-8", "ignore")


def _records(text: str, delimiter: str) -> list[list[str]]:
    try:
        return [
            cells for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if cells
        ] or [[""]]
    except csv.Error:
        return [text.partition("\n")[0].split(delimiter)]


def _sniffed(head: str) -> str:
    """The delimiter that cuts the first line, and most others into as many cells."""
    best, score = ",", (0.0, 0)
    candidates = ("::", *DELIMITERS) if "::" in head.partition("\n")[0] else DELIMITERS
    for delimiter in candidates:
        rows = (
            _records(head.replace(delimiter, UNIT), UNIT) if len(delimiter) > 1 else _records(head, delimiter)
        )
        width = len(rows[0])
        alike = sum(len(row) == width for row in rows) / len(rows)
        if width > 1 and (alike, width) > score:
            best, score = delimiter, (alike, width)
    return best


def _is_header(cells: Sequence[str]) -> bool:
    """Names are no numbers and no dates."""
    return not any(_NUMBER.fullmatch(cell.strip()) for cell in cells)


def _names(cells: Sequence[str], given: Sequence[str] | None, width: int) -> tuple[list[str], str]:
    """Names of columns, each once, and what was odd about them."""
    wanted = list(given) if given is not None else [cell.strip() for cell in cells]
    wanted += [""] * (width - len(wanted))
    names: dict[str, None] = {}
    for place, name in enumerate(wanted[:width], 1):
        one, number = name or f"column_{place}", 2
        while one in names or one == "row":
            one, number = f"{name or 'column'}_{number}", number + 1
        names[one] = None
    odd = [f"`{new}`" for old, new in zip(wanted, names, strict=False) if old != new]
    told = f"columns without a name of their own are called {', '.join(odd[:5])}" if odd else ""
    return list(names), told


def _frame(
    text: Text, delimiter: str, names: Sequence[str], *, named: bool
) -> tuple[pl.DataFrame, list[str]]:
    """Read fast; look line by line where that cannot have read every line as one row."""
    schema = dict.fromkeys(names, pl.String)
    frame: pl.DataFrame | None
    quotes = b'"' in text.data
    first = 2 if named else 1
    try:
        frame = pl.read_csv(
            text.data,
            separator=delimiter,
            has_header=False,
            skip_lines=int(named),
            schema=schema,
            empty_string_is_null=False,
            raise_if_empty=False,
        )
        if not _complete(text.data, frame, delimiter, named=named, quotes=quotes):
            frame = None
    except pl.exceptions.PolarsError:
        frame = None
    if frame is None:
        return _slowly(text, delimiter, names, named=named)
    lines = pl.int_range(first, first + pl.len(), dtype=pl.Int64)
    if quotes and (breaks := _within(frame, "\n")).sum():
        frame = frame.with_columns(row=lines + breaks.cum_sum().shift(1, fill_value=0))
        return frame, [f"line breaks inside of quotes: {int(breaks.sum()):,}, each within its cell"]
    return frame.with_columns(row=lines), []


def _complete(data: bytes, frame: pl.DataFrame, delimiter: str, *, named: bool, quotes: bool) -> bool:
    """Whether lines and delimiters are as many as rows and cells ask for, those inside of quotes counted."""
    start = data.index(b"\n") + 1 if named else 0
    if named and data.count(b'"', 0, start) % 2:
        return False
    short = (frame[frame.columns[-1]] == "").any()  # too few cells are filled up so, too many are refused
    found = {"\n": frame.height} | ({delimiter: frame.height * (frame.width - 1)} if short else {})
    signs = np.frombuffer(data, np.uint8, offset=start)
    for sign, least in found.items():
        within = int(_within(frame, sign).sum()) if quotes else 0
        if _count(signs, sign) != least + within:
            return False
    return True


def _count(signs: npt.NDArray[np.uint8], sign: str) -> int:
    pieces = (signs[start : start + PIECE] for start in range(0, len(signs), PIECE))
    return sum(int(np.count_nonzero(piece == ord(sign))) for piece in pieces)


def _within(frame: pl.DataFrame, text: str) -> pl.Series:
    counts = [pl.col(name).str.count_matches(text, literal=True) for name in frame.columns]
    return frame.select(pl.sum_horizontal(counts).cast(pl.Int64).alias("found")).to_series()


def _slowly(
    text: Text, delimiter: str, names: Sequence[str], *, named: bool
) -> tuple[pl.DataFrame, list[str]]:
    """Read row by row and name the lines that do not fit; blank lines are left out and counted."""
    reader = csv.reader(io.StringIO(text.data.decode(), newline=""), delimiter=delimiter, strict=True)
    findings, rows, lines, blank, begin = Findings(), [], [], 0, 1
    try:
        for _ in range(int(named)):
            next(reader)
            begin = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(names):
                rows.append(cells)
                lines.append(begin)
            elif not cells:
                blank += 1
            else:
                shown = quoted(delimiter.join(cells))
                findings.add(
                    f"{text.name}:{begin}", f"{len(cells)} cells; must be {len(names)}: {shown}", "cells"
                )
            begin = reader.line_num + 1
    except csv.Error as error:
        findings.add(
            f"{text.name}:{begin}",
            f"is not CSV: {error}; a quote that is not closed, or one inside of a cell?",
        )
    findings.check()
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    frame = pl.DataFrame(
        {name: pl.Series(cells, dtype=pl.String) for name, cells in zip(names, columns, strict=True)}
    ).with_columns(row=pl.Series(lines, dtype=pl.Int64))
    return frame, [f"blank lines left out: {blank:,}"] if blank else []
