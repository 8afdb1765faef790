"""Deleting (contract 4). A filter that does not apply to the resource is ignored; without one everything goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.standin.api.filters import RowFilter, row_filter
from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import bad_request
from pytest_recsim.standin.http.messages import Answer, Request, answer

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service
    from pytest_recsim.standin.state.store import Namespace

_BODY = wire.Fields(
    "types.DeleteRequest",
    {
        "namespace": wire.text,
        "user_id": wire.text,
        "item_id": wire.text,
        "event_type": wire.int16,
        "created_after": wire.text,
        "created_before": wire.text,
    },
)


def _read(service: Service, request: Request) -> tuple[Namespace, RowFilter]:
    body = request.read(_BODY)
    if not body.get("namespace"):
        raise bad_request("missing_namespace")
    return service.peek(request.org, body["namespace"]), row_filter(body, service.clock.now())


def _deleted(count: int, what: str) -> Answer:
    return answer({"deleted_count": count, "message": f"{what} deleted successfully"})


def delete_items(service: Service, request: Request) -> Answer:
    namespace, chosen = _read(service, request)
    return _deleted(
        namespace.drop_items(lambda item: chosen.takes_row(item.item_id, chosen.item_id, item)), "Items"
    )


def delete_users(service: Service, request: Request) -> Answer:
    namespace, chosen = _read(service, request)
    return _deleted(
        namespace.drop_users(lambda user: chosen.takes_row(user.user_id, chosen.user_id, user)), "Users"
    )


def delete_events(service: Service, request: Request) -> Answer:
    namespace, chosen = _read(service, request)
    return _deleted(namespace.drop_events(chosen.takes_event), "Events")
