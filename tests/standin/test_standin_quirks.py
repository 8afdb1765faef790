"""Every quirk bites with it and does not without; all of them together never break the service."""

import json
import time
from itertools import combinations, pairwise

import msgspec
import pytest
import standin_worlds as worlds
import standin_worlds_load as loading

from pytest_recsim.standin.settings import quirks
from pytest_recsim.standin.state import served, slow_start

CALLS = 12  # of draws from at least three equally likely results; all alike by chance: under 1 in 100,000
STRANGER = {"X-Org-ID": "00000000-0000-0000-0000-0000000000aa"}


def popularity(client):
    """Return the raw popularity that the first item of a list is explained with."""
    return client.recommend(explain_level="full")["items"][0]["explain"]["blend"]["raw"]["pop"]


@pytest.mark.parametrize(("names", "worth"), [("leak", 10.3), ("", 0.3)])
def test_a_strangers_event_type_counts_on_top_only_as_a_quirk(start, make, names, worth):
    client = start(names)
    client.items(make.item("a"))
    client.events(make.event("v", "a", 0, 1))
    for namespace, row in (("other", {}), ("n", {"is_active": False})):
        body = {"namespace": namespace, "types": [{"type": 1, "weight": 10} | row]}
        assert client.post("/v1/event-types:upsert", body, headers=STRANGER).status_code == 202
    assert popularity(client) == pytest.approx(worth)
    codes = [row["type"] for row in client.ok("GET", "/v1/event-types?namespace=n")]
    assert codes == [0, 1, 2, 3, 4] + [1] * bool(names)


def test_a_leaked_event_type_fades_by_its_own_half_life_in_lists_and_profiles(start, make):
    client = start("leak", POPULARITY_HALFLIFE_DAYS=1000000, PROFILE_TOP_N=1, MMR_LAMBDA=0)
    client.items(make.item("a", "jazz"), make.item("b", "folk"))
    client.users({"user_id": "u", "traits": {"segment": "regulars"}})  # or a starter profile would blur it
    client.events(make.event("u", "a", 10, 1), make.event("u", "b", 0, 2))
    kind = {"type": 1, "weight": 1024, "half_life_days": 1}
    client.post("/v1/event-types:upsert", {"namespace": "n", "types": [kind]}, headers=STRANGER)
    assert popularity(client) == pytest.approx(0.3 + 1, abs=1e-4)
    loved = client.recommend(explain_level="full")["items"][0]
    assert (loved["item_id"], "personalization" in loved["explain"]) == ("a", True)


@pytest.mark.parametrize(("names", "status"), [("underflow", 422), ("", 200)])
def test_a_very_old_event_fails_the_whole_namespace_only_as_a_quirk(start, make, names, status):
    client = start(names, POPULARITY_HALFLIFE_DAYS=1)
    client.items(make.item("a"), make.item("hidden", available=False))
    client.events(make.event("v", "a", 1070), make.event("v", "hidden", 1080), make.event("v", "a", 1080, 9))
    ask = {"namespace": "n", "user_id": "somebody else"}
    assert client.post("/v1/recommendations", ask).status_code == 200
    client.events(make.event("v", "a", 1080))
    answer = client.post("/v1/recommendations", ask)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["error"] == "constraint_violation"
        assert client.post("/v1/recommendations", ask | {"namespace": "m"}).status_code == 200
        recent = {"constraints": {"created_after": worlds.rfc3339(worlds.NOW_US - worlds.DAY)}}
        assert client.post("/v1/recommendations", ask | recent).status_code == 200


@pytest.mark.parametrize(("names", "status"), [("underflow", 422), ("", 200)])
def test_a_tag_profile_fails_on_very_old_events_of_its_user_only_as_a_quirk(start, make, names, status):
    client = start(names, POPULARITY_HALFLIFE_DAYS=1000, PROFILE_WINDOW_DAYS=100000)
    client.items(make.item("a", "books"))
    client.events(make.event("u", "a", 42 * 366))
    ask = {"namespace": "n", "user_id": "u"}
    assert client.post("/v1/recommendations", ask).status_code == status
    assert client.post("/v1/recommendations", ask | {"user_id": "v"}).status_code == 200


@pytest.mark.parametrize(("names", "found"), [("ghosts", {"gone", "hidden", "never"}), ("", set())])
def test_sessions_offer_items_that_cannot_be_had_only_as_a_quirk(start, make, names, found):
    client = start(names)
    client.items(make.item("a", "books"), make.item("gone"), make.item("hidden", "books", available=False))
    minutes = {"a": 60, "gone": 50, "hidden": 45, "never": 40}
    client.events(*(make.event("u", name, ago / 1440) for name, ago in minutes.items()))
    client.ok("POST", "/v1/items:delete", {"namespace": "n", "item_id": "gone"})
    assert set(client.ids()) == {"a"} | found
    assert set(client.ids(constraints={"include_tags_any": ["books"]})) == {"a"} | (found & {"hidden"})


def equally_popular(client, make):
    client.items(*(make.item(f"i{n}") for n in range(8)))
    client.events(*(make.event("crowd", f"i{n}") for n in range(8)))
    return lambda: client.ids(k=2, overrides={"popularity_fanout": 2})


def equal_in_content(client, make):
    client.items(make.item("seen", "books"), *(make.item(f"i{n}", "books") for n in range(8)))
    client.events(make.event("u", "seen", 1, 3))
    return lambda: client.ids(k=4, overrides={"mmr_lambda": 0.5})


def equal_in_session(client, make):
    client.items(*(make.item(f"i{n}") for n in range(9)))
    client.events(make.event("u", "i0", 1), *(make.event("u", f"i{n}", 0.99, 9) for n in range(1, 9)))
    return lambda: client.ids(k=4, overrides={"popularity_fanout": 4})


def starter_tags_of_equal_weight(client, make):
    client.items(make.item("b", "books"), make.item("l", "literature"), make.item("r", "reading"))
    client.events(*(make.event("crowd", item_id) for item_id in "blr"))
    client.users({"user_id": "u", "traits": {"segment": "new_users"}})
    return client.ids


def pinned_by_tag(client, make):
    client.items(*(make.item(f"i{n}", "books") for n in range(8)))
    client.events(*(make.event(f"fan{m}", f"i{n}") for n in range(8) for m in range(n)))
    rule = {"surface": "default", "name": "r", "action": "PIN", "target_type": "TAG", "target_key": "books"}
    client.ok("POST", "/v1/admin/rules", rule | {"namespace": "n", "item_ids": ["x"], "max_pins": 2})
    return client.ids


def similar_by_text(client, make):
    client.items(*(make.item(f"i{n}", description="same") for n in range(8)))
    return lambda: [row["item_id"] for row in client.ok("GET", "/v1/items/i0/similar?namespace=n&k=2")]


def similar_by_visits(client, make):
    client.items(*(make.item(f"i{n}") for n in range(8)))
    client.events(*(make.event("crowd", f"i{n}") for n in range(8)))
    return lambda: [row["item_id"] for row in client.ok("GET", "/v1/items/i0/similar?namespace=n&k=2")]


@pytest.mark.parametrize(
    "tied",
    [
        equally_popular,
        equal_in_content,
        equal_in_session,
        starter_tags_of_equal_weight,
        pinned_by_tag,
        similar_by_text,
        similar_by_visits,
    ],
)
def test_ties_are_random_only_as_a_quirk(start, make, tied):
    presets = json.dumps({"new_users": {"books": 1}})

    def distinct(names, seed=None):
        client = start(
            names, seed, PROFILE_STARTER_PRESETS=presets, BLEND_GAMMA=0.2, PROFILE_MIN_EVENTS_FOR_BOOST=0
        )
        ask = tied(client, make)
        return {tuple(ask()) for _ in range(CALLS)}

    assert len(distinct("")) == 1
    assert len(distinct("ties")) > 1
    assert distinct("ties", seed=7) == distinct("ties", seed=7)


@pytest.mark.parametrize(("names", "orders"), [("ties", 3), ("", 1)])
def test_events_of_one_instant_become_anchors_in_random_order_only_as_a_quirk(start, make, names, orders):
    seen = set()
    for seed in range(8):
        client = start(names, seed)
        client.items(*(make.item(f"i{n:02d}") for n in range(15)))
        client.events(*(make.event("u", f"i{n:02d}") for n in range(15)))
        seen.add(tuple(client.recommend(explain_level="full")["items"][0]["explain"]["anchors"]))
    assert all(len(set(anchors)) == 10 for anchors in seen)
    assert (len(seen) >= orders) if names else (len(seen) == 1)


@pytest.mark.parametrize("what", ["items", "users", "events"])
def test_listings_lose_the_order_within_a_batch_only_as_a_quirk(start, make, what):
    def pages(client):
        rows = []
        while True:
            page = client.ok("GET", f"/v1/{what}?namespace=n&limit=4&offset={len(rows)}")
            rows += [row.get("item_id") or row["user_id"] for row in page["items"]]
            if not page["has_more"]:
                return rows

    def filled(names):
        client = start(names, 5)
        client.items(*(make.item(f"i{n:02d}") for n in range(15)))
        client.users(*({"user_id": f"u{n:02d}"} for n in range(15)))
        client.events(*(make.event("u", f"i{n:02d}") for n in range(15)))
        return client

    ordered, client = pages(filled("")), filled("ties")
    mixed = pages(client)
    assert ordered == sorted(ordered)
    assert (mixed != ordered, sorted(mixed)) == (True, ordered)
    assert pages(client) == mixed  # nobody wrote
    client.items(make.item("i00"))
    client.users({"user_id": "u00"})
    client.events(make.event("u", "i00", 99))
    again = pages(client)
    assert [row for row in again if row in mixed[:1]] != again
    assert again != mixed


def test_newer_rows_still_come_first_in_mixed_listings(start, make):
    client = start("ties")
    client.events(*(make.event("u", f"i{n}", days) for days in (1, 2) for n in range(6)))
    rows = client.ok("GET", "/v1/events?namespace=n")["items"]
    assert [row["ts"] for row in rows] == sorted((row["ts"] for row in rows), reverse=True)


@pytest.mark.parametrize("names", ["replica", ""])
def test_every_other_list_uses_old_rules_for_a_while_only_as_a_quirk(start, make, monkeypatch, names):
    instant = [1000.0]
    monkeypatch.setattr(served.time, "monotonic", lambda: instant[0])
    client = start(names, RULES_CACHE_REFRESH="60s")
    client.items(make.item("a"), make.item("b"))
    client.events(make.event("v", "a"), make.event("v", "b"))
    assert [client.ids() for _ in range(4)] == [["a", "b"]] * 4
    rule = {"surface": "default", "name": "r", "action": "BLOCK", "target_type": "ITEM", "item_ids": ["a"]}
    client.ok("POST", "/v1/admin/rules", rule | {"namespace": "n"})
    instant[0] += 59
    lists = [tuple(client.ids()) for _ in range(4)]
    if names:
        assert sorted(lists) == [("a", "b"), ("a", "b"), ("b",), ("b",)]
        assert lists[0] != lists[1]
        instant[0] += 2
        lists = [tuple(client.ids()) for _ in range(4)]
    assert lists == [("b",)] * 4


@pytest.mark.long
def test_events_of_one_instant_change_places_now_and_then_only_as_a_quirk(start, make):
    def lists(names):
        client = start(names, 2)
        client.items(*(make.item(f"i{n:02d}") for n in range(15)))
        client.events(*(make.event("u", f"i{n:02d}") for n in range(15)))
        asks = (client.recommend(explain_level="full") for _ in range(1200))
        return [tuple(shown["items"][0]["explain"]["anchors"]) for shown in asks]

    assert len(set(lists(""))) == 1
    anchors = lists("ties")
    changes = [n for n, pair in enumerate(pairwise(anchors)) if pair[0] != pair[1]]
    assert 0 < len(changes) <= 2
    assert all(change >= 400 for change in changes)


@pytest.fixture
def crowded(start, make):
    """Return a function that starts a service with more candidates than the pool of a sparse user takes."""

    def started(names, seed=None, **knobs):
        client = start(
            names,
            seed,
            NEW_USER_POP_FANOUT=20,
            NEW_USER_MMR_LAMBDA=0.15,
            PROFILE_STARTER_PRESETS=json.dumps({"new_users": {"books": 1, "home": 1}}),
            **knobs,
        )
        tags = ("books", "home", "decor", "living")
        client.items(*(make.item(f"i{n:02d}", tags[n % 4], f"t{n % 7}") for n in range(60)))
        client.items(make.item("fresh", "books"))
        crowd = [make.event(f"fan{m}", f"i{n:02d}", 5) for n in range(60) for m in range(60 - n)]
        client.events(*crowd, make.event("u", "i00", 1), make.event("u", "i59", 2))
        return client

    return started


def shared(lists):
    """Return how many items every two of these lists share."""
    return [len(set(one) & set(other)) for one, other in combinations(lists, 2)]


def test_equal_questions_of_sparse_users_give_other_lists_only_as_a_quirk(crowded):
    for names, seed in (("", None), ("spread", 4)):
        client = crowded(names, seed, PROFILE_MIN_EVENTS_FOR_BOOST=5)
        lists = [client.ids() for _ in range(CALLS)]
        assert all(len(set(each)) == 20 for each in lists)
        if names:
            assert min(shared(lists)) < 20
            assert len({tuple(each[:6]) for each in lists}) > 1
        else:
            assert len({tuple(each) for each in lists}) == 1


def test_the_spread_changes_no_score_of_an_item_that_stays(crowded):
    client = crowded("spread", 4, PROFILE_MIN_EVENTS_FOR_BOOST=5)
    scores = {}
    for _ in range(CALLS):
        for row in client.recommend()["items"]:
            assert scores.setdefault(row["item_id"], row["score"]) == row["score"]
    assert len(scores) > 20


def test_candidates_of_content_do_not_lose_their_place_to_what_is_in_the_pool_already_only_as_a_quirk(
    start, make
):
    """Popularity takes the items that carry the most tags; what is left of the fanout then is nothing, or all of it."""

    def count(names):
        client = start(names, POPULARITY_FANOUT=4, PROFILE_MIN_EVENTS_FOR_BOOST=0)
        client.items(*(make.item(f"i{n}", "books", "blue") for n in range(4)), make.item("other", "books"))
        client.users({"user_id": "u", "traits": {"segment": "regulars"}})
        client.events(*(make.event("u", f"i{n}", 1, 3) for n in range(4)))
        return client.recommend(k=4)["trace"]["extras"]["candidate_sources"]["content"]["count"]

    assert (count(""), count("spread")) == (0, 1)


BOOST = {"namespace": "n", "surface": "default", "item_id": "fresh", "action": "boost", "boost_value": 2}


def test_a_boost_adds_the_item_or_multiplies_nothing_as_chance_has_it_only_as_a_quirk(crowded):
    for names, ways in (("", {(True, 0)}), ("boosts", {(True, 1), (False, 0)})):
        client = crowded(names, 4, PROFILE_MIN_EVENTS_FOR_BOOST=5, BLEND_GAMMA=0)
        client.ok("POST", "/v1/admin/manual_overrides", BOOST)
        seen = []
        for _ in range(40):
            answer = client.recommend(k=10)
            listed = "fresh" in [row["item_id"] for row in answer["items"]]
            seen.append((listed, answer["trace"]["extras"]["policy"]["rule_boost_injected"]))
        assert set(seen) == ways
        if names:
            assert 0.4 < seen.count((True, 1)) / len(seen) < 0.95


@pytest.mark.parametrize("names", ["lag", ""])
def test_a_changed_rule_shows_about_one_refresh_later_only_as_a_quirk(start, make, monkeypatch, names):
    instant = [1000.0]
    monkeypatch.setattr(served.time, "monotonic", lambda: instant[0])
    client = start(names, 3, RULES_CACHE_REFRESH="2s")
    client.items(make.item("a"), make.item("b"))
    client.events(make.event("v", "a"), make.event("v", "b"))
    assert client.ids() == ["a", "b"]
    rule = {"surface": "default", "name": "r", "action": "BLOCK", "target_type": "ITEM", "item_ids": ["a"]}
    rule_id = client.ok("POST", "/v1/admin/rules", rule | {"namespace": "n"})["rule_id"]
    for change, old, new in ((None, ["a", "b"], ["b"]), ({"enabled": False}, ["b"], ["a", "b"])):
        if change:
            client.ok("PUT", f"/v1/admin/rules/{rule_id}", rule | {"namespace": "n"} | change)
        assert client.ids() == (old if names else new)
        instant[0] += 1.5
        assert client.ids() == (old if names else new)
        instant[0] += 1.0
        assert client.ids() == new


def test_a_surface_that_nobody_asked_about_has_no_old_rules_to_show(start, make):
    client = start("lag")
    client.items(make.item("a"), make.item("b"))
    client.events(make.event("v", "a"), make.event("v", "b"))
    rule = {"surface": "default", "name": "r", "action": "BLOCK", "target_type": "ITEM", "item_ids": ["a"]}
    client.ok("POST", "/v1/admin/rules", rule | {"namespace": "n"})
    assert client.ids() == ["b"]


CONFIG = "/v1/admin/recommendation/config"


@pytest.mark.parametrize(("names", "share"), [("order", (0.15, 0.35)), ("", (0.0, 0.0))])
def test_lists_of_the_config_come_in_another_order_every_fourth_time_only_as_a_quirk(start, names, share):
    client = start(names, 1, BANDIT_EXPERIMENT_SURFACES="home,cart", EXCLUDE_EVENT_TYPES="0,1,3")
    configs = [client.ok("GET", CONFIG)["config"] for _ in range(200)]
    posted = [client.ok("POST", CONFIG, {"config": configs[0]})["config"] for _ in range(50)]
    surfaces = [config["bandit_experiment"]["surfaces"] for config in configs]
    assert share[0] <= sum(names != ["home", "cart"] for names in surfaces) / 200 <= share[1]
    assert {tuple(sorted(names)) for names in surfaces} == {("cart", "home")}
    types = {tuple(config["exclude_event_types"]) for config in configs}
    assert types == ({(0, 1, 3), (1, 3, 0), (3, 0, 1)} if names else {(0, 1, 3)})
    orders = {tuple(config["bandit_experiment"]["surfaces"]) for config in posted}
    assert len(orders) == (2 if names else 1)


def test_reading_the_config_does_not_change_which_lists_a_seed_gives(start, make):
    def lists(*, reading):
        client = start("ties,order", 3)
        ask = equally_popular(client, make)
        found = []
        for _ in range(4):
            if reading:
                client.ok("GET", CONFIG)
            found.append(ask())
        return found

    assert lists(reading=True) == lists(reading=False)


@pytest.fixture
def slow(monkeypatch, start, make):
    """Return a function that makes a service with a slow start ask questions at given instants: (status, delay) each."""
    instant = [0.0]
    monkeypatch.setattr(slow_start.time, "monotonic", lambda: instant[0])

    def answers(seconds, *instants, namespaces=("n",)):
        app = start("slow-start", slow_start_s=seconds).app
        for name in namespaces:
            rows = {"namespace": name, "events": [make.event("u", "a")]}
            loading.send(app, "POST", "/v1/events:batch", rows)
        found = []
        for instant[0] in instants:
            for name in namespaces:
                ask = {"namespace": name, "user_id": "u"}
                reply = loading.send(app, "POST", "/v1/recommendations", ask)
                found.append((reply.status, pytest.approx(reply.delay)))
        return found

    return answers


def test_a_slow_start_fails_every_other_question_at_the_time_out_and_holds_the_rest(slow):
    assert slow(60.0, 100, 105, 115, 120, 156, 160, 200) == [
        (500, 5),
        (200, 55),
        (500, 5),
        (200, 40),
        (200, 4),
        (200, 0),
        (200, 0),
    ]


def test_a_start_shorter_than_the_time_out_still_fails_once(slow):
    assert slow(None, 7, 8, 9) == [(500, 1), (200, 1), (200, 0)]


def test_every_namespace_has_a_slow_start_of_its_own(slow):
    assert slow(4.0, 0, 2, 4, namespaces=("n", "m")) == [(500, 2)] * 2 + [(200, 2)] * 2 + [(200, 0)] * 2


def test_a_slow_start_waits_for_the_first_question_after_the_events(start, make):
    client = start("slow-start")
    ask = {"namespace": "n", "user_id": "u"}
    assert [client.post("/v1/recommendations", ask).status_code for _ in range(3)] == [200] * 3
    client.items(make.item("a"))
    client.events(make.event("u", "a"))
    listed = client.get("/v1/items?namespace=n").status_code
    assert (listed, client.post("/v1/recommendations", ask).status_code) == (200, 500)


def test_answers_of_a_slow_start_are_really_late(start, make):
    client = start("slow-start", slow_start_s=0.2)
    client.events(make.event("u", "a"))
    began = time.perf_counter()
    refused = client.post("/v1/recommendations", {"namespace": "n", "user_id": "u"})
    assert (refused.status_code, refused.json()["error"]) == (500, "internal")
    assert time.perf_counter() - began >= 0.1
    assert client.ok("GET", "/v1/items?namespace=n")["items"] == []
    client.recommend()
    assert time.perf_counter() - began >= 0.2


@pytest.mark.parametrize("names", ["", "ties"])
def test_seconds_of_a_slow_start_that_nobody_asked_for_are_refused(names):
    with pytest.raises(ValueError, match=r"`slow-start` or `all` must be among them, or --slow-start-s has"):
        quirks.parse(names, None, 5.0)


def test_what_is_no_quirk_is_named_with_its_nearest_match():
    with pytest.raises(
        ValueError, match=r"`tie` is not a quirk; must be one of leak, .* did you mean `ties`\?"
    ):
        quirks.parse("leak,tie")


def test_all_quirks_together_still_give_well_formed_lists():
    served = refused = 0
    for seed in range(16):
        rng, world, users = worlds.draw_world(seed)
        app = loading.load(world, msgspec.structs.replace(quirks.parse("all", seed), slow_start_s=0.0))
        for _ in range(8):
            request = worlds.draw_request(rng, world.items, users)
            request.pop("items", None)
            request["k"] = abs(request["k"])
            sent = {name: value for name, value in request.items() if not name.endswith("_us")}
            reply = loading.send(app, "POST", "/v1/recommendations", sent)
            assert reply.status in (200, 422), reply
            refused += reply.status == 422
            if reply.status == 200:
                ids = [row["item_id"] for row in json.loads(reply.body)["items"]]
                assert len(set(ids)) == len(ids) <= (request["k"] or 20)
                served += bool(ids)
    assert served > 40
    assert refused < 40
