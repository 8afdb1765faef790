"""Contract sections 5 to 7 and 12: what a client sees of ranking. Order and scores are the oracle's business."""

import pytest

POLICY = [
    "total_candidates",
    "explicit_exclude_hits",
    "recent_event_exclude_hits",
    "after_exclusions",
    "constraint_filtered_count",
    "after_constraint_filters",
    "rule_block_count",
    "rule_pin_count",
    "rule_boost_count",
    "rule_boost_injected",
    "rule_block_exposure",
    "rule_boost_exposure",
    "rule_pin_exposure",
    "after_rules",
    "final_count",
    "constraint_leak_count",
]


def code(response):
    return response.status_code, response.json()["error"]


def details(client, **request):
    response = client.post("/v1/recommendations", {"namespace": "n", "user_id": "u"} | request)
    assert response.status_code == 400
    body = response.json()
    return body["error"], [problem["field"] for part in body["details"].values() for problem in part]


def test_an_unknown_namespace_answers_an_empty_list_with_a_full_trace(client):
    body = client.recommend("u", namespace="nowhere")
    assert (body["items"], body["model_version"]) == ([], "popularity_v1")
    extras = body["trace"]["extras"]
    assert extras["policy"] == dict.fromkeys(POLICY, 0)
    assert extras["recent_event_count"] == 0
    assert list(extras["candidate_sources"]) == [
        "popularity", "collaborative", "content", "session", "merged", "post_exclusion", "post_constraints",
    ]  # fmt: skip
    assert extras["signal_status"] == {
        name: {"available": True} for name in ("popularity", "collaborative", "content", "session")
    }


def test_a_user_is_required(client):
    assert details(client, user_id="") == ("invalid_request", ["recent_event_count"])


def test_problems_of_request_and_config_are_reported_together(client):
    bad = {"k": -1, "constraints": {"price_between": [5, 2]}, "blend": {"pop": -1}}
    wrong = {"brand_cap": -1, "mmr_lambda": 1.5, "popularity_halflife_days": -2, "profile_top_n": -1}
    fields = ["half_life_days", "brand_cap", "profile_top_n_tags", "mmr_lambda"]
    assert details(client, **bad) == ("invalid_request", ["k", "constraints.price", "blend.pop"])
    assert details(client, overrides=wrong) == ("invalid_config", fields)
    assert details(client, k=-1, overrides=wrong) == ("invalid_input", ["k", *fields])


def test_the_zero_org_works_for_data_but_not_for_ranking(client):
    zero = {"X-Org-ID": "00000000-0000-0000-0000-000000000000"}
    assert client.get("/v1/items?namespace=n", headers=zero).status_code == 200
    response = client.post("/v1/recommendations", {"user_id": "u"}, headers=zero)
    assert response.json()["details"]["request"][0]["field"] == "org_id"


def test_a_bad_created_after_has_a_code_of_its_own(client):
    body = {"user_id": "u", "constraints": {"created_after": "yesterday"}}
    assert code(client.post("/v1/recommendations", body)) == (400, "invalid_created_after")


def test_nested_or_unknown_overrides_are_ignored(shop):
    assert shop.recommend(overrides={"mmr": {"lambda": 9}, "blend": {"alpha": -1}}) == shop.recommend()


def test_lists_are_the_same_bit_for_bit_however_often_they_are_asked_for(shop):
    body = {"namespace": "n", "user_id": "u", "explain_level": "full", "include_reasons": True}
    answers = {shop.post("/v1/recommendations", body).content for _ in range(5)}
    assert len(answers) == 1


def test_k_defaults_to_20_and_is_clamped_only_by_max_k(start, make):
    for most, length in ((0, 20), (4, 4)):
        client = start(RECOMMENDATION_MAX_K=most)
        client.items(*(make.item(f"i{n:02d}") for n in range(30)))
        client.events(*(make.event("v", f"i{n:02d}") for n in range(30)))
        assert [len(client.ids(k=k)) for k in (0, 25)] == [length, most or 25]


def test_a_popularity_only_profile_gives_the_popularity_order(start, make):
    client = start(
        BLEND_ALPHA=1, BLEND_BETA=0, BLEND_GAMMA=0, PROFILE_BOOST=0, PROFILE_MIN_EVENTS_FOR_BOOST=0
    )
    client.items(*(make.item(f"i{n}", f"t{n}") for n in range(9)))
    client.events(*(make.event(f"v{fan}", f"i{n}") for n in range(9) for fan in range(1 + 5 * n % 9)))
    by_count = sorted((f"i{n}" for n in range(9)), key=lambda i: -(5 * int(i[1]) % 9))
    assert [client.ids(user) for user in ("v0", "v5", "stranger")] == [by_count] * 3


def test_unavailable_unknown_and_untouched_items_are_not_offered(client, make):
    client.items(make.item("on"), make.item("off", available=False), make.item("quiet"))
    client.events(make.event("v", "on"), make.event("v", "off"), make.event("v", "ghost"))
    assert client.ids("stranger") == ["on"]


def test_session_neighbours_must_be_available(start, make):
    client = start(POPULARITY_FANOUT=1)
    client.items(make.item("a"), make.item("b"), make.item("c", available=False), make.item("pop"))
    client.users({"user_id": "u", "traits": {"segment": "regulars"}})
    crowd = [make.event(f"v{n}", "pop") for n in range(9)]
    trail = [
        make.event("u", item, 1 - minutes / 1440)
        for item, minutes in (("a", 0), ("b", 10), ("c", 20), ("a", 31))
    ]
    client.events(*crowd, *trail)
    body = client.recommend(k=1, explain_level="full", include_reasons=True)
    assert (
        body["trace"]["extras"]["candidate_sources"]["session"]["count"] == 1
    )  # b after a; c is unavailable


def test_include_tags_are_exact_for_popularity_and_folded_afterwards(shop):
    exact = shop.recommend(constraints={"include_tags_any": ["books"]})
    assert sorted(row["item_id"] for row in exact["items"]) == ["i1", "i3", "i5", "i7"]
    policy = exact["trace"]["extras"]["policy"]
    assert (policy["constraint_include_tags"], policy["constraint_filtered_count"]) == (
        ["books"],
        policy["total_candidates"] - 4,
    )
    folded = shop.recommend(constraints={"include_tags_any": ["Books"]})
    assert folded["trace"]["extras"]["candidate_sources"]["popularity"]["count"] == 0
    assert {row["item_id"] for row in folded["items"]} <= {"i1", "i3", "i5", "i7"}


def test_prices_exclusions_and_dates_limit_the_list(shop):
    assert sorted(shop.ids(constraints={"price_between": [2, 4]})) == ["i2", "i3", "i4"]
    assert sorted(shop.ids(constraints={"price_between": [None, 1]})) == ["i0", "i1"]
    assert shop.ids(constraints={"created_after": "2026-11-22T12:00:01Z"}) == []


def test_only_exclusions_that_reach_the_pool_are_counted(client, make):
    client.items(*(make.item(f"i{n}") for n in range(4)))
    client.events(*(make.event("v", f"i{n}") for n in range(4)))
    body = client.recommend("stranger", constraints={"exclude_item_ids": ["i0", " i1 ", "ghost"]})
    assert [row["item_id"] for row in body["items"]] == ["i2", "i3"]
    assert body["trace"]["extras"]["policy"]["explicit_exclude_hits"] == 1  # the query already left i0 out


def test_purchases_are_hidden_by_type_and_window(start, make):
    client = start(RULE_EXCLUDE_EVENTS="true", EXCLUDE_EVENT_TYPES="3")
    client.items(make.item("a"), make.item("b"), make.item("c"))
    client.users({"user_id": "u", "traits": {"segment": "regulars"}})
    client.events(make.event("u", "a", 1, kind=3), make.event("u", "b", 1), make.event("u", "c", 40, kind=3))
    body = client.recommend()
    assert sorted(row["item_id"] for row in body["items"]) == ["b", "c"]
    assert body["trace"]["extras"]["policy"]["recent_event_exclude_hits"] == 1
    assert sorted(client.ids(overrides={"purchased_window_days": 0})) == ["a", "b", "c"]
    assert sorted(client.ids(overrides={"rule_exclude_events": False})) == ["a", "b", "c"]


def test_sparse_users_see_what_they_touched_on_top(shop, make):
    shop.events(make.event("once", "i7"))
    assert shop.ids("once")[0] == "i7"
    assert shop.recommend("once")["trace"]["extras"]["recent_event_count"] == 1


def test_the_starter_profile_is_attached_with_its_weight(start):
    client = start(
        PROFILE_STARTER_PRESETS='{"new_users": {"books": 3, "home": 1}}', PROFILE_STARTER_BLEND_WEIGHT="0.6"
    )
    extras = client.recommend("stranger")["trace"]["extras"]
    assert extras["starter_profile_weight"] == 1
    assert extras["starter_profile"]["books"] == pytest.approx(0.25)
    assert sum(extras["starter_profile"].values()) == pytest.approx(1)


def test_new_users_without_history_start_from_five_popular_items_of_the_starter_tags(start, make):
    client = start(PROFILE_STARTER_PRESETS='{"new_users": {"books": 2, "home": 1}}')
    tags = ["books", "books", "books", "reading", "living", "decor", "decor"]
    client.items(*(make.item(f"i{n}", tag) for n, tag in enumerate(tags)), make.item("other", "style"))
    client.events(*(make.event(f"v{fan}", f"i{n}") for n in range(7) for fan in range(9 - n)))
    client.events(*(make.event(f"v{fan}", "other") for fan in range(12)))
    client.users({"user_id": "new", "traits": {"segment": "new_users"}})
    body = client.recommend("new", explain_level="numeric")
    # Tags by weight, then name: books, literature, reading, decor, home, living; second turn from the top.
    assert body["items"][0]["explain"]["anchors"] == ["i0", "i3", "i5", "i4", "i1"]
    assert [row["item_id"] for row in body["items"][:3]] == ["i0", "i3", "i5"]


def test_an_established_user_of_a_named_segment_has_no_starter_profile(shop):
    assert "starter_profile" not in shop.recommend()["trace"]["extras"]
    shop.users({"user_id": "u", "traits": {}})
    assert shop.recommend()["trace"]["extras"]["starter_profile_weight"] == pytest.approx(0.6 + 0.4 * 3 / 5)


def test_the_model_version_depends_on_the_blend_of_the_request_alone(shop):
    assert shop.recommend()["model_version"] == "popularity_v1"
    assert shop.recommend(blend={"pop": 1, "cooc": 0.1})["model_version"] == "blend_v1"
    assert shop.recommend(blend={"pop": 1})["model_version"] == "popularity_v1"


def test_full_explain_adds_up_and_leaves_zeroes_out(shop):
    for row in shop.recommend(explain_level=" FULL ", include_reasons=True)["items"]:
        explain = row["explain"]
        blend = explain["blend"]
        weights = {"pop": blend["alpha"], "cooc": blend["beta"], "similarity": blend["gamma"]}
        for name, part in blend["contrib"].items():
            assert part == pytest.approx(weights[name] * blend[f"{name}_norm"])
        multiplier = explain.get("personalization", {}).get("boost_multiplier", 1)
        assert sum(blend["contrib"].values()) * multiplier == pytest.approx(row["score"], abs=1e-9)
        assert explain["anchors"] == ["i6", "i7"]
        assert set(row["reasons"]) - {"diversity"}
        assert all(value for value in blend.values() if isinstance(value, float))


def test_explain_is_absent_by_default_and_reasons_only_come_when_asked_for(shop):
    assert set(shop.recommend(explain_level="nonsense")["items"][0]) == {"item_id", "score"}


def test_caps_limit_brands_and_say_so(shop):
    body = shop.recommend(
        overrides={"brand_cap": 1, "mmr_lambda": 1}, explain_level="full", include_reasons=True
    )
    brands = [int(row["item_id"][1]) % 3 for row in body["items"]]
    assert sorted(brands) == [0, 1, 2]
    for row in body["items"]:
        use = row["explain"]["caps"]["brand"]
        assert use == {"applied": True, "limit": 1, "count": 1, "value": f"b{int(row['item_id'][1]) % 3}"}
        assert "diversity" in row["reasons"]
    assert sorted(row["explain"]["mmr"]["rank"] for row in body["items"]) == [1, 2, 3]


def test_only_the_200_nearest_neighbours_of_an_anchor_are_seen(start, make):
    client = start(POPULARITY_FANOUT=1000, PROFILE_BOOST=0)
    client.items(*(make.item(f"i{n:03d}") for n in range(260)))
    client.users({"user_id": "u", "traits": {"segment": "regulars"}})
    both = [make.event("fan", f"i{n:03d}") for n in range(260)]
    client.events(*both, make.event("u", "i000"), make.event("u", "i001"))
    blend = {"cooc": 1}
    seen = [row["item_id"] for row in client.recommend(k=300, blend=blend)["items"] if row["score"] > 0]
    assert set(seen) == {f"i{n:03d}" for n in range(202) if n < 201}
    assert client.recommend(k=300, blend=blend)["items"][0]["score"] == pytest.approx(2 / 3)


def test_traits_that_are_no_object_break_ranking_for_that_user(client):
    client.users({"user_id": "u", "traits": [1]})
    assert code(client.post("/v1/recommendations", {"namespace": "n", "user_id": "u"})) == (
        400,
        "invalid_json_type",
    )


def test_a_write_is_visible_to_the_next_request(shop, make):
    shop.items(make.item("fresh", "books"))
    assert "fresh" in shop.ids()  # content: the user's profile holds books
    shop.items({"item_id": "i0"})
    assert "i0" not in shop.ids()
    shop.ok("POST", "/v1/events:delete", {"namespace": "n"})
    assert shop.recommend()["trace"]["extras"]["candidate_sources"]["popularity"]["count"] == 0


def test_very_old_and_future_events_do_no_harm(client, make):
    client.items(make.item("a"), make.item("b"))
    client.events(
        make.event("v", "a", ts="1970-01-01T00:00:00Z"), make.event("v", "b", ts="2999-01-01T00:00:00Z")
    )
    assert client.ids("stranger") == ["b", "a"]


def test_wall_clock_durations_are_measured_and_frozen_ones_are_zero(shop):
    frozen = shop.recommend()["trace"]["extras"]["candidate_sources"]
    assert {source["duration_ms"] for source in frozen.values()} == {0}
    shop.app.service.clock.frozen = None
    running = shop.recommend()["trace"]["extras"]["candidate_sources"]
    assert running["popularity"]["duration_ms"] > 0


def test_the_half_life_of_the_service_decides_between_old_and_new(client, make):
    client.items(make.item("old"), make.item("new"))
    client.events(*(make.event("v", "old", 10) for _ in range(3)), make.event("v", "new", 0))
    pop = {"blend": {"pop": 1}, "user": "stranger"}
    assert client.ids(**pop) == ["new", "old"]
    assert client.ids(**pop, overrides={"popularity_halflife_days": 100}) == ["old", "new"]


@pytest.mark.parametrize(
    "changes",
    [
        {"blend": {"pop": 1e308, "cooc": 1e308, "similarity": 1e308}},
        {"overrides": {"profile_boost": 1e308, "blend_alpha": 1e300}},
    ],
)
def test_scores_beyond_the_range_of_doubles_are_a_422_and_never_null(shop, changes):
    response = shop.post("/v1/recommendations", {"namespace": "n", "user_id": "u"} | changes)
    assert code(response) == (422, "constraint_violation")
    assert shop.ids()


def test_popularity_beyond_the_range_of_doubles_is_a_422(shop, make):
    shop.events(*(make.event("v", "i0", kind=3, value=1e308) for _ in range(3)))
    assert code(shop.post("/v1/recommendations", {"namespace": "n", "user_id": "u"})) == (
        422,
        "constraint_violation",
    )
    shop.ok("POST", "/v1/events:delete", {"namespace": "n", "user_id": "v"})
    assert shop.ids()


def test_the_largest_whole_numbers_are_ranked_with(shop):
    names = (
        "popularity_halflife_days",
        "covis_window_days",
        "popularity_fanout",
        "brand_cap",
        "category_cap",
    )
    names += ("purchased_window_days", "profile_window_days", "profile_top_n")
    assert len(shop.ids(k=2**63 - 1, overrides=dict.fromkeys(names, 2**63 - 1))) == 8
