"""Contract sections 9 to 11: admin config, event types, segments, and start-up settings."""

import pytest

from pytest_recsim.standin.settings.environment import SettingsError

CONFIG = "/v1/admin/recommendation/config"
PROFILE = {
    "profile_id": "p",
    "blend_alpha": 1.0,
    "popularity_fanout": 50,
    "half_life_days": 5,
    "profile_window_days": 30,
}
PROFILE |= {"brand_tag_prefixes": ["brand"], "category_tag_prefixes": ["cat"], "co_vis_window_days": 30}


def code(response):
    return response.status_code, response.json()["error"]


def test_the_config_starts_from_the_environment(client):
    document = client.ok("GET", CONFIG)
    assert document["namespace"] == "default"
    assert document["metadata"] == {"updated_at": "2026-11-22T12:00:00Z", "source": "env"}
    config = document["config"]
    assert (config["blend_beta"], config["co_vis_window_days"], config["brand_tag_prefixes"]) == (
        0.5,
        21,
        ["brand"],
    )
    assert config["rules_enabled"] is True
    assert "exclude_event_types" not in config


def test_posting_a_config_replaces_all_of_it_for_everybody(shop):
    config = shop.ok("GET", CONFIG)["config"]
    answer = shop.ok(
        "POST", CONFIG, {"config": config | {"blend_alpha": 0.9}, "author": "me", "notes": "try"}
    )
    assert answer["metadata"] == {
        "updated_at": "2026-11-22T12:00:00Z",
        "source": "api",
        "updated_by": "me",
        "notes": "try",
    }
    assert shop.ok("GET", CONFIG)["config"] == config | {"blend_alpha": 0.9}
    assert shop.recommend(explain_level="numeric")["items"][0]["explain"]["blend"]["alpha"] == 0.9
    bare = shop.ok("POST", CONFIG, {"config": {"blend_alpha": 0.2}})["config"]
    assert (bare["rules_enabled"], bare["popularity_fanout"], bare["profile_boost"]) == (False, 0, 0)
    assert len(shop.ids()) == 8  # fanout 0 is raised to k


def test_an_invalid_config_is_accepted_and_breaks_every_recommendation(shop):
    config = shop.ok("GET", CONFIG)["config"]
    shop.ok("POST", CONFIG, {"config": config | {"mmr_lambda": 7}})
    assert code(shop.post("/v1/recommendations", {"user_id": "u"})) == (400, "invalid_config")
    shop.ok("POST", CONFIG, {"config": config})
    assert shop.ids()
    assert code(shop.post(CONFIG, {"notes": "x"})) == (400, "missing_config")


def test_windows_longer_than_time_itself_hold_everything(shop):
    config = shop.ok("GET", CONFIG)["config"]
    windows = ("profile_window_days", "co_vis_window_days", "purchased_window_days")
    shop.ok("POST", CONFIG, {"config": config | dict.fromkeys(windows, 1e308)})
    assert len(shop.ids()) == 8


def test_whole_days_are_used_of_the_windows_in_the_document(start, make):
    client = start(RULE_EXCLUDE_EVENTS="true", PURCHASED_WINDOW_DAYS="1.9")
    client.items(make.item("a"), make.item("b"))
    client.users({"user_id": "u", "traits": {"segment": "x"}})
    client.events(make.event("u", "a", 0.5), make.event("u", "b", 1.5))
    assert client.ok("GET", CONFIG)["config"]["purchased_window_days"] == 1.9
    assert client.ids() == ["b"]


def test_presets_are_published(client):
    assert client.ok("GET", "/v1/admin/recommendation/presets")["mmr_presets"]["home"] == 0.25


def test_event_types_overlay_the_defaults_of_their_namespace_only(shop, make):
    path = "/v1/event-types?namespace="
    assert [row["weight"] for row in shop.ok("GET", path + "n")] == [0.1, 0.3, 0.7, 1.0, 0.2]
    types = [
        {"type": 0, "weight": 5, "half_life_days": 2},
        {"type": 3, "weight": 1, "is_active": False},
        {"type": 9, "weight": 1},
    ]
    shop.ok("POST", "/v1/event-types:upsert", {"namespace": "n", "types": types})
    rows = {row["type"]: row for row in shop.ok("GET", path + "n")}
    assert rows[0] == {
        "type": 0,
        "name": "view",
        "weight": 5,
        "half_life_days": 2,
        "is_active": True,
        "source": "tenant",
    }
    assert (sorted(rows), rows[1]["source"]) == ([0, 1, 2, 4, 9], "default")
    assert len(shop.ok("GET", path + "other")) == 5
    shop.items(make.item("new"))
    shop.events(make.event("w", "new", kind=9))
    assert "new" in shop.ids("stranger")


@pytest.mark.parametrize(
    ("row", "error"),
    [({"weight": 0}, "invalid_weight"), ({"weight": 1, "half_life_days": 0}, "invalid_half_life"), ({"type": -1, "weight": 1}, "check_violation")],
)  # fmt: skip
def test_bad_event_types_are_422(client, row, error):
    assert code(client.post("/v1/event-types:upsert", {"namespace": "n", "types": [row]})) == (422, error)
    assert code(client.get("/v1/event-types")) == (400, "missing_namespace")


def segment(client, rules, **changes):
    body = {"segment_id": "vip", "name": "VIP", "profile_id": "p", "active": True, "rules": rules} | changes
    return client.post("/v1/segments:upsert", {"namespace": "n", "segment": body})


def profiles(client, *rows):
    return client.post("/v1/segment-profiles:upsert", {"namespace": "n", "profiles": list(rows)})


def test_a_matched_segment_brings_its_profile_into_effect(shop):
    assert profiles(shop, PROFILE).json() == {"status": "ok"}
    assert segment(shop, [{"rule": {"eq": ["user.traits.tier", "gold"]}, "enabled": True}]).json() == {
        "status": "ok"
    }
    assert "segment_id" not in shop.recommend(explain_level="numeric")
    shop.users({"user_id": "u", "traits": {"tier": "gold"}})
    body = shop.recommend(explain_level="numeric")
    assert (body["segment_id"], body["profile_id"]) == ("vip", "p")
    blend = body["items"][0]["explain"]["blend"]
    assert (blend["alpha"], "beta" in blend) == (1, False)


def test_a_segment_without_enabled_rules_matches_everyone_and_rules_can_target_it(shop):
    profiles(shop, PROFILE)
    segment(shop, [{"rule": {"exists": "ctx.nothing"}, "enabled": False}])
    rule = {"namespace": "n", "surface": "default", "name": "r", "action": "BLOCK", "target_type": "ITEM"}
    shop.ok("POST", "/v1/admin/rules", rule | {"item_ids": ["i0"], "segment_id": "vip"})
    assert shop.recommend()["segment_id"] == "vip"
    assert "i0" not in shop.ids()


@pytest.mark.parametrize(
    ("rule", "matched"),
    [
        ({"all": [{"gte": ["user.traits.age", 18]}, {"not": {"eq": ["ctx.device", "tv"]}}]}, True),
        ({"any": [{"lt": ["user.traits.age", 18]}, {"in": ["user.id", ["x", "y"]]}]}, False),
        ({"contains": ["user.traits.likes", "tea"]}, True),
        ({"gte_days_since": ["user.traits.joined", 30]}, True),
        ({"gte_days_since": ["user.traits.joined", 31]}, False),
        ({"eq": ["request.surface", "home"]}, True),
        ({"neq": ["user.traits.missing", 1]}, True),
        ({"exists": "user.traits.missing"}, False),
        ({"gt": ["user.traits.likes", 1]}, False),
    ],
)
def test_the_rule_language_of_segments(client, rule, matched):
    profiles(client, PROFILE)
    segment(client, [{"rule": rule, "enabled": True}])
    traits = {"age": 20, "likes": ["tea"], "joined": "2026-10-23T12:00:00Z"}
    body = {"namespace": "n", "user_id": "u", "traits": traits, "context": {"surface": "home"}}
    answer = client.ok("POST", "/v1/segments:dry-run", body)
    assert answer["matched"] is matched
    assert ("matched_rule_id" in answer) is matched


def test_segments_and_profiles_are_validated_listed_and_deleted(client):
    assert code(profiles(client)) == (400, "empty_profiles")
    assert code(profiles(client, {"blend_alpha": 1})) == (400, "missing_profile_id")
    assert code(segment(client, [])) == (422, "foreign_key_violation")
    profiles(client, {"profile_id": "p"})
    assert code(segment(client, [{"rule": {"like": []}}])) == (400, "invalid_rule")
    assert code(segment(client, [], segment_id="")) == (400, "missing_segment_id")
    assert segment(client, []).status_code == 200
    (profile,) = client.ok("GET", "/v1/segment-profiles?namespace=n")["profiles"]
    assert (profile["popularity_fanout"], profile["rule_exclude_events"], profile["exclude_event_types"]) == (
        0,
        False,
        [],
    )
    assert [row["segment_id"] for row in client.ok("GET", "/v1/segments?namespace=n")["segments"]] == ["vip"]
    ids = {"namespace": "n", "ids": ["p"]}
    assert code(client.post("/v1/segment-profiles:delete", ids)) == (422, "foreign_key_violation")
    assert code(client.post("/v1/segments:delete", {"ids": []})) == (400, "empty_ids")
    client.ok("POST", "/v1/segments:delete", {"namespace": "n", "ids": ["vip"]})
    client.ok("POST", "/v1/segment-profiles:delete", ids)
    assert client.ok("GET", "/v1/segment-profiles") == {"namespace": "default", "profiles": []}


def test_every_missing_or_bad_variable_is_named(start):
    changes = {
        "BLEND_ALPHA": "",
        "MMR_LAMBDA": "1.7",
        "BRAND_CAP": "2.5",
        "RULES_ENABLE": "on",
        "COVERAGE_CACHE_TTL": "5",
    }
    with pytest.raises(SettingsError) as failure:
        start(**changes, EXCLUDE_EVENT_TYPES="purchase", BLEND_WEIGHTS_OVERRIDES="n=1|2", BANDIT_ALGO="best")
    names = [problem.split(" ")[0] for problem in failure.value.problems]
    assert sorted(names) == sorted(
        [*changes, "EXCLUDE_EVENT_TYPES", "BLEND_WEIGHTS_OVERRIDES", "BANDIT_ALGO"]
    )
    assert "MMR_LAMBDA is '1.7', but must be a number from 0 to 1." in failure.value.problems


def test_secrets_do_not_show_in_the_complaint(start):
    with pytest.raises(SettingsError) as failure:
        start(API_AUTH_KEYS="topsecret")
    assert "topsecret" not in str(failure.value)


@pytest.mark.parametrize(
    ("spelling", "hidden"), [("T", True), ("yes", True), ("1", True), ("n", False), ("FALSE", False)]
)
def test_bools_durations_and_lists_are_read_as_the_service_reads_them(start, make, spelling, hidden):
    client = start(RULE_EXCLUDE_EVENTS=spelling, EXCLUDE_EVENT_TYPES=" 0 , 3,", RULES_CACHE_REFRESH="1m30s")
    client.items(make.item("a"))
    client.users({"user_id": "u", "traits": {"segment": "x"}})
    client.events(make.event("u", "a"))
    assert client.ids() == ([] if hidden else ["a"])


def test_blend_overrides_by_namespace_and_segment_are_last(start, make):
    client = start(
        BLEND_WEIGHTS_OVERRIDES="N=1|0|0,*=0|1|0",
        BLEND_SEGMENT_OVERRIDES="regulars=0|0|1",
        PROFILE_MIN_EVENTS_FOR_BOOST=0,
    )
    client.items(make.item("a"))
    client.users({"user_id": "u", "traits": {"segment": "regulars"}})
    client.events(make.event("u", "a"))
    weights = [
        set(client.recommend(user, explain_level="numeric")["items"][0]["explain"]["blend"])
        for user in ("v", "u")
    ]
    assert "alpha" in weights[0]
    assert "gamma" not in weights[0]
    assert "gamma" in weights[1]
    assert "alpha" not in weights[1]


def test_malformed_starter_presets_silently_mean_the_default(start):
    extras = start(PROFILE_STARTER_PRESETS="{oops").recommend("stranger")["trace"]["extras"]
    assert extras["starter_profile"]["electronics"] == pytest.approx(0.25 / 3)
