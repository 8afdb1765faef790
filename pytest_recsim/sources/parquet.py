"""A list of a data set as a Parquet table, as ``data.fixtures.fixture_table`` reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from pytest_recsim.data.fixtures.fixture_table import OBJECTS
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.instants import parse_instant
from pytest_recsim.data.input.tables import polars_for

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

_TEXTS = {
    "items": ("item_id", "brand", "category", "description", "image_url", "metadata_version"),
    "users": ("user_id",),
    "events": ("user_id", "item_id", "source_event_id"),
}
_FLOATS = ("price", "value")
_ROWS = 100_000


def write_table(rows: Iterable[Mapping[str, Any]], path: Path, kind: str) -> None:
    """Write sound rows: a column per field that any row has, null where a row leaves it out.

    Args:
        rows: of one list, read once.
        path: of the file.
        kind: ``items``, ``users`` or ``events``.

    Raises:
        InputError: polars is not installed.
    """
    polars = polars_for(shown(path.parent))
    schema = _schema(polars, kind)
    parts = [polars.DataFrame(part, schema=schema) for part in _parts(rows, OBJECTS[kind])]
    frame = polars.concat(parts) if parts else polars.DataFrame(schema=schema)
    absent = [name for name in frame.columns if name not in _REQUIRED and frame[name].is_null().all()]
    frame.drop(absent).write_parquet(path)


_REQUIRED = frozenset({"item_id", "user_id", "traits", "type", "ts"})


def _schema(polars: ModuleType, kind: str) -> dict[str, Any]:
    found = dict.fromkeys((*_TEXTS[kind], OBJECTS[kind]), polars.String)
    if kind == "items":
        lists = {"tags": polars.String, "category_path": polars.String, "embedding": polars.Float64}
        found |= {"available": polars.Boolean, "price": polars.Float64}
        found |= {name: polars.List(inner) for name, inner in lists.items()}
    elif kind == "events":
        found |= {"type": polars.Int16, "ts": polars.Datetime("us", "UTC"), "value": polars.Float64}
    return found


def _parts(rows: Iterable[Mapping[str, Any]], text: str) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(_cells(row, text))
        if len(part) == _ROWS:
            yield part
            part = []
    if part:
        yield part


def _cells(row: Mapping[str, Any], text: str) -> dict[str, Any]:
    """One row as a table has it: instants as such, decimals as such, the object as JSON text."""
    found = dict(row)
    if found.get(text) is not None:
        found[text] = json.dumps(found[text], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if isinstance(found.get("ts"), str):
        found["ts"] = parse_instant(found["ts"]).astimezone(UTC)
    for name in _FLOATS:
        if found.get(name) is not None:
            found[name] = float(found[name])
    if found.get("embedding") is not None:
        found["embedding"] = [float(number) for number in found["embedding"]]
    return found
