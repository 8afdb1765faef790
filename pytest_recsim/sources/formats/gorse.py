"""Gorse: its export as JSON lines (CamelCase keys), that of older versions as CSV, or a running server."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import polars as pl

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.instants import Instant
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.bounds import shallow
from pytest_recsim.sources.formats.gorse_rest import Gorse
from pytest_recsim.sources.formats.reading import headed, match, records
from pytest_recsim.sources.formats.shaping import as_json, catalogue, counted, labelled
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.tables import Tables
from pytest_recsim.sources.importing.words import event_types


class User(msgspec.Struct):
    """Somebody; labels are whatever whoever fills Gorse puts there."""

    UserId: str
    Labels: Any = None


class Item(msgspec.Struct):
    """Something to recommend."""

    ItemId: str
    IsHidden: bool = False
    Categories: list[str] | None = None
    Labels: Any = None
    Comment: str = ""


class Feedback(msgspec.Struct):
    """What somebody did with something."""

    FeedbackType: str
    UserId: str
    ItemId: str
    Timestamp: Instant


T = TypeVar("T", bound=msgspec.Struct)
Rows = list[tuple[int, T]]
CSV = {
    "users": ("user_id", "labels"),
    "items": ("item_id", "is_hidden", "categories", "labels", "description"),
    "feedback": ("feedback_type", "user_id", "item_id", "time_stamp"),
}
TABLES = {"interactions": "feedback", "items": "items", "users": "users"}
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)? ?(Z|[+-]\d\d:?\d\d)?(?: [A-Z]{1,5})?", re.ASCII
)


def read(source: Source) -> Tables:
    """Read a folder with ``users``, ``items`` and ``feedback`` as ``.jsonl``, ``.json`` or ``.csv``, or the URL of a server.

    Raises:
        InputError: files, lines or answers that cannot be used.
    """
    if "://" in source.where:
        server = Gorse(source)
        try:
            users = server.all("/api/users", "Users", User)
            items = server.all("/api/items", "Items", Item)
            feedback = server.all("/api/feedback", "Feedback", Feedback)
        finally:
            server.close()
        names = {table: f"{server.url}/api/{kind}" for table, kind in TABLES.items()}
    else:
        paths = {kind: _file(source.path, kind) for kind in CSV}
        users, items = _users(paths["users"]), _items(paths["items"])
        feedback = _feedback(paths["feedback"])
        names = {table: shown(paths[kind]) for table, kind in TABLES.items()}
    notes = ["Gorse's export leaves out feedback that is dated after it"]
    events = _events(names["interactions"], feedback, source, notes)
    return Tables(events, _catalogue(items), _people(users, notes), tuple(notes), names, {"source": "Gorse"})


def _file(folder: Path, kind: str) -> Path:
    found = match(
        lambda name: name.removesuffix(".gz") in {f"{kind}.jsonl", f"{kind}.json", f"{kind}.csv"}, folder
    )
    if not found:
        raise InputError(Problem(shown(folder / f"{kind}.jsonl"), "not found; Gorse's export holds it"))
    return found[0]


def _csv(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(".csv")


def _users(path: Path) -> Rows[User]:
    if not _csv(path):
        return records(path, User, "Gorse's users")
    rows = headed(path, CSV["users"]).frame.select("row", *CSV["users"]).rows()
    return [(row, User(user, _labels(labels))) for row, user, labels in rows]


def _items(path: Path) -> Rows[Item]:
    if not _csv(path):
        return records(path, Item, "Gorse's items")
    sheet = headed(path, CSV["items"])
    hidden = sheet.frame["is_hidden"].str.to_lowercase()
    sheet.wrong(~hidden.is_in(["true", "false", "1", "0", ""]), "is_hidden", "must be true or false")
    sheet.check()
    rows = sheet.frame.select("row", *CSV["items"]).rows()
    return [
        (row, Item(item, hidden.lower() in {"true", "1"}, categories.split("|"), _labels(labels), comment))
        for row, item, hidden, categories, labels, comment in rows
    ]


def _feedback(path: Path) -> Rows[Feedback]:
    if not _csv(path):
        return records(path, Feedback, "Gorse's feedback")
    sheet, findings, found = headed(path, CSV["feedback"]), Findings(), []
    for row, kind, user, item, told in sheet.frame.select("row", *CSV["feedback"]).rows():
        moment = _moment(told)
        if moment is None:
            what = "must be a time such as 2026-01-31 12:00:00 +0000 UTC"
            findings.add(f"{sheet.name}:{row}", f"time_stamp `{quoted(told)}`: {what}", "time_stamp")
        else:
            found.append((row, Feedback(kind, user, item, moment)))
    findings.check()
    return found


def _moment(text: str) -> datetime | None:
    """Read a time as Go prints it; without a zone it is UTC."""
    if not (parts := _TIME.fullmatch(text.strip())):
        return None
    day, clock, fraction, zone = parts.groups()
    zone = "+0000" if zone in (None, "Z") else zone
    try:
        return datetime.strptime(
            f"{day} {clock}.{fraction or '0'} {zone}", "%Y-%m-%d %H:%M:%S.%f %z"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _labels(text: str) -> Any:
    """Labels in CSV are JSON, or words with `|` between them in older versions."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return [word for word in text.split("|") if word]


def _events(name: str, rows: Rows[Feedback], source: Source, notes: list[str]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "row": [row for row, _ in rows],
            "user_id": [one.UserId for _, one in rows],
            "item_id": [one.ItemId for _, one in rows],
            "ts": [one.Timestamp for _, one in rows],
            "FeedbackType": [one.FeedbackType for _, one in rows],
        },
        schema={
            "row": pl.Int64,
            "user_id": pl.String,
            "item_id": pl.String,
            "ts": pl.Datetime("us", "UTC"),
            "FeedbackType": pl.String,
        },
    )
    codes, back, stays = event_types(name, frame["FeedbackType"], source.events, source.unknown_events, notes)
    return frame.drop("FeedbackType").with_columns(type=codes, returned=back).filter(stays)


def _catalogue(rows: Rows[Item]) -> pl.DataFrame:
    return catalogue([_entry(row, one) for row, one in rows])


def _entry(row: int, one: Item) -> dict[str, object]:
    """Categories and labels that are words become tags; labels in an object become props."""
    categories = [word for word in one.Categories or [] if word.strip()]
    words = one.Labels if isinstance(one.Labels, list) else []
    more = [word for word in words if isinstance(word, str)]
    fields = labelled([*categories, *more], categories[0] if categories else None, categories)
    props = as_json(one.Labels) if isinstance(one.Labels, dict) else None
    shown_as = {"available": not one.IsHidden, "description": one.Comment or None}
    return {"row": row, "item_id": one.ItemId, **fields, **shown_as, "props": props}


def _people(rows: Rows[User], notes: list[str]) -> pl.DataFrame:
    """Labels in an object become traits, others the trait ``labels``."""
    told = [
        one.Labels if isinstance(one.Labels, dict) else {"labels": one.Labels} if one.Labels else {}
        for _, one in rows
    ]
    traits = [one if shallow(one) else {} for one in told]
    deep = sum(not shallow(one) for one in told)
    notes += counted(deep, "user with labels nested too deeply", "left out of the user")
    segments = [one.pop("segment", None) if isinstance(one.get("segment"), str) else None for one in traits]
    frame = pl.DataFrame(
        {
            "row": [row for row, _ in rows],
            "user_id": [one.UserId for _, one in rows],
            "segment": segments,
            "traits": [
                as_json({key: value for key, value in one.items() if key != "segment"}) for one in traits
            ],
        },
        schema={"row": pl.Int64, "user_id": pl.String, "segment": pl.String, "traits": pl.String},
    )
    return frame if any(segments) else frame.drop("segment")
