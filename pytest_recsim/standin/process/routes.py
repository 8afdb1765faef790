"""The table of all paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.standin.api import (
    audit,
    config,
    deleting,
    event_types,
    ingest,
    listing,
    meta,
    overrides,
    rules,
    segments,
)
from pytest_recsim.standin.process.routing import Route

if TYPE_CHECKING:
    from pytest_recsim.standin.http.messages import Answer, Request
    from pytest_recsim.standin.state.service import Service


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
    Route("GET", "/v1/admin/rules", rules.list_rules),
    Route("POST", "/v1/admin/rules", rules.create_rule),
    Route("POST", "/v1/admin/rules/dry-run", _dry_run),
    Route("PUT", "/v1/admin/rules/{rule_id}", rules.replace_rule),
    Route("GET", "/v1/admin/manual_overrides", overrides.list_overrides),
    Route("POST", "/v1/admin/manual_overrides", overrides.create_override),
    Route("POST", "/v1/admin/manual_overrides/{override_id}/cancel", overrides.cancel_override),
    Route("GET", "/v1/admin/recommendation/config", config.get_config),
    Route("POST", "/v1/admin/recommendation/config", config.replace_config),
    Route("GET", "/v1/admin/recommendation/presets", config.get_presets),
    Route("GET", "/v1/event-types", event_types.list_event_types),
    Route("POST", "/v1/event-types:upsert", event_types.upsert_event_types),
    Route("GET", "/v1/segments", segments.list_segments),
    Route("POST", "/v1/segments:upsert", segments.upsert_segment),
    Route("POST", "/v1/segments:delete", segments.delete_segments),
    Route("POST", "/v1/segments:dry-run", segments.dry_run),
    Route("GET", "/v1/segment-profiles", segments.list_profiles),
    Route("POST", "/v1/segment-profiles:upsert", segments.upsert_profiles),
    Route("POST", "/v1/segment-profiles:delete", segments.delete_profiles),
    Route("GET", "/v1/audit/decisions", audit.list_decisions),
    Route("GET", "/v1/audit/decisions/{decision_id}", audit.get_decision),
    Route("POST", "/v1/audit/search", audit.search_decisions),
)
