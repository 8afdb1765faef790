"""Creating, replacing and listing rules (contract 8.1, 8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import ApiError, bad_request, not_found
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.settings.clock import parse_rfc3339, whole_seconds
from pytest_recsim.standin.settings.orgs import canonical_org
from pytest_recsim.standin.state.rulebook import ACTIONS, BOOST, ITEM, PIN, TARGETS, Rule

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service

_RULE = wire.Fields(
    "types.RuleRequest",
    {
        "namespace": wire.text,
        "surface": wire.text,
        "name": wire.text,
        "description": wire.text,
        "action": wire.text,
        "target_type": wire.text,
        "target_key": wire.text,
        "item_ids": wire.texts,
        "boost_value": wire.number,
        "max_pins": wire.integer,
        "segment_id": wire.text,
        "priority": wire.integer,
        "enabled": wire.flag,
        "valid_from": wire.text,
        "valid_until": wire.text,
    },
)
_OPTIONAL = ("description", "target_key", "item_ids", "boost_value", "max_pins", "segment_id")
GO_BOOLS = {
    word: word[0] in "1tT"
    for word in ("1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False")
}


def create_rule(service: Service, request: Request) -> Answer:
    body = _checked(request.read(_RULE))
    now, serial = service.clock.now(), service.next_serial()
    rule = Rule(rule_id=service.new_id("rule"), created=now, updated=now, serial=serial, **body)
    service.rules.put(request.org, rule)
    return answer(rule_row(rule), 201)


def replace_rule(service: Service, request: Request) -> Answer:
    """Replace a rule completely; its id, age and backing override stay."""
    rule_id = canonical_org(request.path_id)
    if rule_id is None:
        raise bad_request("invalid_rule_id", "the rule id is not a UUID")
    body = _checked(request.read(_RULE))
    old = service.rules.get(request.org, rule_id)
    if old is None:
        raise not_found("rule_not_found")
    rule = msgspec.structs.replace(old, updated=service.clock.now(), **body)
    service.rules.put(request.org, rule)
    return answer(rule_row(rule))


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a rule from a request, or refuse with ``invalid_rule``."""
    fields = {name: body.get(name, "").strip() for name in ("surface", "name", "target_key", "segment_id")}
    fields |= {name: body.get(name, "").strip().upper() for name in ("action", "target_type")}
    fields |= {
        "namespace": body.get("namespace", "").strip() or "default",
        "description": body.get("description", ""),
        "item_ids": wire.distinct(body.get("item_ids", [])),
        "boost_value": body.get("boost_value"),
        "max_pins": body.get("max_pins"),
        "priority": body.get("priority", 0),
        "enabled": body.get("enabled", True),
        "valid_from": _moment(body.get("valid_from"), "valid_from"),
        "valid_until": _moment(body.get("valid_until"), "valid_until"),
    }
    for problem in (_wrong_target(fields), _wrong_action(fields), _wrong_window(fields)):
        if problem:
            raise _invalid(problem)
    return fields


def _invalid(problem: str) -> ApiError:
    return bad_request("invalid_rule", problem)


def _moment(text: str | None, field: str) -> int | None:
    if not text:
        return None
    moment = parse_rfc3339(text)
    if moment is None:
        raise _invalid(f"{field} is not RFC 3339")
    return moment


def _wrong_target(rule: dict[str, Any]) -> str:
    for field in ("surface", "name"):
        if not rule[field]:
            return f"{field} is required"
    if rule["target_type"] not in TARGETS:
        return f"target_type must be one of {', '.join(TARGETS)}"
    if rule["target_type"] != ITEM and not rule["target_key"]:
        return "target_key is required"
    needs_items = rule["target_type"] == ITEM or rule["action"] == PIN
    return "item_ids is required" if needs_items and not rule["item_ids"] else ""


def _wrong_action(rule: dict[str, Any]) -> str:
    action, boost, pins = rule["action"], rule["boost_value"], rule["max_pins"]
    if action not in ACTIONS:
        return f"action must be one of {', '.join(ACTIONS)}"
    if action == BOOST and not boost:
        return "boost_value is required and not 0"
    if action != BOOST and boost is not None:
        return "boost_value is for BOOST only"
    if pins is not None and (action != PIN or pins <= 0):
        return "max_pins is for PIN only and above 0"
    return ""


def _wrong_window(rule: dict[str, Any]) -> str:
    begin, end = rule["valid_from"], rule["valid_until"]
    return (
        "valid_until must be after valid_from"
        if begin is not None and end is not None and end <= begin
        else ""
    )


def rule_row(rule: Rule) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(rule, name)
        for name in ("rule_id", "namespace", "surface", "name", "action", "target_type")
    }
    row |= {name: value for name in _OPTIONAL if (value := getattr(rule, name))}
    row |= {"priority": rule.priority, "enabled": rule.enabled}
    for name in ("valid_from", "valid_until"):
        if (moment := getattr(rule, name)) is not None:
            row[name] = whole_seconds(moment)
    return row | {"created_at": whole_seconds(rule.created), "updated_at": whole_seconds(rule.updated)}


def list_rules(service: Service, request: Request) -> Answer:
    wanted = _wanted(request.query)
    rules = service.rules.of(request.org, request.query.get("namespace") or "default")
    if request.query.get("active_now") == "true":
        rules = [rule for rule in rules if rule.active(service.clock.now())]
    chosen = [rule for rule in rules if all(getattr(rule, name) == value for name, value in wanted.items())]
    return answer({"rules": [rule_row(rule) for rule in chosen]})


def _wanted(query: Any) -> dict[str, Any]:
    """Return the rule fields that the query fixes."""
    wanted: dict[str, Any] = {name: query[name] for name in ("surface", "segment_id") if query.get(name)}
    if wanted.get("segment_id") == "null":
        wanted["segment_id"] = ""
    if enabled := query.get("enabled"):
        if enabled not in GO_BOOLS:
            raise bad_request("invalid_enabled", "enabled is not a bool")
        wanted["enabled"] = GO_BOOLS[enabled]
    for name, allowed in (("action", ACTIONS), ("target_type", TARGETS)):
        if value := query.get(name, "").strip().upper():
            if value not in allowed:
                raise bad_request(f"invalid_{name}", f"{name} must be one of {', '.join(allowed)}")
            wanted[name] = value
    return wanted
