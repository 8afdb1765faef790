"""Contract section 8: rules, dry-run and manual overrides."""

import uuid

import pytest

RULE = {
    "namespace": "n",
    "surface": "default",
    "name": "r",
    "action": "BLOCK",
    "target_type": "ITEM",
    "item_ids": ["i0"],
}


def code(response):
    return response.status_code, response.json()["error"]


def create(client, **changes):
    return client.ok(
        "POST",
        "/v1/admin/rules",
        {name: value for name, value in (RULE | changes).items() if value is not None},
    )


def listed(client, **query):
    return [
        rule["name"]
        for rule in client.ok("GET", "/v1/admin/rules", params={"namespace": "n"} | query)["rules"]
    ]


def test_a_rule_comes_back_with_its_id_and_without_empty_fields(client):
    response = client.post("/v1/admin/rules", RULE | {"action": "block", "item_ids": [" i0", "i0", ""]})
    rule = response.json()
    assert response.status_code == 201
    assert uuid.UUID(rule.pop("rule_id"))
    stamp = "2026-11-22T12:00:00Z"
    assert rule == RULE | {"priority": 0, "enabled": True, "created_at": stamp, "updated_at": stamp}


@pytest.mark.parametrize(
    "changes",
    [
        {"surface": " "},
        {"name": None},
        {"action": "HIDE"},
        {"target_type": "SKU"},
        {"item_ids": []},
        {"target_type": "TAG"},
        {"action": "BOOST"},
        {"action": "BOOST", "boost_value": 0},
        {"boost_value": 1},
        {"max_pins": 1},
        {"action": "PIN", "max_pins": 0},
        {"action": "PIN", "target_type": "TAG", "target_key": "x", "item_ids": None},
        {"valid_from": "soon"},
        {"valid_from": "2026-01-02T00:00:00Z", "valid_until": "2026-01-02T00:00:00Z"},
    ],
)
def test_invalid_rules_are_refused(client, changes):
    body = {name: value for name, value in (RULE | changes).items() if value is not None}
    assert code(client.post("/v1/admin/rules", body)) == (400, "invalid_rule")


def test_put_replaces_everything(client):
    rule = create(client, enabled=False, priority=5, description="old")
    path = f"/v1/admin/rules/{rule['rule_id']}"
    replaced = client.ok("PUT", path, RULE | {"name": "new"})
    assert (replaced["name"], replaced["enabled"], replaced["priority"], "description" in replaced) == (
        "new",
        True,
        0,
        False,
    )
    assert replaced["rule_id"] == rule["rule_id"]
    assert code(client.send("PUT", "/v1/admin/rules/nonsense", RULE)) == (400, "invalid_rule_id")
    missing = client.send("PUT", f"/v1/admin/rules/{uuid.uuid4()}", RULE)
    assert code(missing) == (404, "rule_not_found")
    assert "correlation_id" not in missing.json()
    assert client.get(path).status_code == client.send("DELETE", path).status_code == 405


def test_listing_filters_and_orders_by_priority_then_age(client):
    create(client, name="low", priority=-1)
    create(client, name="first")
    create(client, name="second", segment_id="vip", enabled=False)
    create(
        client,
        name="boost",
        action="BOOST",
        boost_value=1,
        valid_until="2026-11-21T00:00:00Z",
        surface="home",
    )
    assert listed(client) == ["first", "second", "boost", "low"]
    assert listed(client, surface="home") == listed(client, action="boost") == ["boost"]
    assert listed(client, segment_id="null") == ["first", "boost", "low"]
    assert listed(client, enabled="F") == ["second"]
    assert listed(client, active_now="true") == ["first", "low"]
    for name, value in (("enabled", "maybe"), ("action", "hide"), ("target_type", "sku")):
        assert code(client.get("/v1/admin/rules", params={name: value})) == (400, f"invalid_{name}")


def test_block_beats_pin_whatever_the_priority(shop):
    create(shop, action="PIN", priority=9)
    assert shop.ids()[0] == "i0"
    create(shop, action="BLOCK", priority=-9)
    body = shop.recommend()
    assert "i0" not in [row["item_id"] for row in body["items"]]
    policy = body["trace"]["extras"]["policy"]
    assert (policy["rule_block_count"], policy["rule_pin_count"], policy["after_rules"]) == (1, 0, 7)
    assert sum(policy["rule_block_exposure_by_rule"].values()) == 1


def test_tag_rules_do_not_see_prefixed_tags_but_brand_rules_do(shop):
    tag = create(shop, target_type="TAG", target_key="brand:b0", item_ids=None)
    assert len(shop.ids()) == 8
    shop.ok(
        "PUT", f"/v1/admin/rules/{tag['rule_id']}", RULE | {"target_type": "TAG", "target_key": " BOOKS "}
    )
    assert sorted(shop.ids()) == ["i0", "i2", "i4", "i6"]
    shop.ok("PUT", f"/v1/admin/rules/{tag['rule_id']}", RULE | {"target_type": "BRAND", "target_key": "b0"})
    assert {"i0", "i3", "i6"}.isdisjoint(shop.ids())


def test_pins_take_the_configured_slots_in_rule_order(start, make):
    client = start(RULES_MAX_PIN_SLOTS=2)
    client.items(make.item("a"))
    client.events(make.event("v", "a"))
    create(client, name="late", action="PIN", item_ids=["x", "y", "z"])
    create(client, name="early", action="PIN", item_ids=["w", "v"], max_pins=1, priority=1)
    body = client.recommend("stranger", include_reasons=True)
    assert [row["item_id"] for row in body["items"]] == ["w", "x", "a"]
    assert [row["score"] for row in body["items"][:2]] == [0, 0]
    assert body["items"][0]["reasons"][0].startswith("rule.pin[")
    assert client.ids("stranger", k=1) == ["w"]


def test_boosts_compound_and_show_their_delta(shop):
    plain = {row["item_id"]: row["score"] for row in shop.recommend()["items"]}
    create(shop, action="BOOST", boost_value=0.5, item_ids=["i7", "outside"])
    create(shop, action="BOOST", boost_value=1.0, item_ids=["i7"])
    body = shop.recommend(include_reasons=True)
    rows = {row["item_id"]: row for row in body["items"]}
    assert rows["i7"]["score"] == pytest.approx(3 * plain["i7"])
    assert rows["outside"]["score"] == 0.5
    deltas = [reason.split("[")[0] for reason in rows["i7"]["reasons"] if reason.startswith("rule.boost")]
    assert deltas == [f"rule.boost:{0.5 * plain['i7']:+.2f}", f"rule.boost:{1.5 * plain['i7']:+.2f}"]
    assert {row["item_id"] for row in body["items"][:2]} == {"i7", "outside"}  # behind no pins: on top
    policy = body["trace"]["extras"]["policy"]
    assert (policy["rule_boost_count"], policy["rule_boost_injected"], policy["rule_boost_exposure"]) == (
        2,
        1,
        2,
    )


def test_rules_leak_through_constraints_and_the_trace_says_so(shop):
    create(shop, action="PIN", item_ids=["i0"])
    body = shop.recommend(constraints={"include_tags_any": ["books"]})
    assert body["items"][0]["item_id"] == "i0"
    policy = body["trace"]["extras"]["policy"]
    assert (policy["constraint_leak_ids"], policy["constraint_leak_by_reason"]) == (
        ["i0"],
        {"include_tags": 1},
    )


def test_rules_keep_to_their_surface_window_and_switch(shop):
    create(shop, surface="home")
    create(shop, valid_until="2026-11-22T11:59:59Z")
    create(shop, valid_from="2026-11-22T12:00:01Z")
    create(shop, enabled=False)
    create(shop, segment_id="vip")
    assert "i0" in shop.ids()
    assert "i0" not in shop.ids(context={"surface": " home "})
    assert "i0" in shop.ids(surface="home")


def test_rules_can_be_switched_off_by_environment(start, make):
    client = start(RULES_ENABLE="no")
    client.items(make.item("i0"))
    client.events(make.event("v", "i0"))
    create(client)
    assert client.ids("stranger") == ["i0"]
    assert code(client.post("/v1/admin/rules/dry-run", {"surface": "home"})) == (400, "rules_disabled")


def test_dry_run_shows_what_the_stored_rules_would_do(shop):
    pin = create(shop, action="PIN", item_ids=["i1"])["rule_id"]
    boost = create(
        shop, action="BOOST", boost_value=-0.5, target_type="TAG", target_key="books", item_ids=None
    )["rule_id"]
    report = shop.ok(
        "POST",
        "/v1/admin/rules/dry-run",
        {"namespace": "n", "surface": "default", "items": ["i0", "i1", "i3"]},
    )
    assert report["rules_evaluated"] == [pin, boost]
    assert [match["item_ids"] for match in report["rules_matched"]] == [["i1"], ["i1", "i3"]]
    assert report["rule_effects_per_item"]["i1"] == {"blocked": False, "pinned": True, "boost_delta": -0.5}
    assert report["rule_effects_per_item"]["i0"] == {"blocked": False, "pinned": False, "boost_delta": 0}
    assert report["pinned_items"] == [{"item_id": "i1", "rule_ids": [pin], "from_candidates": True}]
    assert report["reason_tags"] == {
        "i1": [f"rule.pin[{pin}]", f"rule.boost:-0.50[{boost}]"],
        "i3": [f"rule.boost:-0.50[{boost}]"],
    }
    assert code(shop.post("/v1/admin/rules/dry-run", {"surface": " "})) == (400, "invalid_surface")


def test_boosts_beyond_the_range_of_doubles_are_a_422(shop):
    for _ in range(3):
        create(shop, action="BOOST", boost_value=1e308)
    assert code(shop.post("/v1/recommendations", {"namespace": "n", "user_id": "u"})) == (
        422,
        "constraint_violation",
    )
    body = {"namespace": "n", "surface": "default", "items": ["i0"]}
    assert code(shop.post("/v1/admin/rules/dry-run", body)) == (422, "constraint_violation")


def override(client, **body):
    return client.post(
        "/v1/admin/manual_overrides", {"namespace": "n", "item_id": "i7", "action": "boost"} | body
    )


def test_a_manual_boost_lifts_its_item_and_is_traced(shop):
    made = override(shop, boost_value=3, notes="why").json()
    assert (made["status"], made["surface"], made["boost_value"], made["notes"]) == (
        "active",
        "default",
        3,
        "why",
    )
    body = shop.recommend()
    assert body["items"][0]["item_id"] == "i7"
    (trace,) = body["trace"]["extras"]["manual_overrides"]
    lists = {name: ["i7"] for name in ("matched_items", "boosted_items", "boosted", "served_items", "served")}
    ids = {"override_id": made["override_id"], "rule_id": made["rule_id"]}
    assert trace == ids | {"action": "boost", "matched": 1} | lists


def test_cancelling_an_override_takes_it_out_at_once(shop):
    before = shop.ids()
    made = override(shop, action="Suppress", item_id="i0").json()
    assert "i0" not in shop.ids()
    path = f"/v1/admin/manual_overrides/{made['override_id']}/cancel"
    headers = {"X-Org-ID": "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a", "X-User-Email": "me@example.org"}
    cancelled = shop.post(path, headers=headers).json()
    assert (cancelled["status"], cancelled["cancelled_by"]) == ("cancelled", "me@example.org")
    assert shop.ids() == before
    assert code(shop.post(path)) == (404, "override_not_found")
    assert code(shop.post("/v1/admin/manual_overrides/nonsense/cancel")) == (400, "invalid_override_id")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"action": "lift"}, (400, "invalid_action")),
        ({"expires_at": "soon"}, (400, "invalid_expires_at")),
        ({"namespace": ""}, (500, "internal")),
        ({"item_id": " "}, (500, "internal")),
        ({"boost_value": 0}, (500, "internal")),
        ({"action": "suppress", "boost_value": 1}, (500, "internal")),
    ],
)
def test_bad_overrides_are_refused_with_the_odd_codes_of_the_service(client, body, expected):
    assert code(override(client, **body)) == expected


def test_an_expired_override_is_created_active_but_never_works(shop):
    made = override(shop, boost_value=3, expires_at="2026-11-22T11:00:00Z").json()
    assert made["status"] == "active"
    assert shop.ids()[0] != "i7"
    path = "/v1/admin/manual_overrides?namespace=n"
    assert shop.ok("GET", path) == []
    assert [row["status"] for row in shop.ok("GET", path + "&include_expired=true")] == ["expired"]
    assert [row["status"] for row in shop.ok("GET", path + "&status=expired")] == ["expired"]
    assert code(shop.get(path + "&status=odd")) == (400, "invalid_status")
    assert code(shop.get(path + "&action=odd")) == (400, "invalid_action")
    assert code(shop.get("/v1/admin/manual_overrides")) == (400, "missing_namespace")


def test_overrides_are_listed_newest_first(client):
    for item in ("a", "b", "c"):
        override(client, item_id=item)
    rows = client.ok("GET", "/v1/admin/manual_overrides?namespace=n&action=boost")
    assert [row["item_id"] for row in rows] == ["c", "b", "a"]
