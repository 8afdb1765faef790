"""What several layouts share: stars as events, words as tags, several files as one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.sources.importing.tables import Tables

STARS = ((4.5, "purchase"), (3.5, "add"), (2.5, "click"))
"""Lowest rating of each event type, of five stars; what is below all of them is a view."""
SEEDED = 0.75
"""The share of events, in order of time, of which a catalogue may know: what is later belongs to the holdout."""
END = datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)

CATALOGUE: dict[str, Any] = {
    "row": pl.Int64,
    "item_id": pl.String,
    "available": pl.Boolean,
    "description": pl.String,
    "price": pl.Float64,
    "tags": pl.List(pl.String),
    "category": pl.String,
    "category_path": pl.List(pl.String),
    "brand": pl.String,
    "image_url": pl.String,
    "metadata_version": pl.String,
    "props": pl.String,
}
"""What a frame of items holds, as ``importing.tables.Tables`` has it."""


def catalogue(entries: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Return items as a frame; fields that none has are left out."""
    named = {name for entry in entries for name in entry} | {"item_id"}
    schema = {name: kind for name, kind in CATALOGUE.items() if name in named}
    columns = {name: [entry.get(name) for entry in entries] for name in schema}
    return pl.DataFrame(columns, schema=schema)


def by_stars(stars: pl.Series) -> pl.Series:
    """Return Int16 event types of ratings from 0 to 5."""
    kind = pl.lit(EVENT_TYPES["view"], pl.Int16)
    for least, name in reversed(STARS):
        kind = pl.when(pl.col("stars") >= least).then(pl.lit(EVENT_TYPES[name], pl.Int16)).otherwise(kind)
    return stars.to_frame("stars").select(type=kind).to_series()


def constant(kind: str, length: int) -> pl.Series:
    """Return Int16[length], all of one event type."""
    return pl.Series("type", [EVENT_TYPES[kind]], dtype=pl.Int16).new_from_index(0, length)


def labelled(
    words: Sequence[str], category: str | None = None, path: Sequence[str] = (), brand: str | None = None
) -> dict[str, Any]:
    """Return the fields of an item that says what it is in words.

    Args:
        words: each once and in lower case become tags.
        category: one of them, also the tag ``category:...``, which is what rules and caps of the service read.
        path: of the category, the most general first.
        brand: as it is written, also the tag ``brand:...``.
    """
    tags, steps = _plain(words), _plain(path)
    chosen = next(iter(_plain([category or ""])), None)
    maker = " ".join((brand or "").split()) or None
    tags += [f"category:{chosen}"] if chosen else []
    tags += [f"brand:{maker}"] if maker else []
    return {
        "tags": list(dict.fromkeys(tags)),
        "category": chosen,
        "category_path": steps or None,
        "brand": maker,
    }


def _plain(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for raw in words if (word := " ".join(raw.split()).lower())))


def cut(times: pl.Series) -> datetime:
    """Return the time of event number ceil(3/4 n), where what a catalogue may know ends; the last year without events."""
    ordered = times.drop_nulls().sort()
    return ordered[math.ceil(SEEDED * len(ordered)) - 1] if len(ordered) else END


@dataclass(frozen=True)
class Joined(Tables):
    """Tables whose interactions are of several files.

    Attributes:
        starts: of each file its name and the number that was added to its rows; the last one that fits counts.
    """

    starts: tuple[tuple[str, int], ...] = ()

    def where(self, table: str, row: int) -> str:
        if table != "interactions":
            return super().where(table, row)
        name, start = next(part for part in reversed(self.starts) if part[1] < row)
        return f"{name}:{row - start}"


def joined(parts: Sequence[tuple[str, pl.DataFrame]]) -> tuple[pl.DataFrame, tuple[tuple[str, int], ...]]:
    """Put frames with ``row`` below each other, and keep of each where its rows begin."""
    starts, frames, start = [], [], 0
    for name, frame in parts:
        starts.append((name, start))
        frames.append(frame.with_columns(pl.col("row") + start))
        start += int(frame["row"].max() or 0)  # type: ignore[call-overload,arg-type,unused-ignore] # Int64
    return pl.concat(frames), tuple(starts)


def as_json(found: Mapping[str, object]) -> str | None:
    """Return what is known as the text of a JSON object; None where nothing is."""
    return msgspec.json.encode(found).decode() if found else None


def counted(count: int, what: str, done: str) -> list[str]:
    """Return a sentence of so many; of ``what`` the first word is put in the plural where it must be. None of 0."""
    noun, _, rest = what.partition(" ")
    many = noun if count == 1 else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return [f"{count:,} {many}{' ' if rest else ''}{rest}: {done}"] if count else []
