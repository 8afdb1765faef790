"""Raw popularity and co-visitation against what the seeded events make, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from truth_answers import event

from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.records import EventType
from pytest_recsim.service.contract.wire import (
    Answer,
    Blend,
    Explain,
    Extras,
    Policy,
    ScoredItem,
    Signals,
    Trace,
)
from pytest_recsim.simulation.truth import expected_signals as room

TYPES = tuple(EventType(type=kind, weight=weight) for kind, weight in enumerate((0.1, 0.3, 0.7, 1.0, 0.2)))
KNOBS = ("POPULARITY_HALFLIFE_DAYS=10", "COVIS_WINDOW_DAYS=30")


@pytest.fixture
def signals(make_world):
    """A factory: knobs and event types -> the signals of the small world."""
    return lambda *knobs, types=TYPES: held(make_world(*KNOBS, *knobs), types)


def held(world, types=TYPES):
    return room.ExpectedSignals(replace(world, types=types), world.now_us)


def told(user="u1", item="i1", *, pop=0.0, cooc=0.0, beta=0.5, anchors=("i2",), recent=9, profile=None):
    raw = Signals(pop=pop, cooc=cooc)
    explain = Explain(blend=Blend(alpha=0.3, beta=beta, gamma=0.2, raw=raw), anchors=list(anchors))
    policy = Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0))
    extras = Extras(policy=policy, recent_event_count=recent, candidate_sources={}, signal_status={})
    one = ScoredItem(item_id=item, score=1.0, explain=explain)
    answer = Answer(model_version="m", items=[one], trace=Trace(extras=extras), profile_id=profile)
    return Exchange(Ask(user), answer, 0.01, "u", "o", "n"), one


# i1: purchases 50, 20 and 18 days ago. One half-life is 10 days.
POPULARITY = 0.5**5 + 0.5**2 + 0.5**1.8


@pytest.mark.parametrize(
    ("pop", "good"), [(POPULARITY, True), (POPULARITY * 1.009, True), (POPULARITY * 1.02, False), (0.0, True)]
)
def test_popularity_is_the_decayed_sum_over_the_events(signals, pop, good):
    assert signals().popularity_holds(*told(pop=pop)) is good


def test_values_and_types_weigh_and_half_lives_of_types_go_first(signals):
    add = 0.7 * 2.0 * 0.5**1.6  # i3: one add of value 2, 16 days ago
    assert signals().popularity_holds(*told(item="i3", pop=add))
    slow = tuple(
        msgspec.structs.replace(kind, half_life_days=16.0) if kind.type == 2 else kind for kind in TYPES
    )
    assert not signals(types=slow).popularity_holds(*told(item="i3", pop=add))
    assert signals(types=slow).popularity_holds(*told(item="i3", pop=0.7))


def test_a_type_that_is_switched_off_counts_nothing(signals):
    without = tuple(
        msgspec.structs.replace(kind, is_active=False) if kind.type == 3 else kind for kind in TYPES
    )
    assert not signals(types=without).popularity_holds(*told(pop=POPULARITY))


@pytest.mark.parametrize(
    ("facts", "good"),
    [
        ({"anchors": ("i1",), "recent": 0}, True),
        ({"anchors": ("i1",), "recent": 9}, False),
        ({"user": "u2", "anchors": ("i1",), "recent": 9}, True),
        ({"profile": "p1"}, True),
        ({"item": "stranger"}, True),
    ],
    ids=["sparse user's anchor", "established user's", "new user's", "segment's own knobs", "unknown item"],
)
def test_where_popularity_may_be_another_number_it_is_not_judged(signals, facts, good):
    assert signals().popularity_holds(*told(pop=3.0, **facts)) is good


@pytest.mark.parametrize(
    ("cooc", "item", "good"),
    [(1.0, "i1", True), (2.0, "i1", False), (0.0, "i1", False), (1.0, "i3", True), (0.0, "i2", True)],
)
def test_co_visitation_counts_pairs_of_events_of_one_user_within_the_window(signals, cooc, item, good):
    """Around the anchor i2: u1 with i1 20 days ago (not the one 50 days ago), u3 with i3."""
    assert signals().covisits_hold(*told(item=item, cooc=cooc)) is good


def test_the_strongest_of_several_anchors_counts(signals):
    assert signals("COVIS_WINDOW_DAYS=60").covisits_hold(*told(item="i2", cooc=2.0, anchors=("i1", "i3")))


def test_without_weight_co_visitation_is_not_looked_up(signals):
    assert signals().covisits_hold(*told(cooc=7.0, beta=0.0))


def test_an_unknown_knob_of_a_real_service_is_told_and_not_judged(make_world):
    real = {"base_url": "http://x", "base_url_source": "--base-url", "apply": "none"}
    unsure = held(make_world(*KNOBS, **real))
    assert unsure.told == "not compared, for it is unknown: half-life, co-visitation window"
    assert unsure.popularity_holds(*told(pop=99.0))
    assert unsure.covisits_hold(*told(cooc=99.0))


def test_beyond_the_strongest_neighbours_both_is_right(make_world, monkeypatch):
    monkeypatch.setattr(room, "NEIGHBOURS", 1)
    document = {
        "items": [{"item_id": name} for name in ("i1", "i2", "i3")],
        "users": [{"user_id": "u1", "traits": {"segment": "vip"}}],
        "events": [
            {"user_id": "u1", "item_id": item, "type": 0, "ts": f"2026-11-{day}T00:00:00Z"}
            for item, day in (("i1", 10), ("i2", 11), ("i3", 12), ("i2", 13), ("i3", 14), ("i1", 20))
        ],
    }
    world = make_world(*KNOBS, "PURCHASED_WINDOW_DAYS=1", document=document)
    cut = held(world)
    counted = cut.world.seeded_counts.tolist()
    strength = float(counted[0] * counted[1])
    assert all(cut.covisits_hold(*told(item="i2", cooc=cooc, anchors=("i1",))) for cooc in (0.0, strength))
    assert not cut.covisits_hold(*told(item="i2", cooc=strength + 1, anchors=("i1",)))


def test_an_event_that_left_the_window_after_the_answer_was_made_may_still_have_counted(make_world):
    """On a real clock the signals are compared seconds after the lists; u1's event on i1 is 20 days old."""
    real = {"base_url": "http://x", "base_url_source": "--base-url"}
    world = make_world("COVIS_WINDOW_DAYS=20", "POPULARITY_HALFLIFE_DAYS=10", **real)
    later = room.ExpectedSignals(world, world.now_us + 30_000_000)
    assert later.covisits_hold(*told(item="i1", cooc=1.0, anchors=("i2",)))
    assert not later.covisits_hold(*told(item="i1", cooc=2.0, anchors=("i2",)))


def bare(**parts):
    """An answer for i1 with these parts of an explanation only."""
    shown, one = told()
    return shown, msgspec.structs.replace(one, explain=Explain(**parts) if parts else None)


@pytest.mark.parametrize(
    "parts",
    [{}, {"anchors": ["i2"]}, {"anchors": ["i2"], "blend": Blend(alpha=0.3, beta=0.5, gamma=0.2)}],
    ids=["no explanation", "no blend", "no raw signals"],
)
def test_what_an_answer_does_not_tell_is_not_wrong(signals, parts):
    held_to = signals()
    assert held_to.popularity_holds(*bare(**parts))
    assert held_to.covisits_hold(*bare(**parts))


@pytest.mark.parametrize("facts", [{"item": "stranger"}, {"profile": "p1"}])
def test_co_visitation_of_unknown_items_and_of_a_segments_own_knobs_is_not_judged(signals, facts):
    assert signals().covisits_hold(*told(cooc=7.0, **facts))


def test_anchors_that_the_fixture_does_not_know_add_nothing(signals):
    assert signals().covisits_hold(*told(cooc=1.0, anchors=("(no_recent_activity)", "i2")))
    assert not signals().covisits_hold(*told(cooc=1.0, anchors=("(no_recent_activity)",)))
    assert signals().covisits_hold(*told(cooc=0.0, anchors=()))


def test_an_anchor_is_no_neighbour_of_its_own(signals):
    assert signals().covisits_hold(*told(item="i2", cooc=0.0, anchors=("i2",)))


def test_an_item_that_is_no_anchor_is_judged_for_sparse_users_too(signals):
    assert not signals().popularity_holds(*told(pop=3.0, anchors=("i2",), recent=0))


def test_event_times_are_those_that_were_seeded(make_world):
    world = make_world(*KNOBS)
    later = replace(world, shift_us=10 * 86_400_000_000, types=TYPES)  # a half-life younger
    assert room.ExpectedSignals(later, world.now_us).popularity_holds(*told(pop=2 * POPULARITY))
    assert not room.ExpectedSignals(later, world.now_us).popularity_holds(*told(pop=POPULARITY))
    early = replace(world, shift_us=-15 * 86_400_000_000, types=TYPES)
    assert room.ExpectedSignals(early, world.now_us).covisits_hold(*told(cooc=0.0)), (
        "both events have left the window"
    )


def test_popularity_is_decayed_to_the_instant_of_the_answers(make_world):
    world = replace(make_world(*KNOBS), types=TYPES)
    later = room.ExpectedSignals(world, world.now_us + 10 * 86_400_000_000)
    assert later.popularity_holds(*told(pop=POPULARITY / 2))
    assert not later.popularity_holds(*told(pop=POPULARITY))


REAL = {"base_url": "http://x", "base_url_source": "--base-url", "apply": "none"}


def test_one_unknown_knob_is_named_alone_and_the_other_signal_is_still_compared(make_world):
    half = held(make_world(admin={"half_life_days": 10}, **REAL))
    assert half.told == "not compared, for it is unknown: co-visitation window"
    assert not half.popularity_holds(*told(pop=99.0))
    window = held(make_world(admin={"co_vis_window_days": 30}, **REAL))
    assert window.told == "not compared, for it is unknown: half-life"
    assert not window.covisits_hold(*told(cooc=99.0))


def test_a_service_without_a_half_life_or_a_window_falls_back_to_its_own(make_world):
    own = held(make_world(admin={"half_life_days": 0, "co_vis_window_days": 0}, **REAL))
    assert own.told == "compared"
    assert own.half_life_days == 14
    assert own.popularity_holds(*told(pop=sum(0.5 ** (days / 14) for days in (50, 20, 18))))
    older = room.ExpectedSignals(replace(own.world, shift_us=int(-10.5 * 86_400_000_000)), own.now_us)
    assert own.covisits_hold(*told(cooc=1.0))
    assert older.covisits_hold(*told(cooc=0.0)), "u1's event on i1 is 30.5 days old"
    assert not older.covisits_hold(*told(cooc=1.0))


def neighbours(**visits):
    """A world in which u1 has visited the anchor `a` once, and others so many times."""
    events = [event("u1", "a", 9)]
    events += [event("u1", item, 8 - count / 10) for item, times in visits.items() for count in range(times)]
    events += [event("u1", "a", 1 + count / 10, value=0.0) for count in range(len(events) // 3)]  # held out
    return {
        "items": [{"item_id": name} for name in ("a", *visits)],
        "users": [{"user_id": "u1", "traits": {"segment": "vip"}}],
        "events": events,
    }


@pytest.fixture
def visited(make_world):
    return held(make_world(*KNOBS, document=neighbours(b=4, c=3, d=2, e=1)))


def right(signals, item):
    """Which co-visitations of an item with `a` are accepted."""
    return [
        cooc
        for cooc in (0.0, 1.0, 2.0, 3.0, 4.0)
        if signals.covisits_hold(*told(item=item, cooc=cooc, anchors=("a",)))
    ]


def test_as_many_neighbours_as_are_seen_have_to_be_told_exactly(visited, monkeypatch):
    monkeypatch.setattr(room, "NEIGHBOURS", 4)
    assert [right(visited, item) for item in "bcde"] == [[4.0], [3.0], [2.0], [1.0]]


def test_of_more_neighbours_the_strongest_are_seen_and_the_weakest_of_those_may_be(visited, monkeypatch):
    monkeypatch.setattr(room, "NEIGHBOURS", 2)
    assert [right(visited, item) for item in "bcde"] == [[4.0], [0.0, 1.0, 2.0, 3.0], [0.0], [0.0]]


def test_an_event_at_the_edge_of_the_window_counts_on_a_stand_in_and_may_have_left_it_on_a_running_clock(
    make_world,
):
    """u1's visit of i1 is exactly 20 days old."""
    still = held(make_world("COVIS_WINDOW_DAYS=20", "POPULARITY_HALFLIFE_DAYS=10"))
    assert [cooc for cooc in (0.0, 1.0) if still.covisits_hold(*told(cooc=cooc))] == [1.0]
    running = REAL | {"apply": "request"}
    moving = held(make_world("COVIS_WINDOW_DAYS=20", "POPULARITY_HALFLIFE_DAYS=10", **running))
    assert [cooc for cooc in (0.0, 1.0) if moving.covisits_hold(*told(cooc=cooc))] == [0.0, 1.0]
