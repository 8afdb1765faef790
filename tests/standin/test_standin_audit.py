"""Contract section 9.2: recorded decisions, who gets recorded, and how the records are looked up."""

import hashlib
import uuid

import pytest
from standin_auditing import ON

from pytest_recsim.standin.settings.environment import SettingsError
from pytest_recsim.standin.state import audit

ORG = "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
LIST = "/v1/audit/decisions"
SEARCH = "/v1/audit/search"
FULL = {"explain_level": "full", "include_reasons": True}


def code(response):
    return response.status_code, response.json()["error"]


@pytest.fixture
def shop(start, make):
    """Return a client of a small recorded shop."""
    client = start(**ON)
    tags = [("books", "brand:b0"), ("books", "brand:b1"), ("home", "brand:b0"), ("home", "cat:x")]
    client.items(*(make.item(f"i{n}", *tags[n % 4], price=float(n)) for n in range(8)))
    client.users({"user_id": "u", "traits": {"segment": "regulars"}})
    crowd = [make.event(f"fan{fan}", f"i{n}") for n in range(8) for fan in range(8 - n)]
    client.events(*crowd, make.event("u", "i6", 2), make.event("u", "i7", 3))
    return client


def decisions(client, **query):
    return client.ok("GET", LIST, params={"namespace": "n"} | query)["decisions"]


def newest(client):
    """Return the full record of the newest decision."""
    return client.ok("GET", f"{LIST}/{decisions(client, limit='1')[0]['decision_id']}")


def test_nothing_is_recorded_unless_switched_on(client):
    client.recommend()
    assert client.app.service.audit is None
    assert decisions(client) == client.ok("POST", SEARCH, {"namespace": "n"})["decisions"] == []
    assert code(client.get(f"{LIST}/{uuid.uuid4()}")) == (500, "internal")


def test_a_record_tells_who_was_shown_what(shop):
    answer = shop.ok(
        "POST",
        "/v1/recommendations",
        {"namespace": "n", "user_id": "u", "k": 3, "context": {"surface": "home"}} | FULL,
        headers={"X-Org-ID": ORG, "X-Request-Id": "mine"},
    )
    (record,) = decisions(shop)
    assert uuid.UUID(record.pop("decision_id"))
    assert record.pop("user_hash") == hashlib.sha256(b"pepper:u").hexdigest()
    shown = [{name: row[name] for name in ("item_id", "score", "reasons")} for row in answer["items"]]
    assert record == {
        "namespace": "n",
        "ts": "2026-11-22T12:00:00.000000000Z",
        "surface": "home",
        "request_id": "mine",
        "k": 3,
        "final_items": shown,
        "extras": answer["trace"]["extras"],
    }


def test_a_full_record_adds_settings_candidates_and_selection(shop):
    limits = {"price_between": [0, 6], "exclude_item_ids": ["i0"], "created_after": "2026-11-22T12:00:00Z"}
    shop.recommend(
        constraints=limits | {"include_tags_any": ["books", "home"]},
        blend={"pop": 1},
        overrides={"brand_cap": 1, "profile_top_n": 5, "mmr_lambda": 0.5},
    )
    record = newest(shop)
    assert record["org_id"] == ORG
    config = record["effective_config"]
    assert (config["alpha"], config["beta"], config["gamma"]) == (1, 0, 0)
    assert (config["brand_cap"], config["profile_top_n"], config["half_life_days"]) == (1, 5, 5)
    assert record["constraints"]["price_between"] == [0, 6]
    assert record["constraints"]["exclude_item_ids"] == ["i0"]
    assert record["constraints"]["created_after"] == "2026-11-22T12:00:00.000000000Z"
    assert record["extras"]["policy"]["after_constraint_filters"] == len(record["candidates_pre"])


def test_a_record_without_constraints_or_selection_leaves_them_out(shop):
    shop.recommend()
    assert not {"constraints", "mmr_info", "caps"} & newest(shop).keys()


def test_candidates_are_those_from_before_the_rules_best_first(shop):
    shop.recommend()
    before = newest(shop)["candidates_pre"]
    assert before == shop.recommend()["items"]
    rule = {"namespace": "n", "surface": "default", "name": "r", "action": "BOOST", "target_type": "ITEM"}
    shop.ok("POST", "/v1/admin/rules", rule | {"item_ids": ["i3", "i5", "outside"], "boost_value": 2})
    shop.ok("POST", "/v1/admin/rules", rule | {"item_ids": ["i1"], "action": "PIN"})
    assert shop.recommend()["items"] != before
    assert newest(shop)["candidates_pre"] == before


@pytest.mark.parametrize("overrides", [{"mmr_lambda": 0.4}, {"brand_cap": 1, "category_cap": 1}])
def test_the_selection_on_record_is_the_one_that_was_explained(shop, overrides):
    rule = {"namespace": "n", "surface": "default", "name": "r", "target_type": "ITEM", "item_ids": ["i2"]}
    shop.ok("POST", "/v1/admin/rules", rule | {"action": "PIN"})
    shop.ok("POST", "/v1/admin/rules", rule | {"action": "BLOCK", "item_ids": ["i1"]})
    shop.ok("POST", "/v1/admin/rules", rule | {"action": "BOOST", "item_ids": ["i4"], "boost_value": 1})
    rows = {row["item_id"]: row["explain"] for row in shop.recommend(overrides=overrides, **FULL)["items"]}
    record = newest(shop)
    picks = {row["item_id"]: row for row in record["mmr_info"]}
    assert picks.keys() == {item_id for item_id in rows if item_id != "i2"}
    for item_id, pick in picks.items():
        explained = rows[item_id]["mmr"]
        assert pick["pick_index"] == explained["rank"] - 1
        for name in ("max_sim", "relevance", "penalty"):
            assert pick.get(name) == explained.get(name)
        uses = rows[item_id].get("caps", {})
        assert record.get("caps", {}).get(item_id, {}) == uses
        full = "brand" in uses and uses["brand"].get("count") == uses["brand"]["limit"]
        assert pick.get("brand_cap_hit", False) == full


def test_reranked_lists_are_on_record_with_ids_that_nobody_uploaded(shop):
    rows = [{"item_id": "ghost", "score": 3}, {"item_id": "i1", "score": 1}]
    shop.ok("POST", "/v1/rerank", {"namespace": "n", "user_id": "u", "items": rows})
    record = newest(shop)
    assert {row["item_id"] for row in record["candidates_pre"]} == {"ghost", "i1"}
    assert record["k"] == 2


def test_a_record_outlives_its_items_and_its_rank(shop):
    shop.recommend(overrides={"mmr_lambda": 0.4})
    record = newest(shop)
    for what in ("items", "events", "users"):
        shop.ok("POST", f"/v1/{what}:delete", {"namespace": "n"})
    assert newest(shop) == record


def test_windows_beyond_64_bits_are_shown_as_the_longest_there_is(shop):
    path = "/v1/admin/recommendation/config"
    config = shop.ok("GET", path)["config"] | {"co_vis_window_days": 1e308, "purchased_window_days": 1e308}
    shop.ok("POST", path, {"config": config})
    shop.recommend()
    assert newest(shop)["effective_config"]["co_vis_window_days"] == 2**63 - 1


def test_refused_requests_are_not_recorded(shop):
    shop.post("/v1/recommendations", {"namespace": "n"})
    assert decisions(shop) == []


def test_records_are_found_by_user_request_and_time_newest_first(shop):
    for minute, (user, request_id) in enumerate([("u", "a"), ("v", "b"), ("u", "c")]):
        headers = {"X-Org-ID": ORG, "X-Request-Id": request_id}
        shop.post("/v1/recommendations", {"namespace": "n", "user_id": user}, headers=headers)
        shop.app.service.clock.frozen += 60_000_000 * (minute < 2)

    def found(**filters):
        listed = [row["request_id"] for row in decisions(shop, **filters)]
        whole = filters | {"limit": int(filters["limit"])} if "limit" in filters else filters
        searched = shop.ok("POST", SEARCH, {"namespace": "n"} | whole)["decisions"]
        assert [row["request_id"] for row in searched] == listed
        return listed

    assert found() == ["c", "b", "a"]
    assert found(user_hash=hashlib.sha256(b"pepper:u").hexdigest()) == ["c", "a"]
    assert found(request_id="b") == ["b"]
    edge = "2026-11-22T12:01:00Z"
    assert (found(**{"from": edge}), found(to=edge)) == (["c", "b"], ["b", "a"])
    assert found(limit="2") == ["c", "b"]
    assert found(limit="-1") == found(limit="501") == found(limit="0") == ["c", "b", "a"]


def test_records_belong_to_their_org_and_namespace(shop):
    shop.recommend()
    decision_id = decisions(shop)[0]["decision_id"]
    other = {"X-Org-ID": "00000000-0000-0000-0000-000000000002"}
    assert decisions(shop, namespace="m") == []
    assert shop.get(LIST, params={"namespace": "n"}, headers=other).json() == {"decisions": []}
    assert code(shop.get(f"{LIST}/{decision_id}", headers=other)) == (500, "internal")


def test_without_a_request_id_one_is_made_up(shop):
    shop.recommend()
    shop.recommend()
    ids = {row["request_id"] for row in decisions(shop)}
    assert len(ids) == 2
    assert all(ids)


@pytest.mark.parametrize(
    ("query", "said"), [({"from": "soon"}, "soon"), ({"to": "2026-11-22"}, "RFC 3339"), ({"limit": "ten"}, "ten")]
)  # fmt: skip
def test_a_bad_filter_is_explained_where_the_code_belongs(shop, query, said):
    status, error = code(shop.get(LIST, params={"namespace": "n"} | query))
    assert (status, said in error, " " in error) == (400, True, True)


def test_bad_searches_and_ids_have_codes_except_for_an_unknown_id(shop):
    assert code(shop.get(LIST)) == code(shop.post(SEARCH, {})) == (400, "missing_namespace")
    for body in (b"{", b'{"namespace":"n","limit":"5"}', b"[]"):
        assert code(shop.post(SEARCH, body)) == (400, "invalid_payload")
    assert code(shop.post(SEARCH, b"")) == (500, "internal")
    status, error = code(shop.post(SEARCH, {"namespace": "n", "from": "soon"}))
    assert (status, "soon" in error) == (400, True)
    assert code(shop.get(f"{LIST}/nonsense")) == (400, "invalid_decision_id")
    assert code(shop.get(f"{LIST}/{uuid.uuid4()}")) == (500, "internal")
    assert shop.post(LIST, {}).status_code == 405


@pytest.mark.parametrize(
    ("default", "overrides", "kept"),
    [("1", "-", 8), ("0", "-", 8), ("0.25", "", 2), ("0.75", "-", 6), ("1", "N=0.5", 4), ("0.25", "m=1", 2), ("1", "n=0", 0)],
)  # fmt: skip
def test_the_sample_takes_its_share_and_repeats(start, default, overrides, kept):
    changes = {"AUDIT_DECISIONS_SAMPLE_DEFAULT": default, "AUDIT_DECISIONS_SAMPLE_OVERRIDES": overrides}
    runs = []
    for _ in range(2):
        client = start(**ON | changes)
        for n in range(8):
            client.recommend(f"u{n}")
        runs.append(decisions(client))
    assert len(runs[0]) == kept
    assert runs[0] == runs[1]


def test_the_oldest_records_make_room_by_number(shop, monkeypatch):
    monkeypatch.setattr(audit, "MOST_KEPT", 3)
    for n in range(5):
        shop.recommend(f"u{n}")
    hashes = [hashlib.sha256(f"pepper:u{n}".encode()).hexdigest() for n in (4, 3, 2)]
    assert [row["user_hash"] for row in decisions(shop)] == hashes


def test_the_oldest_records_make_room_by_size(shop, make, monkeypatch):
    shop.recommend()
    monkeypatch.setattr(audit, "MOST_BYTES", 100_000)
    for n in range(30):
        shop.recommend(f"u{n}")
    few = len(decisions(shop))
    assert 1 < few < 30
    for n in range(30):  # every write makes a catalogue of its own, and records hold on to theirs
        shop.items(make.item("i0"))
        shop.recommend(f"u{n}")
    assert 1 <= len(decisions(shop)) < few
    context = {"padding": "x" * 50_000}
    shop.recommend(context=context)
    assert len(decisions(shop)) == 1


def test_auditing_demands_its_settings_but_not_the_secret_one(start):
    on = {"AUDIT_DECISIONS_ENABLED": "yes"}
    with pytest.raises(SettingsError) as failure:
        start(**on, AUDIT_DECISIONS_BATCH="0", AUDIT_DECISIONS_SAMPLE_OVERRIDES="n=2")
    assert sorted(problem.split(" ")[0] for problem in failure.value.problems) == [
        "AUDIT_DECISIONS_BATCH",
        "AUDIT_DECISIONS_FLUSH_INTERVAL",
        "AUDIT_DECISIONS_QUEUE",
        "AUDIT_DECISIONS_SAMPLE_DEFAULT",
        "AUDIT_DECISIONS_SAMPLE_OVERRIDES",
    ]
    start(AUDIT_DECISIONS_ENABLED="false", AUDIT_DECISIONS_BATCH="nonsense")
    assert start(**ON | {"AUDIT_DECISIONS_SALT": ""}).app.service.audit is not None


def test_production_records_unless_told_otherwise(start):
    rest = {name: value for name, value in ON.items() if name != "AUDIT_DECISIONS_ENABLED"}
    assert start(ENV="production", **rest).app.service.audit is not None
    assert start(ENV="production", AUDIT_DECISIONS_ENABLED="false").app.service.audit is None
    with pytest.raises(SettingsError, match="AUDIT_DECISIONS_QUEUE is required"):
        start(ENV="production")
