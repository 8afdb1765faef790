"""Contract section 1: headers, routing, JSON rules, errors, keys and limits."""

import json

import pytest

ORG = "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
LIST = "/v1/items?namespace=n"


def code(response):
    return response.status_code, response.json()["error"]


def test_health_and_version_need_no_org(client):
    assert client.get("/health", headers={}).json() == {"status": "ok"}
    assert client.get("/version", headers={}).json() == {
        "git_commit": "unknown",
        "build_time": "2026-11-22T12:00:00Z",
        "model_version": "blend_v1",
    }


def test_an_org_header_is_demanded_before_the_path_is_looked_at(client):
    assert code(client.get("/v1/nonsense", headers={})) == (400, "missing_org_id")
    refused = client.get(LIST, headers={"X-Org-ID": "acme"})
    assert code(refused) == (400, "invalid_org_id")
    assert refused.json()["details"] == {"value": "acme"}


@pytest.mark.parametrize(
    "spelling", [ORG, ORG.upper(), ORG.replace("-", ""), f"{{{ORG}}}", f"urn:uuid:{ORG}"]
)
def test_every_spelling_of_a_uuid_is_the_same_tenant(client, spelling):
    client.items({"item_id": "a"})
    assert client.get(LIST, headers={"X-Org-ID": spelling}).json()["total"] == 1


def test_tenants_do_not_see_each_other(client):
    client.items({"item_id": "a"})
    other = {"X-Org-ID": "00000000-0000-0000-0000-000000000002"}
    assert client.get(LIST, headers=other).json()["total"] == 0


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/nonsense", "OPTIONS"),
        ("GET", "/v1/items/", "OPTIONS"),
        ("GET", "/v1/recommendations", "POST, OPTIONS"),
        ("DELETE", "/v1/admin/rules/7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a", "PUT, OPTIONS"),
        ("PATCH", "/v1/admin/rules", "GET, POST, OPTIONS"),
        ("HEAD", "/health", "GET, OPTIONS"),
    ],
)
def test_unknown_paths_and_methods_are_405_with_allow_and_no_body(client, method, path, allow):
    response = client.send(method, path)
    assert (response.status_code, response.headers["allow"], response.content) == (405, allow, b"")


def test_errors_carry_code_message_correlation_and_time(client):
    body = client.get("/v1/items", headers={"X-Org-ID": ORG, "X-Request-Id": "mine"}).json()
    assert set(body) == {"error", "message", "correlation_id", "timestamp"}
    assert (body["error"], body["correlation_id"]) == ("missing_namespace", "mine")
    assert body["timestamp"] == "2026-11-22T12:00:00.000000000Z"
    assert client.get("/v1/items").json()["correlation_id"]


def test_content_types_are_json_except_for_event_types(client):
    assert client.get(LIST).headers["content-type"] == "application/json"
    assert client.get("/v1/event-types?namespace=n").headers["content-type"] == "text/plain; charset=utf-8"


def test_angle_brackets_are_escaped_inside_strings(client):
    client.items({"item_id": "<a&b>"})
    response = client.get(LIST)
    assert b"\\u003ca\\u0026b\\u003e" in response.content
    assert response.json()["items"][0]["item_id"] == "<a&b>"


def test_keys_match_in_any_case_and_unknown_ones_are_ignored(client):
    client.ok(
        "POST", "/v1/items:upsert", {"NameSpace": "n", "ITEMS": [{"Item_ID": "a", "Price": 2, "color": 1}]}
    )
    assert client.get(LIST).json()["items"][0]["price"] == 2


@pytest.mark.parametrize("body", [b"null", b"{}", b'{"namespace":"n"} trailing', b' {"items":null}'])
def test_null_missing_and_trailing_text_are_accepted(client, body):
    assert client.post("/v1/items:upsert", body).status_code == 202


def test_an_empty_body_is_a_500_and_broken_json_a_400(client):
    assert code(client.post("/v1/items:upsert", b"")) == (500, "internal")
    assert code(client.post("/v1/items:upsert", b'{"items":[')) == (400, "invalid_json")
    assert code(client.post("/v1/items:upsert", b'{"items":NaN}')) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("path", "body", "field", "expected"),
    [
        ("/v1/items:upsert", {"items": [{"price": "5"}]}, "items.price", "float64"),
        ("/v1/items:upsert", {"items": {}}, "items", "[]types.Item"),
        ("/v1/items:upsert", [], "", "types.ItemsUpsertRequest"),
        ("/v1/events:batch", {"events": [{"type": 1.0}]}, "events.type", "int16"),
        ("/v1/events:batch", {"events": [{"type": 40000}]}, "events.type", "int16"),
        ("/v1/recommendations", {"k": 5.0}, "k", "int"),
        ("/v1/recommendations", {"k": "5"}, "k", "int"),
        ("/v1/recommendations", {"overrides": {"popularity_halflife_days": 7.0}}, "overrides.popularity_halflife_days", "int"),
        ("/v1/recommendations", {"k": True}, "k", "int"),
    ],
)  # fmt: skip
def test_wrong_json_types_name_the_field_and_the_type(client, path, body, field, expected):
    response = client.post(path, json.dumps(body).encode())
    assert code(response) == (400, "invalid_json_type")
    assert response.json()["details"] == {"field": field, "expected": expected}


def test_api_keys_are_checked_after_the_org_and_before_anything_else(start):
    client = start(API_AUTH_ENABLED="true", API_AUTH_KEYS=f"all:*,one:{ORG}")
    other = "00000000-0000-0000-0000-000000000002"
    assert code(client.get(LIST, headers={"X-API-Key": "bad"})) == (400, "missing_org_id")
    assert code(client.get(LIST)) == (401, "unauthorized")
    assert code(client.get(LIST, headers={"X-Org-ID": ORG, "X-API-Key": "bad"})) == (401, "unauthorized")
    assert code(client.get(LIST, headers={"X-Org-ID": other, "X-API-Key": "one"})) == (403, "forbidden")
    assert client.get(LIST, headers={"X-Org-ID": ORG, "X-API-Key": "one"}).status_code == 200
    assert client.get(LIST, headers={"X-Org-ID": other, "X-API-Key": "all"}).status_code == 200
    assert client.get("/health", headers={}).status_code == 200


def test_the_rate_limit_refuses_beyond_the_burst_without_retry_after(start):
    client = start(API_RATE_LIMIT_RPM=1, API_RATE_LIMIT_BURST=3)
    answers = [client.get(LIST) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert code(answers[-1]) == (429, "rate_limited")
    assert "retry-after" not in answers[-1].headers
    elsewhere = {"X-Org-ID": ORG, "X-Forwarded-For": "10.0.0.9"}
    assert client.get(LIST, headers=elsewhere).status_code == 200
    assert client.get("/health").status_code == 200


def test_a_nul_character_is_refused_by_the_database(client):
    response = client.post("/v1/items:upsert", b'{"items":[{"item_id":"a\\u0000"}]}')
    assert code(response) == (422, "constraint_violation")
    assert code(client.get("/v1/items?namespace=%00")) == (422, "constraint_violation")
    assert code(client.get("/v1/users?namespace=n&user_id=a%00")) == (422, "constraint_violation")


def test_a_nul_character_under_an_unknown_key_does_not_matter(client):
    assert client.post("/v1/items:upsert", b'{"color":"\\u0000"}').status_code == 202
    assert code(client.post("/v1/items:upsert", b'{"items":5,"color":"\\u0000"}')) == (
        400,
        "invalid_json_type",
    )


def test_nesting_beyond_what_the_database_takes_is_a_422(client):
    deep = b"[" * 200_000 + b"]" * 200_000
    body = b'{"items":[{"props":' + deep + b"}]}"
    assert code(client.post("/v1/items:upsert", body)) == (422, "constraint_violation")
    text = b'{"items":[{"props":"' + deep + b'"}]}'
    assert code(client.post("/v1/items:upsert", text)) == (422, "constraint_violation")


def test_a_key_is_scoped_to_an_org_in_whatever_spelling(start):
    client = start(API_AUTH_ENABLED="true", API_AUTH_KEYS=f"one:{ORG.upper().replace('-', '')}")
    assert client.get(LIST, headers={"X-Org-ID": ORG, "X-API-Key": "one"}).status_code == 200
