"""Segments and segment profiles over HTTP (contract 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import bad_request, refused_by_database
from pytest_recsim.standin.http.messages import OK, Answer, Request, answer
from pytest_recsim.standin.settings.clock import whole_seconds
from pytest_recsim.standin.state.segment_rules import well_formed
from pytest_recsim.standin.state.segmentbook import Profile, Segment

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service

_PROFILE_KNOBS = (
    dict.fromkeys(
        (
            "blend_alpha",
            "blend_beta",
            "blend_gamma",
            "mmr_lambda",
            "profile_boost",
            "profile_window_days",
            "half_life_days",
        ),
        wire.number,
    )
    | dict.fromkeys(
        (
            "brand_cap",
            "category_cap",
            "profile_top_n",
            "co_vis_window_days",
            "purchased_window_days",
            "popularity_fanout",
        ),
        wire.integer,
    )
    | {
        "rule_exclude_events": wire.flag,
        "exclude_event_types": wire.ListOf(wire.int16, 0, "[]int16"),
        "brand_tag_prefixes": wire.texts,
        "category_tag_prefixes": wire.texts,
    }
)
_ZEROES: dict[Any, Any] = {wire.number: 0.0, wire.integer: 0, wire.flag: False}
_PROFILE = wire.Fields(
    "types.SegmentProfile", {"profile_id": wire.text, "description": wire.text} | _PROFILE_KNOBS
)
_PROFILES = wire.Fields(
    "types.SegmentProfilesUpsertRequest",
    {"namespace": wire.text, "profiles": wire.ListOf(_PROFILE, dict, "[]types.SegmentProfile")},
)
_RULE = wire.Fields(
    "types.SegmentRule",
    {"rule_id": wire.integer, "rule": wire.anything, "enabled": wire.flag, "description": wire.text},
)
_SEGMENT = wire.Fields(
    "types.Segment",
    dict.fromkeys(("segment_id", "name", "profile_id", "description"), wire.text)
    | {
        "priority": wire.integer,
        "active": wire.flag,
        "rules": wire.ListOf(_RULE, dict, "[]types.SegmentRule"),
    },
)
_SEGMENT_BODY = wire.Fields("types.SegmentUpsertRequest", {"namespace": wire.text, "segment": _SEGMENT})
_IDS = wire.Fields("types.IDList", {"namespace": wire.text, "ids": wire.texts})
_TRY = wire.Fields(
    "types.SegmentDryRunRequest",
    {
        "namespace": wire.text,
        "user_id": wire.text,
        "context": wire.MapOf(wire.anything, "map[string]interface {}"),
        "traits": wire.MapOf(wire.anything, "map[string]interface {}"),
    },
)


def _name(body: dict[str, Any]) -> str:
    return body.get("namespace") or "default"


def list_profiles(service: Service, request: Request) -> Answer:
    name = request.query.get("namespace") or "default"
    profiles = service.segments.profiles(request.org, name)
    return answer({"namespace": name, "profiles": [_profile_row(profiles[key]) for key in sorted(profiles)]})


def _profile_row(profile: Profile) -> dict[str, Any]:
    row: dict[str, Any] = {"profile_id": profile.profile_id}
    if profile.description:
        row["description"] = profile.description
    return (
        row
        | profile.knobs
        | {"created_at": whole_seconds(profile.created), "updated_at": whole_seconds(profile.updated)}
    )


def upsert_profiles(service: Service, request: Request) -> Answer:
    body = request.read(_PROFILES)
    rows = body.get("profiles", [])
    if not rows:
        raise bad_request("empty_profiles")
    if not all(row.get("profile_id", "").strip() for row in rows):
        raise bad_request("missing_profile_id")
    stored = service.segments.profiles(request.org, _name(body))
    now = service.clock.now()
    for row in rows:
        profile_id = row["profile_id"].strip()
        # An omitted knob is a zero value, not the one stored before.
        knobs = {name: row.get(name, _ZEROES.get(read, [])) for name, read in _PROFILE_KNOBS.items()}
        created = stored[profile_id].created if profile_id in stored else now
        stored[profile_id] = Profile(
            profile_id=profile_id,
            description=row.get("description", ""),
            knobs=knobs,
            created=created,
            updated=now,
        )
    return OK


def delete_profiles(service: Service, request: Request) -> Answer:
    body, ids = _ids(request)
    used = {segment.profile_id for segment in service.segments.segments(request.org, _name(body)).values()}
    if used & set(ids):
        raise refused_by_database("a segment still refers to the profile", "foreign_key_violation")
    for profile_id in ids:
        service.segments.profiles(request.org, _name(body)).pop(profile_id, None)
    return OK


def _ids(request: Request) -> tuple[dict[str, Any], list[str]]:
    body = request.read(_IDS)
    if not body.get("ids"):
        raise bad_request("empty_ids")
    return body, body["ids"]


def list_segments(service: Service, request: Request) -> Answer:
    name = request.query.get("namespace") or "default"
    segments = service.segments.segments(request.org, name).values()
    ordered = sorted(segments, key=lambda segment: (-segment.priority, segment.segment_id))
    return answer({"namespace": name, "segments": [_segment_row(segment) for segment in ordered]})


def _segment_row(segment: Segment) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(segment, name) for name in ("segment_id", "name", "priority", "active", "profile_id")
    }
    if segment.description:
        row["description"] = segment.description
    row["rules"] = segment.rules
    return row | {"created_at": whole_seconds(segment.created), "updated_at": whole_seconds(segment.updated)}


def upsert_segment(service: Service, request: Request) -> Answer:
    body = request.read(_SEGMENT_BODY)
    row, name = body.get("segment", {}), _name(body)
    for field in ("segment_id", "profile_id"):
        if not row.get(field, "").strip():
            raise bad_request(f"missing_{field}")
    if row["profile_id"].strip() not in service.segments.profiles(request.org, name):
        raise refused_by_database("the profile does not exist", "foreign_key_violation")
    stored = service.segments.segments(request.org, name)
    segment = _segment(service, row, stored.get(row["segment_id"].strip()))
    stored[segment.segment_id] = segment
    return OK


def _segment(service: Service, row: dict[str, Any], old: Segment | None) -> Segment:
    now = service.clock.now()
    rules = tuple(_rule(service, rule) for rule in row.get("rules", []))
    return Segment(
        segment_id=row["segment_id"].strip(),
        name=row.get("name", ""),
        priority=row.get("priority", 0),
        active=row.get("active", False),
        profile_id=row["profile_id"].strip(),
        description=row.get("description", ""),
        rules=rules,
        created=old.created if old else now,
        updated=now,
    )


def _rule(service: Service, row: dict[str, Any]) -> dict[str, Any]:
    rule = row.get("rule", {})
    if rule != {} and not well_formed(rule):
        raise bad_request("invalid_rule", "a segment rule is an object with one known operator")
    stored = {"rule_id": service.next_serial(), "rule": rule, "enabled": row.get("enabled", False)}
    return stored | ({"description": row["description"]} if row.get("description") else {})


def delete_segments(service: Service, request: Request) -> Answer:
    body, ids = _ids(request)
    for segment_id in ids:
        service.segments.segments(request.org, _name(body)).pop(segment_id, None)
    return OK


def dry_run(service: Service, request: Request) -> Answer:
    """Tell which segment a user, or made-up traits, would fall into."""
    body = request.read(_TRY)
    name, user_id, context = _name(body), body.get("user_id", ""), body.get("context", {})
    user = service.peek(request.org, name).users.get(user_id)
    traits = body.get("traits", user.traits if user else {})
    facts = {
        "user": {"id": user_id, "traits": traits},
        "ctx": context,
        "request": {"namespace": name, "k": 0, "surface": context.get("surface") or "default"},
    }
    match = service.segments.match(request.org, name, facts, service.clock.now())
    if match is None:
        return answer({"matched": False})
    found: dict[str, Any] = {
        "matched": True,
        "segment_id": match.segment.segment_id,
        "profile_id": match.segment.profile_id,
    }
    return answer(found | ({} if match.rule_id is None else {"matched_rule_id": match.rule_id}))
