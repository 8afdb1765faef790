"""The table of all paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.standin import (
    audit_api,
    config_api,
    deleting,
    event_types_api,
    ingest,
    listing,
    meta,
    overrides_api,
    rules_api,
    segments_api,
)
from pytest_recsim.standin.routing import Route

if TYPE_CHECKING:
    from pytest_recsim.standin.http import Answer, Request
    from pytest_recsim.standin.state import Service


# The ranking handlers need NumPy, whose import would double the time to the first answer of any kind.
def _recommend(service: Service, request: Request) -> Answer:
    from pytest_recsim.standin.ranking import api

    return api.recommend(service, request)


def _rerank(service: Service, request: Request) -> Answer:
    from pytest_recsim.standin.ranking import api

    return api.rerank(service, request)


def _similar(service: Service, request: Request) -> Answer:
    from pytest_recsim.standin.ranking import api

    return api.similar(service, request)


def _dry_run(service: Service, request: Request) -> Answer:
    from pytest_recsim.standin.ranking import dry_run

    return dry_run.dry_run(service, request)


OPEN_ROUTES = (
    Route("GET", "/health", meta.health),
    Route("GET", "/version", meta.version),
)
TENANT_ROUTES = (
    Route("POST", "/v1/items:upsert", ingest.upsert_items),
    Route("POST", "/v1/users:upsert", ingest.upsert_users),
    Route("POST", "/v1/events:batch", ingest.batch_events),
    Route("GET", "/v1/items", listing.list_items),
    Route("GET", "/v1/users", listing.list_users),
    Route("GET", "/v1/events", listing.list_events),
    Route("POST", "/v1/items:delete", deleting.delete_items),
    Route("POST", "/v1/users:delete", deleting.delete_users),
    Route("POST", "/v1/events:delete", deleting.delete_events),
    Route("POST", "/v1/recommendations", _recommend),
    Route("POST", "/v1/rerank", _rerank),
    Route("GET", "/v1/items/{item_id}/similar", _similar),
    Route("GET", "/v1/admin/rules", rules_api.list_rules),
    Route("POST", "/v1/admin/rules", rules_api.create_rule),
    Route("POST", "/v1/admin/rules/dry-run", _dry_run),
    Route("PUT", "/v1/admin/rules/{rule_id}", rules_api.replace_rule),
    Route("GET", "/v1/admin/manual_overrides", overrides_api.list_overrides),
    Route("POST", "/v1/admin/manual_overrides", overrides_api.create_override),
    Route("POST", "/v1/admin/manual_overrides/{override_id}/cancel", overrides_api.cancel_override),
    Route("GET", "/v1/admin/recommendation/config", config_api.get_config),
    Route("POST", "/v1/admin/recommendation/config", config_api.replace_config),
    Route("GET", "/v1/admin/recommendation/presets", config_api.get_presets),
    Route("GET", "/v1/event-types", event_types_api.list_event_types),
    Route("POST", "/v1/event-types:upsert", event_types_api.upsert_event_types),
    Route("GET", "/v1/segments", segments_api.list_segments),
    Route("POST", "/v1/segments:upsert", segments_api.upsert_segment),
    Route("POST", "/v1/segments:delete", segments_api.delete_segments),
    Route("POST", "/v1/segments:dry-run", segments_api.dry_run),
    Route("GET", "/v1/segment-profiles", segments_api.list_profiles),
    Route("POST", "/v1/segment-profiles:upsert", segments_api.upsert_profiles),
    Route("POST", "/v1/segment-profiles:delete", segments_api.delete_profiles),
    Route("GET", "/v1/audit/decisions", audit_api.list_decisions),
    Route("GET", "/v1/audit/decisions/{decision_id}", audit_api.get_decision),
    Route("POST", "/v1/audit/search", audit_api.search_decisions),
)
