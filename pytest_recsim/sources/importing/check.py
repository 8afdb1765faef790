"""What the service would refuse, found column by column and told by the line of the source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from pytest_recsim.data.fixtures.fixture_fields import EVENTS, ITEMS
from pytest_recsim.data.fixtures.fixture_rules import LEAST_VALUE, MOST_VALUE
from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.instants import ALLOWED as INSTANT
from pytest_recsim.data.input.instants import EARLIEST_YEAR, LATEST_YEAR
from pytest_recsim.data.input.names import ALLOWED as NAME
from pytest_recsim.data.input.names import OWN_USERS, PROBE_PREFIX
from pytest_recsim.data.input.problems import ENOUGH
from pytest_recsim.sources.importing import output
from pytest_recsim.sources.importing.ids import Ids, wrong_names
from pytest_recsim.sources.importing.tables import PROPS, Tables

BEGIN, END = (
    datetime(EARLIEST_YEAR, 1, 1, tzinfo=UTC),
    datetime(LATEST_YEAR, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)
RESERVED = {"user": OWN_USERS, "item": PROBE_PREFIX}


def check_events(tables: Tables, events: pl.DataFrame) -> None:
    """Look at times, values and types of the rows.

    Raises:
        InputError: with every row that is wrong, by its line.
    """
    findings = Findings()
    no_time = pl.col("ts").is_null() | ~pl.col("ts").is_between(BEGIN, END)
    for row, moment in _rows(events, no_time, "ts"):
        shown = "has no time" if moment is None else f"time {moment}"
        findings.add(tables.where("interactions", row), f"{shown}; must be {INSTANT}", "ts")
    for row, code in _rows(events, pl.col("type").is_null(), "type"):
        findings.add(
            tables.where("interactions", row), f"type {code}; must be {EVENTS['type'].allowed}", "type"
        )
    if "value" in events.columns:
        size = pl.col("value").abs()
        fine = (size == 0) | size.is_between(LEAST_VALUE, MOST_VALUE)
        for row, value in _rows(events, ~fine | size.is_nan(), "value"):
            findings.add(
                tables.where("interactions", row),
                f"value {value}; must be {EVENTS['value'].allowed}",
                "value",
            )
    if "source_event_id" in events.columns:
        nul = pl.col("source_event_id").str.contains("\x00", literal=True)
        for row, _ in _rows(events, nul, "source_event_id"):
            findings.add(
                tables.where("interactions", row), "source_event_id holds a NUL; must be text without", "nul"
            )
    findings.check()


def _rows(events: pl.DataFrame, wrong: pl.Expr, column: str) -> list[tuple[int, Any]]:
    return (
        events.lazy()
        .filter(wrong)
        .select("row", pl.col(column).cast(pl.String))
        .head(ENOUGH)
        .collect()
        .rows()
    )


def check_ids(tables: Tables, events: pl.DataFrame, kind: str, ids: Ids) -> None:
    """Look at each different id once.

    Raises:
        InputError: with every id that is wrong, by the line where it stands first.
    """
    findings = Findings()
    for place, wrong in wrong_names(ids.texts, RESERVED[kind]).items():
        rows = events.filter(pl.col(kind) == place)["row"]
        if len(rows):
            findings.add(
                tables.where("interactions", rows[0]), f"{kind}_id {wrong}; must be {NAME}", f"{kind}_id"
            )
    findings.check()


def check_listed(tables: Tables, table: str, frame: pl.DataFrame, ids: Ids) -> None:
    """Look at the ids of the table of items or users: each there, sound, and once.

    Raises:
        InputError: with every row that is wrong, by its line.
    """
    findings, kind = Findings(), table.removesuffix("s")
    rows = frame["row"]
    for place in ids.codes.is_null().arg_true():
        findings.add(tables.where(table, rows[place]), f"has no {kind}_id; must be {NAME}", "none")
    for code, wrong in wrong_names(ids.texts, RESERVED[kind]).items():
        place = (ids.codes == code).arg_max()
        findings.add(tables.where(table, rows[place or 0]), f"{kind}_id {wrong}; must be {NAME}", "wrong")
    for place in (ids.codes.is_not_null() & ~ids.codes.is_first_distinct()).arg_true():
        text = quoted(ids.texts[ids.codes[place]])
        what = f'{kind}_id "{text}" is there twice; each must be there once'
        findings.add(tables.where(table, rows[place]), what, "twice")
    findings.check()


def check_fields(tables: Tables, entries: list[dict[str, object]], rows: list[int]) -> None:
    """Look at the fields of items, as the loader of fixtures does.

    Raises:
        InputError: with every field that is wrong, by the line of its item.
    """
    findings = Findings()
    for entry, row in zip(entries, rows, strict=True):
        for name, value in entry.items():
            check = ITEMS.get(name)
            if check is not None and name != "item_id" and (wrong := check.wrong(value)):
                findings.add(tables.where("items", row), f"{name} {wrong}; must be {check.allowed}", name)
    findings.check()


def objects(tables: Tables, table: str, entries: list[dict[str, Any]], rows: list[int]) -> bytes:
    """Return entries as JSON objects; a NUL within, which the service refuses, is told.

    Raises:
        InputError: with every entry that holds one.
    """
    data = output.objects(entries)
    if b"\\u0000" in data:
        findings = Findings()
        for entry, row in zip(entries, rows, strict=True):
            if _holds_nul(entry):
                findings.add(tables.where(table, row), "holds a NUL; must be text without", "nul")
        findings.check()
    return data


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_nul, [*value, *value.values()]))
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\x00" in value


def unknown_fields(columns: list[str]) -> list[str]:
    """Return columns of the table of items that are no field of an item."""
    return [name for name in columns if name not in ITEMS and not name.startswith(PROPS) and name != "row"]
