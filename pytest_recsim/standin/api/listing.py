"""Listing with offset paging (contract 3). Rows of equal time come in the order of their ids, unless ties are a quirk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pytest_recsim.standin.api.filters import RowFilter, row_filter
from pytest_recsim.standin.http.errors import bad_request, refused_by_database
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.http.query import MOST, whole, whole_or
from pytest_recsim.standin.http.wire import has_nul
from pytest_recsim.standin.settings.clock import whole_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_recsim.standin.state.service import Service
    from pytest_recsim.standin.state.store import Event, Item, Namespace, User

Row = TypeVar("Row")
DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_DATES = ("created_after", "created_before")
_OPTIONAL = ("brand", "category", "description", "image_url", "metadata_version")


def _open(service: Service, request: Request, *filters: str) -> tuple[Namespace, RowFilter]:
    """Return the namespace asked for and the conditions on its rows; only these filters apply, and the dates."""
    query = request.query
    name = query.get("namespace")
    if not name:
        raise bad_request("missing_namespace")
    values: dict[str, Any] = {field: query.get(field) for field in (*filters, *_DATES)}
    if has_nul([name, *values.values()]):
        raise refused_by_database("a string holds a NUL character")
    if "event_type" in values:
        code = whole(values["event_type"])
        values["event_type"] = code if code is not None and -32768 <= code <= 32767 else None
    return service.peek(request.org, name), row_filter(values, service.clock.now())


def _page(request: Request, rows: Sequence[Row], show: Callable[[Row], dict[str, Any]]) -> Answer:
    limit = whole_or(request.query.get("limit"), 1, MAX_LIMIT, DEFAULT_LIMIT)
    offset = whole_or(request.query.get("offset"), 0, MOST, 0)
    end = offset + limit
    page: dict[str, Any] = {
        "items": [show(row) for row in rows[offset:end]],
        "total": len(rows),
        "limit": limit,
        "offset": offset,
        "has_more": end < len(rows),
    }
    if page["has_more"]:
        page["next_offset"] = end
    return answer(page)


def list_items(service: Service, request: Request) -> Answer:
    namespace, chosen = _open(service, request, "item_id")
    rows = [item for key, item in namespace.items.items() if chosen.takes_row(key, chosen.item_id, item)]
    rows.sort(key=lambda item: (-item.created, item.item_id))
    rows = service.quirks.mixed(rows, namespace.items_version, lambda item: -item.created)
    return _page(request, rows, _item_row)


def _item_row(item: Item) -> dict[str, Any]:
    row: dict[str, Any] = {
        "item_id": item.item_id,
        "available": item.available,
        "price": item.price,
        "tags": item.tags,
        "props": item.props,
        "category_path": item.category_path,
    }
    row |= {name: value for name in _OPTIONAL if (value := getattr(item, name)) is not None}
    return row | {"created_at": whole_seconds(item.created), "updated_at": whole_seconds(item.updated)}


def list_users(service: Service, request: Request) -> Answer:
    namespace, chosen = _open(service, request, "user_id")
    rows = [user for key, user in namespace.users.items() if chosen.takes_row(key, chosen.user_id, user)]
    rows.sort(key=lambda user: (-user.created, user.user_id))
    rows = service.quirks.mixed(rows, namespace.users_version, lambda user: -user.created)
    return _page(request, rows, _user_row)


def _user_row(user: User) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "traits": user.traits_text,
        "created_at": whole_seconds(user.created),
        "updated_at": whole_seconds(user.updated),
    }


def list_events(service: Service, request: Request) -> Answer:
    namespace, chosen = _open(service, request, "item_id", "user_id", "event_type")
    rows = namespace.events_newest_first()
    if chosen != RowFilter():
        rows = [event for event in rows if chosen.takes_event(event)]
    rows = service.quirks.mixed(rows, namespace.events_version, lambda event: -event.ts)
    return _page(request, rows, _event_row)


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "user_id": event.user_id,
        "item_id": event.item_id,
        "type": event.type,
        "value": event.value,
        "ts": whole_seconds(event.ts),
        "meta": event.meta,
        "source_event_id": event.source_event_id,
    }
