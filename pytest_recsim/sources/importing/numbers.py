"""Numbers as people write them: with a decimal point or a decimal comma, decided for a whole file and said."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import ENOUGH, InputError, Problem
from pytest_recsim.sources.importing.csvtext import Sheet

POINT = r"^[-+]?([1-9][0-9]{0,2}(,[0-9]{3})+|[0-9]+)?(\.[0-9]+)?([eE][-+]?[0-9]+)?$"
COMMA = r"^[-+]?([1-9][0-9]{0,2}(\.[0-9]{3})+|[0-9]+)?(,[0-9]+)?([eE][-+]?[0-9]+)?$"
THOUSANDS = r"^[-+]?[1-9][0-9]{0,2}([.,][0-9]{3})+$"
MONEY = r"[\s\u00a0\u202f'\u2019]|[$€£¥]|EUR|USD|GBP|CHF"
"""What stands beside numbers and says nothing of their size."""


def decimal_comma(sheet: Sheet, columns: Sequence[str], given: bool | None) -> bool | None:
    """Return whether numbers of a file are written with a decimal comma; None where no cell shows it.

    Args:
        sheet: the file.
        columns: those that hold numbers.
        given: what whoever imports says; None = recognised.

    Raises:
        InputError: cells fit both ways, as ``1,234`` does, and none decides.
    """
    if given is not None:
        return given
    cells = [_bare(sheet.frame[name]) for name in columns if sheet.frame.schema[name] == pl.String]
    odd = [
        cell.filter(cell.cast(pl.Float64, strict=False).is_null() | cell.str.contains(r"\."))
        for cell in cells
    ]
    shown = pl.concat(odd) if odd else pl.Series([], dtype=pl.String)
    shown = shown.filter(shown.str.contains("[.,]"))
    sure = shown.filter(~shown.str.contains(THOUSANDS))
    comma = int((sure.str.contains(COMMA) & ~sure.str.contains(POINT)).sum())
    point = int((sure.str.contains(POINT) & ~sure.str.contains(COMMA)).sum())
    if comma or point:
        return comma > point
    doubtful = shown.filter(shown.str.contains(","))
    if sheet.delimiter == ";" and len(doubtful) == 0:
        doubtful = shown.filter(shown.str.contains(THOUSANDS))
    if len(doubtful):
        what = f"`{quoted(doubtful[0])}` and all numbers like it fit both ways; --decimal-comma or --decimal-point says which"
        raise InputError(Problem(sheet.name, what))
    return None


def _bare(column: pl.Series) -> pl.Series:
    return (
        column.drop_nulls().str.replace_all(MONEY, "")
        if column.str.contains(MONEY).any()
        else column.drop_nulls()
    )


def numbers(sheet: Sheet, name: str, findings: Findings, *, comma: bool | None) -> pl.Series:
    """Return a column as Float64, null where a cell is empty; what is no number goes to ``findings`` by its line.

    Args:
        sheet: the file.
        name: of the column.
        findings: gets the problems.
        comma: whether commas are decimal.
    """
    column = sheet.frame[name]
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        found = column.cast(pl.Float64)
        return found.set(found.is_nan().fill_null(value=False), None)
    text = sheet.texts(name).str.strip_chars()
    found = (
        text.cast(pl.Float64, strict=False)
        if not comma
        else text.set(text.str.contains("[.,]"), None).cast(pl.Float64, strict=False)
    )
    empty = text.is_null() | (text == "")
    if (found.is_null() & ~empty).any():
        bare = _bare_all(text)
        form = COMMA if comma else POINT
        plain = bare.str.replace_all("." if comma else ",", "", literal=True).str.replace(
            ",", ".", literal=True
        )
        parsed = plain.set(~bare.str.contains(form), None).cast(pl.Float64, strict=False)
        found = found.fill_null(parsed)
    wrong = (
        (found.is_null() & ~empty)
        | found.is_nan().fill_null(value=False)
        | found.is_infinite().fill_null(value=False)
    )
    how = "decimal commas" if comma else "decimal points"
    for row, cell in sheet.frame.select("row", name).filter(wrong).head(ENOUGH).rows():
        findings.add(
            f"{sheet.name}:{row}", f"{name} `{quoted(cell)}`: must be a number with {how}", f"{name} number"
        )
    return found


def _bare_all(text: pl.Series) -> pl.Series:
    return text.str.replace_all(MONEY, "")
