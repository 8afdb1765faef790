"""The lists of items and users: what the tables say, and those that only events name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.names import wrong_name
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.importing import check, output
from pytest_recsim.sources.importing.choices import Choices
from pytest_recsim.sources.importing.decide import told
from pytest_recsim.sources.importing.ids import Ids, encode
from pytest_recsim.sources.importing.tables import PROPS, Tables

LISTS = {"tags", "category_path", "embedding"}


@dataclass(frozen=True)
class Listed:
    """Items or users in the order of the fixture.

    Attributes:
        frame: ``item`` or ``user`` (code), ``item_id`` or ``user_id``, and what is known of each; ``row`` where it is of
            the table.
        traits: columns of the table.
    """

    frame: pl.DataFrame
    traits: tuple[str, ...] = ()


def listed_items(
    tables: Tables, events: pl.DataFrame, ids: Ids, choices: Choices, notes: list[str]
) -> tuple[Listed, Ids, pl.DataFrame]:
    """Return the items, the texts of their codes and the events that stay."""
    if tables.items is None:
        return Listed(_met(events, "item", ids)), ids, events
    if unknown := check.unknown_fields(tables.items.columns):
        raise InputError(
            Problem("items", f"`{unknown[0]}` is no field of an item; name it `{PROPS}{unknown[0]}`")
        )
    frame, ids = _with_codes(tables, "items", tables.items, ids)
    others = _met(events, "item", ids).join(
        frame.select("item"), on="item", how="anti", maintain_order="left"
    )
    if others.is_empty():
        return Listed(frame, tuple(tables.items.columns)), ids, events
    of_others = events.join(others.select("item"), on="item", how="semi", maintain_order="left")
    _delisted(tables, of_others, ids, choices, notes, len(others))
    if choices.delisted == "drop":
        events = events.join(others.select("item"), on="item", how="anti", maintain_order="left")
        return Listed(frame, tuple(tables.items.columns)), ids, events
    if choices.delisted == "unavailable":
        others = others.with_columns(available=pl.lit(value=False))
    frame = pl.concat([frame, others], how="diagonal_relaxed")
    return Listed(frame, tuple(tables.items.columns)), ids, events


def _delisted(
    tables: Tables, events: pl.DataFrame, ids: Ids, choices: Choices, notes: list[str], items: int
) -> None:
    if choices.delisted == "error":
        findings = Findings()
        for row, code in events.select("row", "item").rows():
            what = (
                f'item "{quoted(ids.texts[code])}" is not in the table of items; --delisted says what to do'
            )
            findings.add(tables.where("interactions", row), what, "delisted")
        findings.check()
    done = {"unavailable": "listed as not available", "keep": "listed as available", "drop": "left out"}
    notes.append(
        f"{told(len(events), 'event')} on {told(items, 'item')} that the table of items does not list: "
        f"{done[choices.delisted]} (--delisted {choices.delisted})"
    )


def listed_users(tables: Tables, events: pl.DataFrame, ids: Ids, notes: list[str]) -> tuple[Listed, Ids]:
    """Return the users and the texts of their codes."""
    if tables.users is None:
        return Listed(_met(events, "user", ids)), ids
    frame, ids = _with_codes(tables, "users", tables.users, ids)
    others = _met(events, "user", ids).join(
        frame.select("user"), on="user", how="anti", maintain_order="left"
    )
    if len(others):
        notes.append(
            f"{told(len(others), 'user')} with events that the table of users does not list: added without traits"
        )
        frame = pl.concat([frame, others], how="diagonal_relaxed")
    traits = tuple(name for name in tables.users.columns if name not in {"user_id", "row"})
    return Listed(frame, traits), ids


def _met(events: pl.DataFrame, kind: str, ids: Ids) -> pl.DataFrame:
    """Those that events name, in order of their first event."""
    codes = events[kind].unique(maintain_order=True)
    return pl.DataFrame({kind: codes, f"{kind}_id": ids.texts.gather(codes)})


def _with_codes(tables: Tables, table: str, frame: pl.DataFrame, ids: Ids) -> tuple[pl.DataFrame, Ids]:
    """Give the rows of a table the codes of the events, and new ones to those without events."""
    kind = table.removesuffix("s")
    if "row" not in frame.columns:
        frame = frame.with_columns(row=pl.Series(range(1, len(frame) + 1), dtype=pl.Int64))
    own = encode(frame[f"{kind}_id"].cast(pl.String))
    check.check_listed(tables, table, frame, own)
    texts = pl.concat([ids.texts, own.texts]).unique(maintain_order=True)
    numbers = pl.DataFrame({f"{kind}_id": texts, kind: pl.Series(range(len(texts)), dtype=pl.UInt32)})
    frame = frame.with_columns(own.texts.gather(own.codes).alias(f"{kind}_id"))
    return frame.join(numbers, on=f"{kind}_id", how="left", maintain_order="left"), Ids(texts, ids.codes)


def item_entries(tables: Tables, listed: Listed) -> bytes:
    """Return the items as JSON objects, checked as the loader checks them."""
    if not listed.traits and "available" not in listed.frame.columns:
        return output.objects([{"item_id": one} for one in listed.frame["item_id"].to_list()])
    frame = listed.frame.drop("item", "row", strict=False)
    entries = [_item(entry) for entry in frame.iter_rows(named=True)]
    check.check_fields(tables, entries, _rows(listed))
    return check.objects(tables, "items", entries, _rows(listed))


def _rows(listed: Listed) -> list[int]:
    """Lines of the table; 0 for what it does not list."""
    if "row" not in listed.frame.columns:
        return [0] * len(listed.frame)
    return [int(row) for row in listed.frame["row"].fill_null(0)]


def _item(entry: dict[str, Any]) -> dict[str, Any]:
    """What is not known is left out."""
    fields = {
        name: value for name, value in entry.items() if value is not None and not name.startswith(PROPS)
    }
    props = {name[len(PROPS) :]: plain(value) for name, value in entry.items() if name.startswith(PROPS)}
    known = _more(fields.pop("props", None)) | {name: one for name, one in props.items() if one is not None}
    return fields | ({"props": known} if known else {})


def _more(text: str | None) -> dict[str, Any]:
    """What an importer wrote as a JSON object."""
    return dict(msgspec.json.decode(text)) if text else {}


def user_entries(tables: Tables, listed: Listed) -> bytes:
    """Return the users as JSON objects; wrong names of segments are told."""
    frame, findings = listed.frame, Findings()
    for name in frame["segment"].unique(maintain_order=True).to_list():
        if wrong := wrong_name(name):
            findings.add(tables.names.get("users", "users"), f"segment {wrong}", "segment")
    findings.check()
    traits = [name for name in listed.traits if name != "segment"]
    if not traits:
        return output.plain_users(frame["user_id"], frame["segment"])
    entries = [
        {
            "user_id": entry.pop("user_id"),
            "traits": {"segment": entry.pop("segment")} | _more(entry.pop("traits", None)) | _known(entry),
        }
        for entry in frame.select("user_id", "segment", *traits).iter_rows(named=True)
    ]
    return check.objects(tables, "users", entries, _rows(listed))


def _known(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        name: plain(value) for name, value in entry.items() if value is not None and plain(value) is not None
    }


def plain(value: Any) -> Any:
    """Return a cell as JSON has it; a number that is none is None, a time is text."""
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124 - NaN
        return None
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
