"""Reading CSV files of others: every row checked, every problem told with file and line."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_recsim.data.input.files import read_text, shown
from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import InputError, Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_WHOLE = re.compile(r"[0-9]{1,15}")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(frozen=True)
class Row:
    """The wanted cells of one line, in the order asked for, and where they stand."""

    where: str
    cells: tuple[str, ...]


def rows(path: Path, columns: Sequence[str], findings: Findings) -> Iterator[Row]:
    """Yield the rows of a CSV file with a header; rows that do not fit the header go to ``findings``.

    Raises:
        InputError: when the file cannot be read or lacks a column.
    """
    text, name = read_text(path, "CSV file"), shown(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        places = _places(name, header, columns)
        for cells in reader:
            where = f"{name}:{reader.line_num}"
            if len(cells) == len(header):
                yield Row(where, tuple(cells[place] for place in places))
            elif cells:
                findings.add(where, f"{len(cells)} cells; the header names {len(header)}")
    except csv.Error as error:
        findings.add(f"{name}:{reader.line_num}", f"is not CSV: {error}")


def _places(name: str, header: Sequence[str], columns: Sequence[str]) -> list[int]:
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(
            [
                Problem(f"{name}:1", f"column `{column}` is missing{nearest(column, header)}")
                for column in missing
            ]
        )
    return [header.index(column) for column in columns]


def whole(row: Row, name: str, text: str, findings: Findings, most: int = 10**15) -> int | None:
    """The cell as a whole number from 0 to ``most``, or None with a finding."""
    if _WHOLE.fullmatch(text) and int(text) <= most:
        return int(text)
    findings.add(row.where, f"{name} `{quoted(text)}`: must be a whole number from 0 to {most}")
    return None


def decimal(row: Row, name: str, text: str, findings: Findings, bounds: tuple[float, float]) -> float | None:
    """The cell as a decimal number within bounds, or None with a finding."""
    low, high = bounds
    if _DECIMAL.fullmatch(text) and low <= float(text) <= high:
        return float(text)
    findings.add(row.where, f"{name} `{quoted(text)}`: must be a number from {low:g} to {high:g}")
    return None
