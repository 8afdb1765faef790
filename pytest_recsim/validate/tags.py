"""A data set with the tags that its `brand` and `category` fields ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pytest_recsim.data.fixtures.model import Fixture, Item

PREFIXES = {"brand": "brand", "category": "category"}
"""Field -> the prefix of its tags, as ranking reads them by default."""


def derived(fixture: Fixture) -> tuple[dict[str, Any], dict[str, int]]:
    """Return the data set as a document with the tags that were missing, and how many of each kind were added."""
    added = dict.fromkeys(PREFIXES, 0)
    items = [_tagged(item, added) for item in fixture.items]
    return {"items": items, "users": _rows(fixture.users), "events": _rows(fixture.events)}, added


def _tagged(item: Item, added: dict[str, int]) -> dict[str, Any]:
    """The item, with a tag for each field that none of its tags stands for."""
    tags = list(item.tags)
    for field, prefix in PREFIXES.items():
        value = getattr(item, field)
        if value and value.strip() and not any(tag.strip().lower().startswith(f"{prefix}:") for tag in tags):
            tags.append(f"{prefix}:{value.strip()}")
            added[field] += 1
    return _row(item) | ({"tags": tags} if tags else {})


def _rows(rows: Sequence[msgspec.Struct]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _row(row: msgspec.Struct) -> dict[str, Any]:
    """A row without what is left at its default."""
    found: Mapping[str, Any] = msgspec.to_builtins(row)
    defaults = {field.name: field.default for field in msgspec.structs.fields(row)}
    empty: tuple[Any, ...] = (None, [], {}, ())
    return {
        name: value for name, value in found.items() if value not in empty and not _is(value, defaults[name])
    }


def _is(value: object, default: object) -> bool:
    return type(value) is type(default) and value == default
