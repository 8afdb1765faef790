"""The stand-in and an independent slow implementation of contract section 12 agree on random worlds."""

import json

import pytest
import standin_worlds as worlds
from oracle import Oracle

from pytest_recsim.standin import app as standin

ORG = b"7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"


def call(app, method, path, body=None):
    """Send one request without a server and return the decoded answer; anything but success fails."""
    scope = {
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"x-org-id", ORG)],
    }
    reply = app.reply(scope, json.dumps(body).encode())
    assert reply.status in (200, 201, 202), (path, body, reply)
    return json.loads(reply.body)


def load(items, traits, events, knobs, rules, types):
    """Return an application that holds this world."""
    app = standin.build(worlds.environ(knobs), worlds.NOW_US)
    for item in items:
        app.service.clock.frozen = item["created"]
        call(app, "POST", "/v1/items:upsert", {"namespace": "n", "items": [item]})
    app.service.clock.frozen = worlds.NOW_US
    users = [{"user_id": user, "traits": values} for user, values in traits.items()]
    call(app, "POST", "/v1/users:upsert", {"namespace": "n", "users": users})
    rows = [event | {"ts": worlds.rfc3339(event["ts"])} for event in events]
    call(app, "POST", "/v1/events:batch", {"namespace": "n", "events": rows})
    for rule in rules:
        call(app, "POST", "/v1/admin/rules", {"namespace": "n"} | rule)
    own = [{"type": code, "weight": weight, "half_life_days": half} for code, (weight, half) in types.items()]
    call(app, "POST", "/v1/event-types:upsert", {"namespace": "n", "types": own})
    return app


def compare(seed, requests=8):
    """Ask both sides the same questions in one random world; return how many lists were not empty."""
    rng, items, users, traits, events, knobs, rules, types = worlds.draw_world(seed)
    app = load(items, traits, events, knobs, rules, types)
    world = {
        "items": items,
        "traits": traits,
        "events": events,
        "knobs": knobs,
        "rules": rules,
        "types": types,
    }
    slow = Oracle(**world, now=worlds.NOW_US)
    full = 0
    for _ in range(requests):
        request = worlds.draw_request(rng, items, users)
        path = "/v1/rerank" if "items" in request else "/v1/recommendations"
        if "items" in request and not any(row["item_id"].strip() for row in request["items"]):
            continue
        got = call(app, "POST", path, request)
        want = slow.answer(request)
        context = f"seed {seed}: {json.dumps(request)}"
        assert [row["item_id"] for row in got["items"]] == [item_id for item_id, _ in want], context
        assert [row["score"] for row in got["items"]] == pytest.approx(
            [score for _, score in want], abs=1e-6
        ), context
        assert got["trace"]["extras"]["recent_event_count"] == slow.reported, context
        full += bool(want)
    return full


@pytest.mark.parametrize("block", range(4))
def test_ranking_equals_the_oracle_in_random_worlds(block):
    full = sum(compare(1000 * block + seed) for seed in range(20))
    assert full >= 80  # most lists have something to compare


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
def test_ranking_equals_the_oracle_on_five_thousand_requests(block):
    full = sum(compare(100_000 + 1000 * block + seed) for seed in range(63))
    assert full >= 300
