"""Creating, listing and cancelling manual overrides (contract 8.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import bad_request, internal, not_found
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.settings.clock import parse_rfc3339, whole_seconds
from pytest_recsim.standin.settings.orgs import canonical_org
from pytest_recsim.standin.state.overridebook import Override
from pytest_recsim.standin.state.rulebook import BLOCK, BOOST, ITEM, Rule

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service

ACTIONS = ("boost", "suppress")
STATUSES = ("active", "cancelled", "expired")
DEFAULT_PRIORITY = 1000
_BODY = wire.Fields(
    "types.ManualOverrideRequest",
    {
        "namespace": wire.text,
        "surface": wire.text,
        "item_id": wire.text,
        "action": wire.text,
        "boost_value": wire.number,
        "notes": wire.text,
        "created_by": wire.text,
        "expires_at": wire.text,
        "priority": wire.integer,
    },
)
_CANCEL = wire.Fields("types.CancelRequest", {"cancelled_by": wire.text})
_OPTIONAL = ("boost_value", "notes", "created_by")


def create_override(service: Service, request: Request) -> Answer:
    body = request.read(_BODY)
    override = _override(service, body)
    rule = _backing_rule(service, override, body.get("priority", 0))
    service.overrides.put(request.org, override)
    service.rules.put(request.org, rule)
    return answer(_row(override, "active"), 201)


def _override(service: Service, body: dict[str, Any]) -> Override:
    action = body.get("action", "").strip().lower()
    if action not in ACTIONS:
        raise bad_request("invalid_action", "action must be boost or suppress")
    expires = None
    if body.get("expires_at") and (expires := parse_rfc3339(body["expires_at"])) is None:
        raise bad_request("invalid_expires_at", "expires_at is not RFC 3339")
    namespace, item_id = (body.get(name, "").strip() for name in ("namespace", "item_id"))
    boost = body.get("boost_value", 1.0 if action == "boost" else None)
    # The real service answers 500 to all of these; a client has to live with that.
    if not namespace or not item_id or (boost is not None and (action == "suppress" or boost <= 0)):
        raise internal(
            "manual override: namespace and item_id are required, boost_value > 0 and for boost only"
        )
    return Override(
        override_id=service.new_id("override"),
        namespace=namespace,
        surface=body.get("surface", "").strip() or "default",
        item_id=item_id,
        action=action,
        boost_value=boost,
        notes=body.get("notes", ""),
        created_by=body.get("created_by", ""),
        created=service.clock.now(),
        expires=expires,
        rule_id=service.new_id("rule"),
        serial=service.next_serial(),
    )


def _backing_rule(service: Service, override: Override, priority: int) -> Rule:
    return Rule(
        rule_id=override.rule_id,
        namespace=override.namespace,
        surface=override.surface,
        name=f"manual_{override.action}_{override.item_id}",
        description="",
        action=BOOST if override.action == "boost" else BLOCK,
        target_type=ITEM,
        target_key="",
        item_ids=(override.item_id,),
        boost_value=override.boost_value,
        max_pins=None,
        segment_id="",
        priority=priority if priority > 0 else DEFAULT_PRIORITY,
        enabled=True,
        valid_from=override.created,
        valid_until=override.expires,
        created=override.created,
        updated=override.created,
        serial=service.next_serial(),
        override_id=override.override_id,
    )


def _row(override: Override, status: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(override, name) for name in ("override_id", "namespace", "surface", "item_id", "action")
    }
    row |= {name: value for name in _OPTIONAL if (value := getattr(override, name))}
    row["created_at"] = whole_seconds(override.created)
    if override.expires is not None:
        row["expires_at"] = whole_seconds(override.expires)
    row |= {"status": status, "rule_id": override.rule_id}
    if override.cancelled is not None:
        row["cancelled_at"] = whole_seconds(override.cancelled)
    if override.cancelled_by:
        row["cancelled_by"] = override.cancelled_by
    return row


def list_overrides(service: Service, request: Request) -> Answer:
    query = request.query
    namespace = query.get("namespace", "").strip()
    if not namespace:
        raise bad_request("missing_namespace")
    status, action = (query.get(name, "").strip().lower() for name in ("status", "action"))
    if status and status not in STATUSES:
        raise bad_request("invalid_status", "status must be active, cancelled or expired")
    if action and action not in ACTIONS:
        raise bad_request("invalid_action", "action must be boost or suppress")
    shown = _shown(status, with_expired=query.get("include_expired") == "true")
    now = service.clock.now()
    rows = [(override, override.status(now)) for override in service.overrides.of(request.org, namespace)]
    surface = query.get("surface", "")
    return answer(
        [
            _row(o, s)
            for o, s in rows
            if s in shown and action in ("", o.action) and surface in ("", o.surface)
        ]
    )


def _shown(status: str, *, with_expired: bool) -> tuple[str, ...]:
    """Return the statuses to list; asking for the expired ones shows them."""
    if status:
        return (status,)
    return STATUSES if with_expired else ("active", "cancelled")


def cancel_override(service: Service, request: Request) -> Answer:
    override_id = canonical_org(request.path_id)
    if override_id is None:
        raise bad_request("invalid_override_id", "the override id is not a UUID")
    body = request.read(_CANCEL) if request.body.strip() else {}
    now = service.clock.now()
    override = service.overrides.get(request.org, override_id)
    if override is None or override.status(now) != "active":
        raise not_found("override_not_found")
    by = body.get("cancelled_by") or request.headers.get(b"x-user-email", b"").decode("latin-1")
    override = msgspec.structs.replace(override, cancelled=now, cancelled_by=by)
    service.overrides.put(request.org, override)
    _disable(service, request.org, override.rule_id, now)
    return answer(_row(override, "cancelled"))


def _disable(service: Service, org: str, rule_id: str, now: int) -> None:
    rule = service.rules.get(org, rule_id)
    if rule is not None:
        service.rules.put(org, msgspec.structs.replace(rule, enabled=False, updated=now))
