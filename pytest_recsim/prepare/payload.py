"""What goes over the wire. Every field that the service would misread when missing is written out."""

from __future__ import annotations

from typing import Any

from pytest_recsim.data.fixtures.model import Event, Fixture, Item, User
from pytest_recsim.data.input.instants import from_us, to_us
from pytest_recsim.prepare.clock import rfc3339
from pytest_recsim.service.safety.rows import event_id, stamp_of

OPTIONAL_TEXTS = ("brand", "category", "description", "image_url", "metadata_version")


def item_row(item: Item) -> dict[str, Any]:
    """An item as sent: a missing `available` would hide it, missing tags, props or path would erase them."""
    row: dict[str, Any] = {
        "item_id": item.item_id,
        "available": item.available,
        "price": item.price,
        "tags": list(item.tags),
        "props": item.props,
        "category_path": list(item.category_path),
    }
    row |= {name: value for name in OPTIONAL_TEXTS if (value := getattr(item, name)) is not None}
    if item.embedding:
        row["embedding"] = list(item.embedding)
    return row


def user_row(user: User) -> dict[str, Any]:
    return {"user_id": user.user_id, "traits": user.traits}


def event_row(event: Event, position: int, *, shift: int, fixture: Fixture) -> dict[str, Any]:
    """An event as sent: shifted, with an id of our own, so that a resent batch cannot duplicate it."""
    return {
        "user_id": event.user_id,
        "item_id": event.item_id,
        "type": event.type,
        "value": event.value,
        "ts": rfc3339(from_us(to_us(event.ts) + shift)),
        "meta": event.meta or {},
        "source_event_id": event_id(stamp_of(fixture.sha256), position),
    }
