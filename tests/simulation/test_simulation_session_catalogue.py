"""What scenarios may expect of a list before it is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from truth_answers import DOCUMENT, event

from pytest_recsim.data.fixtures.fixture_rules import sound_value
from pytest_recsim.data.profiles.profiles import packaged_profiles
from pytest_recsim.judge.baseline import popularity_order, popularity_scores
from pytest_recsim.observe.store import load, save
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Extras, Policy, SourceCount, Trace
from pytest_recsim.simulation.session.catalogue import Catalogue

FANOUT = "POPULARITY_FANOUT=300"
NEW = (FANOUT, "NEW_USER_POP_FANOUT=60")


class Shelves(Catalogue):
    """A world whose users are established or not, as a test says."""

    plan = lists = None

    def __init__(self, world, established):
        self._world, self._established = world, established

    @property
    def world(self):
        return self._world

    def is_established(self, user_id):
        return self._established


@pytest.mark.parametrize(
    ("knobs", "established", "eligible", "k", "least"),
    [
        ((FANOUT,), True, 50, 100, 50),
        ((FANOUT,), True, 150, 100, 100),
        (("POPULARITY_FANOUT=60",), True, 50, 100, 50),
        (("POPULARITY_FANOUT=60",), True, 90, 100, 80),
        (("POPULARITY_FANOUT=60",), True, 30, 20, 20),
        ((*NEW, "RECOMMENDATION_MAX_ANCHORS_INJECTED=0"), False, 90, 100, 75),
        ((*NEW, "RECOMMENDATION_MAX_ANCHORS_INJECTED=0"), False, 51, 48, 41),
        ((*NEW, "RECOMMENDATION_MAX_ANCHORS_INJECTED=2"), False, 51, 48, 45),
        (NEW, False, 30, 20, 20),
        (NEW, True, 90, 100, 90),
        ((FANOUT, "RECOMMENDATION_MAX_K=40"), True, 90, 100, 40),
        ((FANOUT, "RECOMMENDATION_MAX_FANOUT=30"), True, 90, 100, 30),
    ],
)
def test_popular_items_are_ranked_unless_the_pool_is_full_or_cut(
    make_world, knobs, established, eligible, k, least
):
    shelves = Shelves(make_world(*knobs), established)
    assert shelves.surely_ranked("u1", eligible, k) == least


VALUES = st.one_of(
    st.sampled_from([-1.0, 0.0, 0.1, 1.0, 3.0, 1e15, 1e-9]), st.floats(-1e6, 1e6).filter(sound_value)
)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 4), VALUES), min_size=4, max_size=30))
def test_scenarios_and_the_judge_have_one_order_of_popularity(make_world, events):
    ids = ["b", "a", "\u00e4", "B", "10", "9"]
    document = {
        "items": [{"item_id": name, "available": name != "9"} for name in ids],
        "users": [{"user_id": "u", "traits": {"segment": "s"}}],
        "events": [
            {"user_id": "u", "item_id": ids[item - 1], "type": kind, "value": value, "ts": f"2026-01-{day + 1:02}T00:00:00Z"}
            for day, (item, kind, value) in enumerate(events)
        ],
    }  # fmt: skip
    world = make_world(document=document)
    seeded, columns = world.material.split.seeded, world.material.columns
    names = sorted(ids, key=str.encode)
    scores = popularity_scores(columns.item[seeded], world.weights[seeded] * columns.value[seeded], len(ids))
    order = popularity_order(scores, world.available, np.array([names.index(name) for name in ids]))
    assert Shelves(world, established=True).popularity == tuple(ids[place] for place in order)


def test_one_outlying_event_does_not_leave_scenarios_with_the_alphabet(make_world):
    """The best seller stays in front of what nobody wants, whatever one broken row says."""
    events = [("d", 1e15), ("c", 3.0), ("b", 2.0), ("a", 1.0), ("a", 1.0)]
    document = {
        "items": [{"item_id": name} for name in "abcd"],
        "users": [{"user_id": "u", "traits": {"segment": "s"}}],
        "events": [
            {"user_id": "u", "item_id": item, "type": 0, "value": value, "ts": f"2026-01-0{day}T00:00:00Z"}
            for day, (item, value) in enumerate(events, start=1)
        ],
    }
    assert Shelves(make_world(document=document), established=True).popularity == ("d", "c", "b", "a")


REQUEST = {"apply": "request", "base_url": "http://x", "base_url_source": "--base-url"}


@pytest.mark.parametrize(("seen", "least"), [((60, 60), 75), ((90,), 75), ((300, 250), 90), ((), 75)])
def test_a_fanout_that_cannot_be_sent_is_that_of_the_lists(make_world, seen, least):
    """The service's own for sparse and new users: nothing but the trace tells it."""
    shelves = Shelves(
        make_world(*NEW, **REQUEST, admin={"profile_min_events_for_boost": 5}), established=False
    )
    shelves.lists = {str(n): sparse_list(count) for n, count in enumerate(seen)}
    assert shelves.surely_ranked("u1", 90, 100) == least


def test_an_unset_fanout_of_sparse_users_leaves_room_for_a_thousand(make_world, tmp_path):
    bare = tmp_path / "bare.env"
    kept = (packaged_profiles() / "prod.env").read_text().replace("NEW_USER_POP_FANOUT=60\n", "")
    bare.write_text(kept)
    assert Shelves(make_world(env_profile=str(bare)), established=False).surely_ranked("u1", 90, 100) == 90


def sparse_list(count):
    extras = Extras(
        policy=Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0)),
        recent_event_count=0,
        candidate_sources={"popularity": SourceCount(count=count)},
        signal_status={},
    )
    answer = Answer(model_version="m", items=[], trace=Trace(extras=extras))
    return Exchange(Ask("u1"), answer, 0, "u", "o", "n")


def test_no_more_ids_are_excluded_than_the_service_takes(make_world):
    limited = make_world(*NEW, "RECOMMENDATION_MAX_EXCLUDE_IDS=2")
    assert Shelves(limited, established=True).most_excluded == 2
    assert Shelves(make_world(*NEW), established=True).most_excluded > 100


def test_stored_answers_are_never_taken_for_those_of_other_users(tmp_path):
    """Whoever asks for lists that are asked for once has to ask for the same people."""
    answer = Answer(
        model_version="m", items=[], trace=Trace(extras=Extras(policy=Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0)), recent_event_count=0, candidate_sources={}, signal_status={}))
    )  # fmt: skip
    asks = [Ask(user_id=user) for user in ("a", "b")]
    place = {"url": "u", "org_id": "o", "namespace": "n"}
    save(tmp_path / "x", [Exchange(ask, answer, 0.1, **place) for ask in asks])
    assert [one.ask.user_id for one in load(tmp_path / "x", asks, **place, keyed=False)] == ["a", "b"]
    with pytest.raises(ValueError, match="other users' questions"):
        load(tmp_path / "x", asks[::-1], **place, keyed=False)


# --- look-ups on a small world ---


@pytest.fixture
def small(make_world):
    """Three items, three users: see truth_answers."""
    return Shelves(make_world(), established=True)


def test_items_and_users_are_found_by_id(small):
    assert list(small.items) == ["i1", "i2", "i3"]
    assert {user: one.segment for user, one in small.users.items()} == {
        "u1": "vip",
        "u2": "new_users",
        "u3": "vip",
    }
    assert small.available == {"i1", "i3"}


def test_seeded_events_are_counted_by_item_without_the_holdout(small):
    assert small.seeded_events == {"i1": 3, "i2": 2, "i3": 1}


def test_popularity_offers_for_sure_what_is_available_and_has_an_event_that_counts(small, make_world):
    assert small.offered == {"i1", "i3"}
    nothing = {
        "events": [*DOCUMENT["events"][:-3], event("u3", "i3", 16, 2, value=0.0), *DOCUMENT["events"][-2:]]
    }
    assert Shelves(make_world(document=DOCUMENT | nothing), established=True).offered == {"i1"}


def test_items_that_a_user_has_just_bought_are_hidden_but_from_no_new_user(make_world):
    knobs = ("RULE_EXCLUDE_EVENTS=true", "EXCLUDE_EVENT_TYPES=3", "PURCHASED_WINDOW_DAYS=30")
    shelves = Shelves(make_world(*knobs), established=True)
    assert [shelves.hidden(user) for user in ("u1", "u2", "u3")] == [{"i1"}, set(), set()]
    off = Shelves(make_world("RULE_EXCLUDE_EVENTS=false", *knobs[1:]), established=True)
    assert off.hidden("u1") == set()


# --- tags ---


def test_brands_are_tags_with_a_brand_prefix_in_any_spelling_and_stay_as_stored(small):
    assert small.brand_tags("i1") == {"brand:acme"}
    assert small.brand_tags("i2") == {"Brand:Beta"}
    assert small.brand_tags("i3") == set()


def test_plain_tags_carry_neither_prefix(small):
    assert [small.plain_tags(item) for item in ("i1", "i2", "i3")] == [{"books"}, {"toys"}, {"books"}]


@pytest.mark.parametrize(
    ("item", "category"),
    [
        ({"category": "Novels", "tags": ["category:c1"]}, "Novels"),
        ({"tags": ["x", "Category: c1 ", "cat:c2"]}, "c1"),
        ({"tags": ["cat:c2"]}, "c2"),
        ({"tags": ["cat:a:b"]}, "a:b"),
        ({"tags": ["catalogue:c2", "x"]}, None),
        ({"tags": []}, None),
    ],
    ids=["field", "tag", "short", "colon", "another prefix", "none"],
)
def test_a_category_is_the_field_else_the_first_tag_with_its_prefix(make_world, item, category):
    document = DOCUMENT | {"items": [{"item_id": "i1"} | item, *DOCUMENT["items"][1:]]}
    assert Shelves(make_world(document=document), established=True).category_of("i1") == category


def test_prefixes_are_those_of_the_knobs_in_effect(make_world):
    knobs = ("BRAND_TAG_PREFIXES=maker", "CATEGORY_TAG_PREFIXES=shelf,row")
    tags = ["maker:m", "brand:b", "row:r", "category:c", " "]
    document = DOCUMENT | {"items": [{"item_id": "i1", "tags": tags}, *DOCUMENT["items"][1:]]}
    shelves = Shelves(make_world(*knobs, document=document), established=True)
    assert shelves.brand_tags("i1") == {"maker:m"}
    assert shelves.category_of("i1") == "r"
    assert shelves.plain_tags("i1") == {"brand:b", "category:c"}, "a blank tag is none"


# --- people, on the small shop ---


def test_established_users_are_those_with_enough_recent_items_and_no_new_ones(sim):
    established = {user for user in sim.lists if sim.is_established(user)}
    assert established == {"u000", "u002", "u004", "u006", "u008"}
    assert set(sim.established(99)) == established
    assert len(sim.established(2)) == 2
    assert sim.established(2) == sim.established(99)[:2]


def test_a_sample_has_as_many_of_every_segment_and_is_the_same_in_every_process(sim, join):
    found = sim.sample(2)
    assert [sim.users[user].segment for user in found] == ["new_users"] * 2 + ["regulars"] * 2
    assert join().sample(2) == found
    assert set(found) <= set(sim.sample(99)) == set(sim.lists)


def test_a_sample_may_be_of_single_segments(sim):
    found = sim.sample(3, segments=["regulars"])
    assert len(found) == 3
    assert {sim.users[user].segment for user in found} == {"regulars"}
    assert found == sim.sample(3)[3:]
    assert sim.sample(3, segments=[]) == []


def test_subjects_are_drawn_and_not_simply_the_first(sim):
    """Else a fault of the first users of every data set alone would decide."""
    assert (
        sim.sample(3, segments=["regulars"])
        != [u for u in sim.lists if sim.users[u].segment == "regulars"][:3]
    )


# --- anchors ---


@pytest.mark.parametrize(
    ("limit", "anchors"), [("0", 11), ("4", 4), ("50", 11)], ids=["unlimited", "limited", "limit above"]
)
def test_a_user_of_unknown_past_has_as_many_anchors_as_there_can_be(make_world, limit, anchors):
    """u9 is nobody whose events are known, so the most that the contract allows is assumed."""
    knobs = (f"RECOMMENDATION_MAX_ANCHORS_INJECTED={limit}", "PROFILE_MIN_EVENTS_FOR_BOOST=10")
    assert Shelves(make_world(*NEW, *knobs), established=False)._most_anchors("u9") == anchors


def test_a_user_without_recent_items_may_get_starter_anchors(make_world):
    knobs = (*NEW, "RECOMMENDATION_MAX_ANCHORS_INJECTED=0", "PROFILE_WINDOW_DAYS=1")
    shelves = Shelves(make_world(*knobs), established=False)
    assert shelves.world.recent_counts["u1"] == 0
    assert shelves._most_anchors("u1") == 5


def test_a_service_that_shows_no_sources_leaves_the_fanout_unknown(make_world):
    shelves = Shelves(
        make_world(*NEW, **REQUEST, admin={"profile_min_events_for_boost": 5}), established=False
    )
    bare = sparse_list(60)
    extras = Extras(policy=bare.answer.trace.extras.policy, recent_event_count=0, candidate_sources=None)
    answer = Answer(items=[], trace=Trace(extras=extras))
    shelves.lists = {"1": Exchange(Ask("u1"), answer, 0, "u", "o", "n")}
    assert shelves._fanout_seen == 0
