"""What a table of events says of its items: prices, brands and categories that exports repeat in every row."""

from __future__ import annotations

import polars as pl

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.importing.csvtext import Sheet
from pytest_recsim.sources.importing.decide import told
from pytest_recsim.sources.importing.guess import ITEM_NAMES, by_name
from pytest_recsim.sources.importing.mapping import Columns, Reading, require

KEY = "item_id"


def item_fields(sheet: Sheet, reading: Reading) -> tuple[Sheet, Columns]:
    """Return a table of items made of the events, each field the first one that is said, and which column is what.

    The first one, because a later one may be younger than the split.

    Args:
        sheet: of the events.
        reading: complete for events; its ``items`` name the fields, unless they are to be guessed.

    Raises:
        InputError: no column is a field of an item.
    """
    used = {name for found in reading.interactions.values() for name in found}
    columns = [name for name in sheet.frame.columns if name != "row" and name not in used]
    guessed = {name: (column,) for name, column in by_name(ITEM_NAMES, columns).items() if name != KEY}
    fields = {**(reading.items or guessed), KEY: reading.interactions[KEY]}
    require(sheet.name, fields, sheet.frame.columns)
    if len(fields) == 1:
        what = "no column of the events was recognised as a field of an item, such as price or brand; a mapping names it"
        raise InputError(Problem(sheet.name, what))
    ids = sheet.texts(fields[KEY][0]).str.strip_chars()
    wanted = list(
        dict.fromkeys(name for found in fields.values() for name in found if name != fields[KEY][0])
    )
    frame = (
        sheet.frame.select("row", *wanted)
        .with_columns(ids.alias(fields[KEY][0]))
        .filter((ids != "").fill_null(value=False))
    )
    first = [_said(frame, name).first().alias(name) for name in wanted]
    items = frame.group_by(fields[KEY][0], maintain_order=True).agg(pl.col("row").first(), *first)
    note = f"{sheet.short}: fields of {told(len(items), 'item')} are the first that the events say"
    return Sheet(sheet.name, items, (note,), sheet.delimiter), fields


def _said(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    holds = (
        column.is_not_null() & (column.str.strip_chars() != "")
        if frame.schema[name] == pl.String
        else column.is_not_null()
    )
    return column.filter(holds)
