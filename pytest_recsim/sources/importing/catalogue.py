"""The tables of items and users: fields in their types, tags cut apart, prefixed tags derived."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import msgspec
import polars as pl

from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import ENOUGH
from pytest_recsim.sources.importing.csvtext import Sheet
from pytest_recsim.sources.importing.mapping import Columns
from pytest_recsim.sources.importing.numbers import decimal_comma, numbers
from pytest_recsim.sources.importing.tables import PROPS

CUTS = ("|", ";", ",")
YES = "true t yes y 1 ja in_stock instock available verfügbar lieferbar"
NO = "false f no n 0 nein out_of_stock outofstock unavailable ausverkauft"
MARGIN = f"{PROPS}margin"
DERIVED = ("brand", "category")


def item_table(sheet: Sheet, columns: Columns, comma: bool | None, notes: list[str]) -> pl.DataFrame:
    """Return the items in the types of a fixture.

    Raises:
        InputError: cells that cannot be used, each by its line, or numbers that fit two ways.
    """
    findings = Findings()
    sheet, percent = _without_percent(sheet, columns, findings, notes)
    frame, made = sheet.frame, {"row": sheet.frame["row"]}
    counted = [name for name in columns if name == "price" or name.startswith(PROPS)]
    digits = [
        columns[name][0]
        for name in counted
        if name == "price" or (percent and name == MARGIN) or _is_number(frame[columns[name][0]])
    ]
    comma = decimal_comma(sheet, digits, comma)
    if comma:
        notes.append(f"{sheet.short}: numbers with decimal commas")
    for name, found in columns.items():
        if found[0] in digits and name in counted:
            made[name] = numbers(sheet, found[0], findings, comma=comma)
        elif name == "available":
            made[name] = _available(sheet, found[0], findings)
        elif name in {"tags", "category_path"}:
            made[name] = _lists(sheet, found, notes)
        else:
            text = (sheet.ids if name == "item_id" else sheet.texts)(found[0]).str.strip_chars()
            made[name] = text if name == "item_id" else text.set(text == "", None)
    findings.check()
    if percent:
        made[MARGIN] = made[MARGIN] / 100
    margins = made.get(MARGIN, pl.Series(dtype=pl.Float64)).cast(pl.Float64, strict=False).drop_nulls()
    if (margins > 1).any():
        notes.append(
            f"{sheet.short}: margins go up to {float(margins.to_numpy().max()):g}; they must be shares of the price, 0 to 1"
        )
    return _derived(pl.DataFrame(made), sheet.short, notes)


def _without_percent(
    sheet: Sheet, columns: Columns, findings: Findings, notes: list[str]
) -> tuple[Sheet, bool]:
    """The sheet with margins such as ``12 %`` as 12, and whether they are such; 0.12 beside them could be either."""
    name = columns.get(MARGIN, ("",))[0]
    if sheet.frame.schema.get(name) != pl.String:
        return sheet, False
    text = sheet.frame[name].str.strip_chars()
    there = (text != "").fill_null(value=False)
    signed = text.str.ends_with("%").fill_null(value=False)
    if not signed.any():
        return sheet, False
    for row, cell in sheet.frame.select("row", name).filter(there & ~signed).head(ENOUGH).rows():
        what = f"{name} `{quoted(cell)}`: has no % while others have; must be all with it, or all as shares such as 0.12"
        findings.add(f"{sheet.name}:{row}", what, name)
    findings.check()
    notes.append(f"{sheet.short}: {name}: percentages, kept as shares of the price")
    return replace(sheet, frame=sheet.frame.with_columns(text.str.strip_suffix("%").alias(name))), True


def _is_number(column: pl.Series) -> bool:
    if column.dtype != pl.String:
        return column.dtype.is_numeric()
    some = column.drop_nulls().head(200)
    some = some.filter(some.str.strip_chars() != "")
    return len(some) > 0 and bool(some.str.contains(r"^\s*[-+]?[€$£]?[0-9][0-9.,\s]*[€$£]?\s*$").all())


def _available(sheet: Sheet, name: str, findings: Findings) -> pl.Series:
    column = sheet.frame[name]
    if column.dtype == pl.Boolean:
        return column.fill_null(value=True)
    words = sheet.texts(name).fill_null("").str.strip_chars().str.to_lowercase()
    words = words.str.replace_all(r"[ -]", "_").str.replace(r"\.0$", "")
    meant = dict.fromkeys(YES.split(), True) | dict.fromkeys(NO.split(), False) | {"": True}
    found = words.replace_strict(meant, default=None, return_dtype=pl.Boolean)
    for row, cell in sheet.frame.select("row", name).filter(found.is_null()).head(ENOUGH).rows():
        findings.add(f"{sheet.name}:{row}", f"{name} `{quoted(str(cell))}`: must be true or false", name)
    return found


def _lists(sheet: Sheet, names: tuple[str, ...], notes: list[str]) -> pl.Series:
    """One list of several columns, cells cut apart where they hold several."""
    parts = [_cut(sheet, sheet.frame[name], notes) for name in names]
    frame = pl.DataFrame({str(place): part for place, part in enumerate(parts)})
    joined = frame.select(pl.concat_list(pl.all().fill_null([]))).to_series()
    clean = joined.list.eval(pl.element().str.strip_chars()).list.eval(
        pl.element().filter(pl.element() != "")
    )
    return clean.list.unique(maintain_order=True)


def _cut(sheet: Sheet, column: pl.Series, notes: list[str]) -> pl.Series:
    if column.dtype == pl.List(pl.String):
        return column
    text = sheet.texts(column.name)
    some = text.drop_nulls().unique()
    some = some.filter(some.str.strip_chars() != "")
    if len(some) and some.str.contains(r"^\s*\[.*\]\s*$").all():
        notes.append(f"{sheet.short}: {column.name}: lists in brackets")
        lists = {cell: _listed(cell) for cell in some}
        return pl.Series(column.name, map(lists.get, text), dtype=pl.List(pl.String))
    sign = next((one for one in CUTS if text.str.contains(one, literal=True).any()), None)
    if sign is None:
        return text.reshape((-1, 1)).arr.to_list()
    notes.append(f"{sheet.short}: {column.name}: cut apart at `{sign}`")
    return text.str.split(sign)


def _listed(cell: str) -> list[str]:
    """A list as JSON or Python writes it, or words between brackets and commas."""
    for read in (msgspec.json.decode, ast.literal_eval):
        try:
            found = read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):  # msgspec's errors are ValueErrors
            continue
        return [one if isinstance(one, str) else str(one) for one in found if one is not None]
    return [word.strip(" '\"") for word in cell.strip().strip("[]").split(",")]


def _derived(frame: pl.DataFrame, name: str, notes: list[str]) -> pl.DataFrame:
    """Tags such as ``brand:acme``: what the service boosts and limits goes by them."""
    have = [field for field in DERIVED if field in frame.columns]
    if not have:
        return frame
    tags = pl.col("tags") if "tags" in frame.columns else pl.lit([], dtype=pl.List(pl.String))
    made = [
        pl.concat_list(pl.concat_str(pl.lit(f"{field}:"), pl.col(field))).list.drop_nulls() for field in have
    ]
    told = " and ".join(f"`{field}:`" for field in have)
    notes.append(f"{name}: tags that start with {told} were derived from these columns, as only tags count")
    return frame.with_columns(tags=pl.concat_list(tags, *made).list.unique(maintain_order=True))


def user_table(sheet: Sheet, columns: Columns, notes: list[str]) -> pl.DataFrame:
    """Return the users, one column per trait; texts are as they are, without blanks at the ends."""
    made: dict[str, Any] = {"row": sheet.frame["row"]}
    for name, found in columns.items():
        column = sheet.frame[found[0]]
        text = column.str.strip_chars() if column.dtype == pl.String else column
        made[name] = text.set(text == "", None) if name != "user_id" and text.dtype == pl.String else text
    traits = [name for name in columns if name != "user_id"]
    if traits:
        notes.append(f"{sheet.short}: traits {', '.join(traits[:10])}")
    return pl.DataFrame({**made, "user_id": sheet.ids(columns["user_id"][0])})
