"""A sheet and a mapping as tables: times, numbers, event words, each recognised and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.record.few import first_few
from pytest_recsim.sources.importing.catalogue import item_table, user_table
from pytest_recsim.sources.importing.csvtext import Sheet
from pytest_recsim.sources.importing.decide import told
from pytest_recsim.sources.importing.guess import ITEM_NAMES, MOST_SHOWN, USER_NAMES, by_name, guess, plain
from pytest_recsim.sources.importing.item_fields import item_fields
from pytest_recsim.sources.importing.mapping import Columns, Reading, require
from pytest_recsim.sources.importing.moments import Clock, moments
from pytest_recsim.sources.importing.numbers import decimal_comma, numbers
from pytest_recsim.sources.importing.tables import Tables
from pytest_recsim.sources.importing.words import CHOICES, RETURN, event_types

BOUGHT = "quantity qty invoice invoiceno orderid order ordernumber bestellnummer rechnung menge anzahl"
"""Names of columns that only orders have."""
TAKEN = ("user", "traits", "segment")
"""Names of columns of users that mean something here."""


@dataclass(frozen=True)
class Sheets:
    """The files of one import."""

    interactions: Sheet
    items: Sheet | None = None
    users: Sheet | None = None


def prepared(sheets: Sheets, given: Reading) -> tuple[Sheets, Reading]:
    """Return the sheets, with items made of the events where that is asked for, and the complete mapping.

    Raises:
        InputError: a column is named that there is not, or none fits.
    """
    reading = completed(sheets, given)
    if sheets.items is not None or not reading.settings.get("item_fields"):
        return sheets, reading
    items, columns = item_fields(sheets.interactions, reading)
    return replace(sheets, items=items), replace(reading, items=columns)


def completed(sheets: Sheets, given: Reading) -> Reading:
    """Return the mapping with what was guessed for whatever it leaves open.

    Raises:
        InputError: a column is named that there is not, or none fits.
    """
    require(sheets.interactions.name, given.interactions, _columns(sheets.interactions))
    interactions = guess(sheets.interactions, given.interactions)
    items, users = dict(given.items), dict(given.users)
    if sheets.items is not None:
        require(sheets.items.name, items, _columns(sheets.items))
        items = items or _known(sheets.items, ITEM_NAMES, "item_id")
    if sheets.users is not None:
        require(sheets.users.name, users, _columns(sheets.users))
        users = users or _known(sheets.users, USER_NAMES, "user_id", rest=True)
    return replace(given, interactions=interactions, items=items, users=users)


def _columns(sheet: Sheet) -> list[str]:
    return [name for name in sheet.frame.columns if name != "row"]


def _known(
    sheet: Sheet, names: Mapping[str, str], key: str, *, rest: bool = False
) -> dict[str, tuple[str, ...]]:
    columns = _columns(sheet)
    found: dict[str, tuple[str, ...]] = {name: (column,) for name, column in by_name(names, columns).items()}
    if key not in found:
        what = f"no column was recognised as {key}; a mapping names it (--mapping). There are {', '.join(columns[:20])}"
        raise InputError(Problem(sheet.name, what))
    if rest:
        others = [name for name in columns if (name,) not in found.values() and name != key]
        found |= {f"{name}_" if name in TAKEN else name: (name,) for name in others}
    return found


def read_tables(sheets: Sheets, mapping: Reading, source: str) -> Tables:
    """Return the tables of a complete mapping.

    Raises:
        InputError: cells that cannot be used, each by its line, or that fit two ways.
    """
    notes = _read(sheets.interactions)
    settings = mapping.settings
    frame = _interactions(sheets.interactions, mapping, notes)
    comma = settings.get("decimal_comma")
    items = users = None
    if sheets.items is not None:
        own = sheets.items.name != sheets.interactions.name
        notes += _read(sheets.items) if own else sheets.items.notes
        items = item_table(sheets.items, mapping.items, comma, notes)
    if sheets.users is not None:
        notes += _read(sheets.users)
        users = user_table(sheets.users, mapping.users, notes)
    names = {
        "interactions": sheets.interactions.name,
        **({"items": sheets.items.name} if sheets.items else {}),
        **({"users": sheets.users.name} if sheets.users else {}),
    }
    return Tables(frame, items, users, tuple(notes), names, {"source": source})


def _read(sheet: Sheet) -> list[str]:
    return [*sheet.notes, f"{sheet.short}: {told(len(sheet.frame), 'row')} read"]


def shown(mapping: Reading, sheets: Sheets) -> list[str]:
    """Return a sentence per table: which column is what, and which are not used."""
    parts: list[tuple[str, Columns, Sheet | None]] = [
        ("events", mapping.interactions, sheets.interactions),
        ("items", mapping.items, sheets.items),
        ("users", mapping.users, sheets.users),
    ]
    return [_shown(name, columns, sheet) for name, columns, sheet in parts if columns and sheet is not None]


def _shown(table: str, columns: Columns, sheet: Sheet) -> str:
    used = {name for found in columns.values() for name in found}
    others = [f"`{quoted(name)}`" for name in _columns(sheet) if name not in used]
    unused = f"; not used: {first_few(others, MOST_SHOWN)}" if others else ""
    return (
        f"{table}: "
        + ", ".join(f"{field} from `{' '.join(found)}`" for field, found in columns.items())
        + unused
    )


def _interactions(sheet: Sheet, mapping: Reading, notes: list[str]) -> pl.DataFrame:
    columns, settings, findings = mapping.interactions, mapping.settings, Findings()
    frame = sheet.frame
    made: dict[str, Any] = {name: sheet.ids(columns[name][0]) for name in ("user_id", "item_id")}
    clock = Clock(settings.get("day_first"), settings.get("time_zone"), settings.get("time_unit"))
    of_times: list[str] = []
    with ThreadPoolExecutor(2) as pool:  # polars does the work, beside each other
        types_made = pool.submit(_types, sheet, mapping, notes)
        times_made = pool.submit(moments, sheet, _joined(sheet, columns["ts"]), clock, findings, of_times)
        types, made["ts"] = types_made.result(), times_made.result()
    notes += of_times
    if "value" in columns:
        name = columns["value"][0]
        comma = decimal_comma(sheet, [name], settings.get("decimal_comma"))
        if comma is not None and settings.get("decimal_comma") is None:
            notes.append(f"{name}: numbers with decimal {'commas' if comma else 'points'}")
        made["value"] = numbers(sheet, name, findings, comma=comma)
    if "source_event_id" in columns:
        own = sheet.ids(columns["source_event_id"][0]).str.strip_chars()
        made["source_event_id"] = own.set(own == "", None)
    findings.check()
    code, back, stays = types
    made_frame = pl.DataFrame({**made, "row": frame["row"]}).with_columns(type=code, returned=back)
    return made_frame if stays is None or stays.all() else made_frame.filter(stays)


def _joined(sheet: Sheet, names: Sequence[str]) -> pl.Series:
    if len(names) == 1:
        return sheet.frame[names[0]]
    parts = pl.DataFrame({str(place): sheet.texts(name) for place, name in enumerate(names)})
    return parts.select(pl.concat_str(pl.all(), separator=" ").alias(" ".join(names))).to_series()


def _types(sheet: Sheet, mapping: Reading, notes: list[str]) -> tuple[Any, Any, pl.Series | None]:
    """Codes, which rows are returns, and which stay."""
    given, settings = mapping.interactions.get("type"), mapping.settings
    unknown = settings.get("unknown_events", "error")
    if unknown not in CHOICES:
        raise InputError(Problem("unknown_events", f"`{unknown}`: must be one of {', '.join(CHOICES)}"))
    for word, meant in mapping.events.items():
        if meant not in {*EVENT_TYPES, RETURN, "drop"}:
            allowed = [*EVENT_TYPES, RETURN, "drop"]
            raise InputError(
                Problem(
                    "events",
                    f"{word}: `{meant}` must be one of {', '.join(allowed)}{nearest(meant, allowed)}",
                )
            )
    if given is not None and "event_type" not in settings:
        return event_types(sheet.name, sheet.texts(given[0]), mapping.events, unknown, notes)
    fixed = settings.get("event_type") or _fixed(sheet)
    if fixed not in EVENT_TYPES:
        raise InputError(Problem("event_type", f"`{fixed}`: must be one of {', '.join(EVENT_TYPES)}"))
    if "event_type" not in settings:
        notes.append(
            f"{sheet.short}: no column of event words, so every row is a {fixed} (--event-type names another)"
        )
    return pl.lit(EVENT_TYPES[fixed], pl.Int16), pl.lit(value=False), None


def _fixed(sheet: Sheet) -> str:
    bought = {plain(name) for name in _columns(sheet)} & set(BOUGHT.split())
    return "purchase" if bought else "view"
