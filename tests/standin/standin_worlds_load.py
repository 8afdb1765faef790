"""Sending a random world to a stand-in in this process."""

import json

import standin_worlds as worlds

from pytest_recsim.standin.process import app as standin

ORG = b"7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
# The live knobs by variable, with their key in the admin document where it has another name.
LIVE = {
    "blend_alpha": "",
    "blend_beta": "",
    "blend_gamma": "",
    "popularity_halflife_days": "half_life_days",
    "popularity_fanout": "",
    "covis_window_days": "co_vis_window_days",
    "mmr_lambda": "",
    "brand_cap": "",
    "category_cap": "",
    "brand_tag_prefixes": "",
    "category_tag_prefixes": "",
    "rule_exclude_events": "",
    "exclude_event_types": "",
    "purchased_window_days": "",
    "profile_window_days": "",
    "profile_boost": "",
    "profile_top_n": "profile_top_n_tags",
    "profile_min_events_for_boost": "",
    "profile_cold_start_multiplier": "",
    "profile_starter_blend_weight": "",
    "recommendation_max_k": "max_k",
    "recommendation_max_fanout": "max_fanout",
    "recommendation_max_exclude_ids": "max_exclude_ids",
    "recommendation_max_anchors_injected": "max_anchors_injected",
    "rules_enabled": "",
}
# What the process starts with when a document is to replace it: nothing that any world draws.
OTHER = {
    "BLEND_ALPHA": "9",
    "BLEND_BETA": "9",
    "BLEND_GAMMA": "9",
    "POPULARITY_HALFLIFE_DAYS": "99",
    "POPULARITY_FANOUT": "2",
    "COVIS_WINDOW_DAYS": "1",
    "MMR_LAMBDA": "0.9",
    "BRAND_CAP": "7",
    "CATEGORY_CAP": "7",
    "BRAND_TAG_PREFIXES": "home",
    "CATEGORY_TAG_PREFIXES": "home",
    "PURCHASED_WINDOW_DAYS": "1",
    "PROFILE_WINDOW_DAYS": "1",
    "PROFILE_BOOST": "7",
    "PROFILE_TOP_N": "7",
}


def send(app, method, path, body=None, query=b""):
    """Send one request without a server."""
    scope = {
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(b"x-org-id", ORG)],
    }
    return app.reply(scope, b"" if body is None else json.dumps(body).encode())


def call(app, method, path, body=None, query=b""):
    """Send one request and return the decoded answer; anything but success fails."""
    reply = send(app, method, path, body, query)
    assert reply.status in (200, 201, 202), (path, body, reply)
    return json.loads(reply.body)


def environ(knobs):
    """Return the knobs as environment variables."""

    def written(name, value):
        if name in ("blend_weights_overrides", "blend_segment_overrides"):
            return ",".join(f"{key}={'|'.join(map(str, weights))}" for key, weights in value.items())
        if isinstance(value, list):
            return ",".join(map(str, value))
        return json.dumps(value) if isinstance(value, dict) else str(value)

    return {name.upper(): written(name, value) for name, value in knobs.items() if value is not None}


def start(world, *quirks):
    """Return an application that runs with the knobs of this world, however they arrive."""
    if world.live == "env":
        return standin.build(
            environ({name: value for name, value in world.knobs.items() if name != "rules_enabled"}),
            worlds.NOW_US,
            *quirks,
        )
    fixed = {name: value for name, value in world.knobs.items() if name not in LIVE}
    app = standin.build(environ(fixed) | OTHER, worlds.NOW_US, *quirks)
    document = {key or name: world.knobs[name] for name, key in LIVE.items()}
    call(app, "POST", "/v1/admin/recommendation/config", {"config": document})
    return app


def load(world, *quirks):
    """Return an application that holds this world; its merchandise gets the ids and the times of its creation."""
    app = start(world, *quirks)
    for item in world.items:
        app.service.clock.frozen = item["created"]
        call(app, "POST", "/v1/items:upsert", {"namespace": "n", "items": [item]})
    users = [{"user_id": user, "traits": values} for user, values in world.traits.items()]
    call(app, "POST", "/v1/users:upsert", {"namespace": "n", "users": users})
    rows = [event | {"ts": worlds.rfc3339(event["ts"])} for event in world.events]
    call(app, "POST", "/v1/events:batch", {"namespace": "n", "events": rows})
    own = [
        {"type": code, "weight": weight, "half_life_days": half, "is_active": active}
        for code, (weight, half, active) in world.types.items()
    ]
    call(app, "POST", "/v1/event-types:upsert", {"namespace": "n", "types": own})
    if world.profiles:
        profiles = {"namespace": "n", "profiles": world.profiles}
        call(app, "POST", "/v1/segment-profiles:upsert", profiles)
    for segment in world.segments:
        call(app, "POST", "/v1/segments:upsert", {"namespace": "n", "segment": segment})
    _set_up(app, world)
    app.service.clock.frozen = worlds.NOW_US
    return app


def _set_up(app, world):
    """Create rules and manual overrides a minute apart, then cancel what is cancelled."""
    paths = {"rule": "/v1/admin/rules", "override": "/v1/admin/manual_overrides"}
    first = worlds.NOW_US - 3_600_000_000
    for minute, (kind, body, _) in enumerate(world.merchandise):
        body["created"] = app.service.clock.frozen = first + 60_000_000 * minute
        sent = {name: value for name, value in body.items() if name != "created"}
        answer = call(app, "POST", paths[kind], {"namespace": "n"} | sent)
        body |= {name: answer[name] for name in ("rule_id", "override_id") if name in answer}
    for kind, body, cancelled in world.merchandise:
        if kind == "override" and cancelled and _alive(body):
            call(app, "POST", f"{paths[kind]}/{body['override_id']}/cancel")


def _alive(body):
    return "expires_at" not in body or worlds.micros(body["expires_at"]) >= worlds.NOW_US
