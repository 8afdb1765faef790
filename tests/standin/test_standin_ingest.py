"""Contract sections 2 to 4: what a write stores, what a missing field means, listing and deleting."""

import pytest
import standin_worlds as worlds


def rows(client, what, **query):
    return client.ok("GET", f"/v1/{what}", params={"namespace": "n"} | query)["items"]


def code(response):
    return response.status_code, response.json()["error"]


def test_a_bare_item_is_unavailable_and_empty(client):
    client.items({"item_id": "a"})
    (row,) = rows(client, "items")
    assert row == {
        "item_id": "a",
        "available": False,
        "price": None,
        "tags": [],
        "props": "{}",
        "category_path": [],
        "created_at": "2026-11-22T12:00:00Z",
        "updated_at": "2026-11-22T12:00:00Z",
    }


def test_an_update_resets_tags_and_availability_but_keeps_price_and_texts(client, make):
    client.items(
        make.item("a", "x", price=12.345, brand="Acme", props={"z": 1, "y": [1]}, category_path=["A"])
    )
    client.app.service.clock.frozen += 5_000_000
    client.items({"item_id": "a"})
    (row,) = rows(client, "items")
    assert (row["available"], row["tags"], row["props"], row["category_path"]) == (False, [], "{}", [])
    assert (row["price"], row["brand"]) == (12.35, "Acme")
    assert (row["created_at"], row["updated_at"]) == ("2026-11-22T12:00:00Z", "2026-11-22T12:00:05Z")


def test_json_columns_come_back_as_text_in_the_order_of_the_database(client):
    client.items({"item_id": "a", "props": {"bb": 1, "c": [1, {"x": None}], "é": "ü", "a": 1.5}})
    client.users({"user_id": "u", "traits": '{"segment": "x"}'})
    assert rows(client, "items")[0]["props"] == '{"a": 1.5, "c": [1, {"x": null}], "bb": 1, "é": "ü"}'
    assert rows(client, "users")[0]["traits"] == '{"segment": "x"}'


def test_one_bad_row_rejects_the_whole_batch(client):
    bad = [{"item_id": "a"}, {"item_id": "b", "props": "hello"}]
    assert code(client.post("/v1/items:upsert", {"namespace": "n", "items": bad})) == (
        422,
        "constraint_violation",
    )
    expensive = [{"item_id": "a"}, {"item_id": "b", "price": 1e10}]
    assert code(client.post("/v1/items:upsert", {"namespace": "n", "items": expensive})) == (
        422,
        "constraint_violation",
    )
    assert rows(client, "items") == []


@pytest.mark.parametrize(
    "props", [b'{"a":1e400}', b"[[-1e999]]", b'"{\\"a\\":\\"\\\\u0000\\"}"', b'"{\\"a\\":1e400}"']
)
def test_json_that_the_database_cannot_keep_is_refused(client, props):
    body = b'{"namespace":"n","items":[{"item_id":"a","props":' + props + b"}]}"
    assert code(client.post("/v1/items:upsert", body)) == (422, "constraint_violation")
    assert rows(client, "items") == []


def test_a_price_that_rounds_to_nothing_has_no_sign(client):
    client.items({"item_id": "a", "price": -0.001})
    assert b'"price":0.0,' in client.get("/v1/items?namespace=n").content


def test_the_last_of_two_rows_with_one_id_wins(client, make):
    client.items(make.item("a", "x"), make.item("a", "y"))
    assert [row["tags"] for row in rows(client, "items")] == [["y"]]


def test_an_embedding_has_384_numbers(client):
    response = client.post("/v1/items:upsert", {"items": [{"embedding": []}, {"embedding": [1.0]}]})
    assert code(response) == (400, "embedding_dim_mismatch")
    assert response.json()["details"] == {"index": 1, "got": 1}


def test_an_embedding_is_kept_in_single_precision(client, make):
    huge = [{"item_id": "a", "embedding": [0.0] * 383 + [-1e39]}]
    assert code(client.post("/v1/items:upsert", {"items": huge})) == (422, "constraint_violation")
    client.items(*(make.item(name, embedding=[3e38] * 384) for name in "ab"))
    (near,) = client.ok("GET", "/v1/items/a/similar?namespace=n")
    assert near["score"] == pytest.approx(1)


def test_a_missing_namespace_is_stored_out_of_reach(client):
    client.ok("POST", "/v1/items:upsert", {"items": [{"item_id": "a"}]})
    assert rows(client, "items") == []
    assert code(client.get("/v1/items?namespace=")) == (400, "missing_namespace")


def test_a_bare_event_is_a_worthless_view_of_now(client):
    client.events({"timestamp": "2020-01-01T00:00:00Z"})
    (row,) = rows(client, "events")
    assert row == {
        "user_id": "",
        "item_id": "",
        "type": 0,
        "value": 0,
        "ts": "2026-11-22T12:00:00Z",
        "meta": "{}",
        "source_event_id": None,
    }


@pytest.mark.parametrize(
    "ts", ["2026-11-22", "2026-11-22T12:00:00", "2026-11-22 12:00:00Z", "2026-13-01T00:00:00Z", "",
     "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]
)  # fmt: skip
def test_a_time_stamp_without_offset_is_refused(client, ts):
    response = client.post("/v1/events:batch", {"events": [{}, {"ts": ts}]})
    assert code(response) == (400, "invalid_timestamp")
    assert response.json()["details"] == {"index": 1, "value": ts}


def test_time_stamps_are_read_with_their_offset_and_cut_to_seconds(client, make):
    client.events(make.event("u", "a", ts="2026-11-20T10:00:00.9999999+02:00"))
    assert rows(client, "events")[0]["ts"] == "2026-11-20T08:00:00Z"


def test_early_years_are_written_with_four_digits(client, make):
    client.events(make.event("u", "a", ts="0407-11-12T09:07:16.5Z"))
    assert rows(client, "events")[0]["ts"] == "0407-11-12T09:07:16Z"


def test_a_repeated_source_event_id_is_ignored_and_the_first_one_wins(client, make):
    client.events(make.event("u", "a", source_event_id="s"), make.event("u", "b", source_event_id="s"))
    client.events(make.event("u", "c", source_event_id="s"), make.event("u", "d"), make.event("u", "d"))
    assert sorted(row["item_id"] for row in rows(client, "events")) == ["a", "d", "d"]
    client.ok("POST", "/v1/events:delete", {"namespace": "n", "item_id": "a"})
    client.events(make.event("u", "c", source_event_id="s"))
    assert sorted(row["item_id"] for row in rows(client, "events")) == ["c", "d", "d"]


@pytest.mark.parametrize(
    ("limit", "shown"), [("2", 2), ("0", 100), ("-1", 100), ("x", 100), ("1001", 100), ("1000", 150), ("+2", 2),
     ("1_0", 100), (" 2", 100), ("\u0663", 100), ("2.0", 100), ("9" * 30, 100)]
)  # fmt: skip
def test_an_unusable_limit_silently_becomes_100(client, limit, shown):
    client.items(*({"item_id": f"i{n:03d}"} for n in range(150)))
    page = client.ok("GET", "/v1/items", params={"namespace": "n", "limit": limit, "offset": "-3"})
    assert (len(page["items"]), page["total"], page["offset"]) == (shown, 150, 0)
    assert page["has_more"] == (shown < 150) == ("next_offset" in page)


@pytest.mark.parametrize("offset", ["-3", "x", "1_0", "9" * 30])
def test_an_unusable_offset_silently_becomes_0(client, offset):
    client.items({"item_id": "a"})
    page = client.ok("GET", "/v1/items", params={"namespace": "n", "offset": offset})
    assert (page["offset"], len(page["items"])) == (0, 1)


def test_paging_visits_every_event_once_newest_first(client, make):
    client.events(*(make.event("u", f"i{n}", days=n % 7) for n in range(25)))
    seen, offset = [], 0
    while offset is not None:
        page = client.ok("GET", "/v1/events", params={"namespace": "n", "limit": "10", "offset": str(offset)})
        seen += page["items"]
        offset = page.get("next_offset")
    assert sorted(row["item_id"] for row in seen) == sorted(f"i{n}" for n in range(25))
    assert [row["ts"] for row in seen] == sorted((row["ts"] for row in seen), reverse=True)


def test_event_filters_apply_and_dates_are_inclusive(client, make):
    client.events(make.event("u", "a", 1), make.event("u", "b", 2, kind=3), make.event("v", "a", 3))
    assert [row["item_id"] for row in rows(client, "events", user_id="u")] == ["a", "b"]
    assert [row["item_id"] for row in rows(client, "events", event_type="3")] == ["b"]
    assert len(rows(client, "events", event_type="x")) == 3
    edge = worlds.rfc3339(worlds.NOW_US - 2 * worlds.DAY)
    assert [row["item_id"] for row in rows(client, "events", created_after=edge)] == ["a", "b"]
    assert len(rows(client, "events", created_before="yesterday")) == 2
    assert code(client.get("/v1/events", params={"namespace": "n", "created_after": "garbage"})) == (
        422,
        "constraint_violation",
    )


def test_deleting_with_an_inapplicable_filter_wipes_the_resource(client, make):
    client.items(make.item("a"), make.item("b"))
    client.users({"user_id": "u"}, {"user_id": "v"})
    one = client.ok("POST", "/v1/items:delete", {"namespace": "n", "item_id": "a"})
    assert one == {"deleted_count": 1, "message": "Items deleted successfully"}
    assert client.ok("POST", "/v1/items:delete", {"namespace": "n", "user_id": "v"})["deleted_count"] == 1
    assert (
        client.ok("POST", "/v1/users:delete", {"namespace": "n", "user_id": "", "item_id": "b"})[
            "deleted_count"
        ]
        == 2
    )
    assert client.ok("POST", "/v1/events:delete", {"namespace": "n"})["deleted_count"] == 0


def test_deleting_needs_a_namespace_and_readable_dates(client):
    assert code(client.post("/v1/items:delete", {})) == (400, "missing_namespace")
    body = {"namespace": "n", "created_after": "garbage"}
    assert code(client.post("/v1/events:delete", body)) == (422, "constraint_violation")


def test_a_reset_leaves_rules_and_overrides_in_place(client, make):
    client.items(make.item("a"))
    client.ok("POST", "/v1/admin/manual_overrides", {"namespace": "n", "item_id": "a", "action": "boost"})
    for what in ("events", "items", "users"):
        client.ok("POST", f"/v1/{what}:delete", {"namespace": "n"})
    assert len(client.ok("GET", "/v1/admin/manual_overrides?namespace=n")) == 1
    assert len(client.ok("GET", "/v1/admin/rules?namespace=n")["rules"]) == 1
