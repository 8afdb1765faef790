"""`revision-2025`: an older revision refuses nothing, names and scales things otherwise, and is no part of `all`."""

import json

import pytest

from pytest_recsim.standin.settings import quirks
from pytest_recsim.standin.state import slow_start

OLD = "revision-2025"


@pytest.fixture
def shop_of(start, make):
    """Return a function that starts a shop whose user knows one of 30 books and one of 30 lamps."""

    def started(names, **knobs):
        client = start(names, PROFILE_MIN_EVENTS_FOR_BOOST=0, **knobs)
        kinds = ("books", "lamps")
        client.items(*(make.item(f"i{n:02d}", kinds[n % 2], description=f"text {n % 6}") for n in range(60)))
        client.items(make.item("fresh", "books"), make.item("fresher", "books", "lamps"))
        client.users({"user_id": "u", "traits": {"segment": "regulars"}})
        crowd = [make.event(f"fan{m}", f"i{n:02d}", 5) for n in range(60) for m in range(60 - n)]
        client.events(*crowd, make.event("u", "i00", 1), make.event("u", "i59", 2))
        return client

    return started


WRONG = [
    {"user_id": ""},
    {"k": -3},
    {"blend": {"pop": -1}},
    *(
        {"overrides": {name: value}}
        for name, value in {
            "mmr_lambda": 7.5,
            "popularity_halflife_days": -1,
            "covis_window_days": -1,
            "popularity_fanout": -5,
            "brand_cap": -1,
            "category_cap": -1,
            "purchased_window_days": -1,
            "profile_window_days": -1,
            "profile_boost": -0.5,
            "profile_top_n": -1,
            "blend_alpha": -1.0,
            "blend_beta": -1.0,
            "blend_gamma": -1.0,
        }.items()
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_out_of_range_is_answered_with_a_list_by_the_older_revision_only(shop_of, wrong):
    ask = {"namespace": "n", "user_id": "u"} | wrong
    statuses = [shop_of(names).post("/v1/recommendations", ask).status_code for names in ("", OLD)]
    assert statuses == [400, 200]


def test_what_cannot_be_read_is_still_refused(shop_of):
    answer = shop_of(OLD).post("/v1/recommendations", {"namespace": "n", "user_id": "u", "k": "ten"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json_type")


@pytest.mark.parametrize(("names", "there"), [("", True), (OLD, False)])
def test_the_older_revision_does_not_tell_the_status_of_signals(shop_of, names, there):
    assert ("signal_status" in shop_of(names).recommend()["trace"]["extras"]) is there


def test_signals_are_shares_of_the_largest_and_explain_the_score_with_names_of_their_own(shop_of):
    rows = shop_of(OLD, POPULARITY_FANOUT=80).recommend(k=62, explain_level="full")["items"]
    blends = [row["explain"]["blend"] for row in rows]
    for name, raw in (("pop_norm", "pop"), ("cooc_norm", "cooc"), ("emb_norm", "emb")):
        largest = max(blend["raw"].get(raw, 0) for blend in blends)
        assert largest > 0
        for blend in blends:
            assert blend.get(name, 0) == pytest.approx(blend["raw"].get(raw, 0) / largest)
    for row, blend in zip(rows, blends, strict=True):
        boost = row["explain"].get("personalization", {}).get("boost_multiplier", 1)
        assert row["score"] == pytest.approx(sum(blend["contrib"].values()) * boost, abs=1e-9)
    assert not any("similarity_norm" in blend for blend in blends)


def test_its_scores_are_not_what_the_newer_revision_computes_of_the_same_raw_numbers(shop_of):
    rows = shop_of(OLD).recommend(k=20, explain_level="full")["items"]
    saturated = [(raw := row["explain"]["blend"]["raw"]["pop"]) / (raw + 1) for row in rows]
    shown = [row["explain"]["blend"]["pop_norm"] for row in rows]
    assert sum(abs(one - other) > 1e-3 for one, other in zip(saturated, shown, strict=True)) > 15


def test_content_brings_its_count_in_the_place_of_popularity_and_takes_the_last_places(shop_of):
    client = shop_of(OLD, POPULARITY_FANOUT=40)
    answer = client.recommend(k=40, explain_level="full")
    raw = {row["item_id"]: row["explain"]["blend"]["raw"]["pop"] for row in answer["items"]}
    assert (raw["fresher"], raw["fresh"]) == (2, 1)
    assert not raw.keys() & {f"i{n:02d}" for n in range(20, 40)}, "20 places, from the end"
    assert answer["items"] == client.recommend(k=40, explain_level="full")["items"]


def test_reasons_name_popularity_for_everything(shop_of):
    for names, everything in (("", False), (OLD, True)):
        client = shop_of(names, POPULARITY_FANOUT=40)
        rows = client.recommend(k=40, include_reasons=True)["items"]
        assert all("recent_popularity" in row["reasons"] for row in rows) is everything


@pytest.mark.parametrize(("names", "word", "other"), [("", "similarity", "als"), (OLD, "als", "similarity")])
def test_the_third_weight_of_a_blend_has_another_name(shop_of, names, word, other):
    client = shop_of(names)
    weights = [
        client.recommend(blend={name: 1.0}, explain_level="numeric")["items"][0]["explain"]["blend"]
        for name in (word, other)
    ]
    assert [(blend.get("alpha"), blend.get("gamma")) for blend in weights] == [(None, 1), (1, None)]


def test_sessions_offer_items_that_cannot_be_had(start, make):
    client = start(OLD)
    client.items(make.item("a"), make.item("hidden", available=False))
    client.events(make.event("u", "a", 60 / 1440), make.event("u", "hidden", 50 / 1440))
    assert set(client.ids()) == {"a", "hidden"}


def test_a_slow_start_only_fails(start, make, monkeypatch):
    instant = [0.0]
    monkeypatch.setattr(slow_start.time, "monotonic", lambda: instant[0])
    client = start(f"{OLD},slow-start", slow_start_s=60)
    client.events(make.event("u", "a"))
    asked = [client.app.service.slow_start.next("org", "n") for instant[0] in (0, 1, 30, 54)]
    assert asked == [(5.0, True)] * 4
    instant[0] = 60.0
    assert client.app.service.slow_start.next("org", "n") == (0.0, False)


def test_all_is_without_the_older_revision_which_can_be_added():
    assert not quirks.parse("all").revision_2025
    assert quirks.parse(f"all,{OLD}").revision_2025


def test_rerank_keeps_the_order_of_its_scores(shop_of):
    body = {
        "namespace": "n",
        "user_id": "v",
        "items": [{"item_id": f"i{n}", "score": n} for n in range(10, 20)],
    }
    answer = shop_of(OLD).ok("POST", "/v1/rerank", body)
    assert [row["item_id"] for row in answer["items"]] == [f"i{n}" for n in range(19, 9, -1)]
    assert "signal_status" not in json.dumps(answer)
