"""Listing and setting event types (contract 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import bad_request, refused_by_database
from pytest_recsim.standin.http.messages import ACCEPTED, Answer, Request, answer
from pytest_recsim.standin.state.event_types import DEFAULTS, EventType

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service

_TYPE = wire.Fields(
    "types.EventTypeConfig",
    {
        "type": wire.int16,
        "name": wire.text,
        "weight": wire.number,
        "half_life_days": wire.number,
        "is_active": wire.flag,
    },
)
_BODY = wire.Fields(
    "types.EventTypeUpsertRequest",
    {"namespace": wire.text, "types": wire.ListOf(_TYPE, dict, "[]types.EventTypeConfig")},
)
_NAMES = {row.code: row.name for row in DEFAULTS}


def list_event_types(service: Service, request: Request) -> Answer:
    """Answer a bare array; the media type really is text/plain."""
    namespace = request.query.get("namespace")
    if not namespace:
        raise bad_request("missing_namespace")
    rows = service.event_types.effective(request.org, namespace)
    return answer([row.row() for row in rows], media_type="text/plain; charset=utf-8")


def upsert_event_types(service: Service, request: Request) -> Answer:
    body = request.read(_BODY)
    rows = [_event_type(row) for row in body.get("types", [])]
    service.event_types.put(request.org, body.get("namespace", ""), rows)
    return ACCEPTED


def _event_type(row: dict[str, Any]) -> EventType:
    code, weight, half_life = row.get("type", 0), row.get("weight", 0.0), row.get("half_life_days")
    if weight <= 0:
        raise refused_by_database("weight must be above 0", "invalid_weight")
    if half_life is not None and half_life <= 0:
        raise refused_by_database("half_life_days must be above 0", "invalid_half_life")
    if code < 0:
        raise refused_by_database("type must not be negative", "check_violation")
    return EventType(
        code, row.get("name", _NAMES.get(code)), weight, half_life, row.get("is_active", True), "tenant"
    )
