"""Ingestion: one request is one transaction, and nothing is required (contract 2)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from pytest_recsim.standin.api import pgjson
from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import bad_request, out_of_range, refused_by_database
from pytest_recsim.standin.http.messages import ACCEPTED, Answer, Request
from pytest_recsim.standin.settings.clock import parse_rfc3339
from pytest_recsim.standin.state.store import Event, Item, User

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service

EMBEDDING_SIZE = 384
_CENT = Decimal("0.01")
PRICE_LIMIT = Decimal(10**10)
# The database keeps vectors in single precision.
FLOAT4_LIMIT = 3.4028235e38
_KEPT_TEXTS = ("brand", "category", "description", "image_url", "metadata_version")
_DESCRIBING = ("brand", "category", "description")

_ITEM_READERS: dict[str, wire.Reader] = {
    "item_id": wire.text,
    "available": wire.flag,
    "price": wire.number,
    "tags": wire.texts,
    "props": wire.anything,
    "category_path": wire.texts,
    "embedding": wire.ListOf(wire.number, 0.0, "[]float64"),
}
_ITEM = wire.Fields("types.Item", _ITEM_READERS | dict.fromkeys(_KEPT_TEXTS, wire.text))
_USER = wire.Fields("types.User", {"user_id": wire.text, "traits": wire.anything})
_EVENT = wire.Fields(
    "types.Event",
    {
        "user_id": wire.text,
        "item_id": wire.text,
        "type": wire.int16,
        "value": wire.number,
        "ts": wire.text,
        "meta": wire.anything,
        "source_event_id": wire.text,
    },
)
_ITEMS = wire.Fields(
    "types.ItemsUpsertRequest", {"namespace": wire.text, "items": wire.ListOf(_ITEM, dict, "[]types.Item")}
)
_USERS = wire.Fields(
    "types.UsersUpsertRequest", {"namespace": wire.text, "users": wire.ListOf(_USER, dict, "[]types.User")}
)
_EVENTS = wire.Fields(
    "types.EventsBatchRequest",
    {"namespace": wire.text, "events": wire.ListOf(_EVENT, dict, "[]types.Event")},
)


def upsert_items(service: Service, request: Request) -> Answer:
    body = request.read(_ITEMS)
    rows = body.get("items", [])
    _check_embeddings(rows)
    if not rows:
        return ACCEPTED
    namespace = service.namespace(request.org, body.get("namespace", ""))
    staged: dict[str, Item] = {}
    for row in rows:
        key = row.get("item_id", "")
        staged[key] = _item(row, staged.get(key) or namespace.items.get(key), service.clock.now())
    namespace.put_items(staged.values())
    return ACCEPTED


def _check_embeddings(rows: list[dict[str, Any]]) -> None:
    for index, row in enumerate(rows):
        size = len(row.get("embedding", ()))
        if size not in (0, EMBEDDING_SIZE):
            raise bad_request(
                "embedding_dim_mismatch", f"an embedding has {EMBEDDING_SIZE} numbers", index=index, got=size
            )
        if size and max(map(abs, row["embedding"])) > FLOAT4_LIMIT:
            raise out_of_range()


def _item(row: dict[str, Any], old: Item | None, now: int) -> Item:
    kept = {name: row.get(name, getattr(old, name) if old else None) for name in _KEPT_TEXTS}
    return Item(
        item_id=row.get("item_id", ""),
        available=row.get("available", False),
        price=_price(row["price"]) if "price" in row else (old.price if old else None),
        tags=tuple(row.get("tags", ())),
        props=pgjson.dump(pgjson.settle(row.get("props"))),
        category_path=tuple(row.get("category_path", ())),
        embedding=_embedding(row) or (old.embedding if old else None),
        created=old.created if old else now,
        updated=now,
        **kept,
    )


def _price(value: float) -> float:
    price = Decimal(repr(value)).quantize(_CENT, ROUND_HALF_UP) if abs(value) < 1e20 else PRICE_LIMIT
    if abs(price) >= PRICE_LIMIT:
        raise refused_by_database("numeric field overflow")
    return float(price) + 0.0  # no negative zero


def _embedding(row: dict[str, Any]) -> tuple[float, ...] | str | None:
    """Return the client's vector, else the text that a vector is derived from, else None."""
    if row.get("embedding"):
        return tuple(row["embedding"])
    described = [row[name] for name in _DESCRIBING if row.get(name)]
    text = " ".join(described or row.get("tags", ())).strip().lower()
    return text or None


def upsert_users(service: Service, request: Request) -> Answer:
    body = request.read(_USERS)
    rows = body.get("users", [])
    if not rows:
        return ACCEPTED
    namespace = service.namespace(request.org, body.get("namespace", ""))
    staged: dict[str, User] = {}
    for row in rows:
        key = row.get("user_id", "")
        old = staged.get(key) or namespace.users.get(key)
        staged[key] = _user(key, pgjson.settle(row.get("traits")), old, service.clock.now())
    namespace.put_users(staged.values())
    return ACCEPTED


def _user(key: str, traits: Any, old: User | None, now: int) -> User:
    created = old.created if old else now
    return User(user_id=key, traits=traits, traits_text=pgjson.dump(traits), created=created, updated=now)


def batch_events(service: Service, request: Request) -> Answer:
    body = request.read(_EVENTS)
    now = service.clock.now()
    events = [_event(index, row, now) for index, row in enumerate(body.get("events", []))]
    if events:
        service.namespace(request.org, body.get("namespace", "")).add_events(events)
    return ACCEPTED


def _event(index: int, row: dict[str, Any], now: int) -> Event:
    moment: int | None = now
    if "ts" in row:
        moment = parse_rfc3339(row["ts"])
    if moment is None:
        raise bad_request("invalid_timestamp", "ts is not RFC 3339 with offset", index=index, value=row["ts"])
    meta = pgjson.dump(pgjson.settle(row["meta"])) if "meta" in row else "{}"
    return Event(
        row.get("user_id", ""),
        row.get("item_id", ""),
        row.get("type", 0),
        row.get("value", 0.0),
        moment,
        meta,
        row.get("source_event_id"),
    )
