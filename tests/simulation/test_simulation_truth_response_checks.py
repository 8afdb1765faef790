"""What answers are checked against knows the probe item too, which is in the shop but not in the fixture."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from pytest_recsim.plan.model import Variant
from pytest_recsim.prepare.seed import Counts, Seeded
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Extras, Policy, ScoredItem, SourceCount, Trace
from pytest_recsim.simulation.truth.response_checks import surface_of, watch_for

PROBE = "recsim-probe-1"
COUNTS = Counts(items=4, users=3, events=6)
SEEDED = Seeded(
    shift_us=0,
    newest="",
    oldest="",
    reused=False,
    leak="",
    counts=COUNTS,
    held=COUNTS,
    sent=COUNTS,
    probe_id=PROBE,
    probe_source="i1",
    notes=(),
    seconds=0.0,
)


def listed(ids):
    """What user u3 is shown; popularity has offered i1 and i3, content the probe."""
    counts = dict.fromkeys(Policy.__struct_fields__[:16], 0) | {"final_count": len(ids), "after_rules": 3}
    sources = {"popularity": SourceCount(count=2), "content": SourceCount(count=1)}
    extras = Extras(
        policy=Policy(**counts),
        recent_event_count=2,
        candidate_sources=sources | {"merged": SourceCount(count=3)},
        signal_status={},
    )
    items = [ScoredItem(item_id=id_, score=1 - place / 9) for place, id_ in enumerate(ids)]
    answer = Answer(model_version="m", items=items, trace=Trace(extras=extras))
    return Exchange(Ask("u3", surface="default"), answer, 0.1, "http://x", "org", "ns")


@pytest.mark.parametrize(
    ("ids", "wrong"),
    [
        ([PROBE, "i3"], []),
        (["i3"], ["shorter than it could be"]),
        ([PROBE, "i1", "i3"], ["brand_cap exceeded"]),
    ],
    ids=["it keeps its source's brand out", "nothing of the brand is listed", "two of one brand"],
)
def test_the_probe_counts_for_the_caps_with_the_tags_of_its_source(make_world, ids, wrong):
    watch = watch_for(make_world("BRAND_CAP=1", "CATEGORY_CAP=0"), SEEDED)
    watch.see(listed(ids))
    assert [violation.what for violation in watch.summary().violations] == wrong


HIDING = ("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=40", "EXCLUDE_EVENT_TYPES=1,2")


@pytest.mark.parametrize(
    ("sent", "known", "wrong"),
    [
        ({"rule_exclude_events": True, "purchased_window_days": 40}, [1, 2], True),
        ({"rule_exclude_events": True, "purchased_window_days": 3}, [1, 2], False),
        ({"rule_exclude_events": True, "purchased_window_days": 40}, [3], False),
        ({"rule_exclude_events": True, "purchased_window_days": 40}, None, False),
    ],
    ids=["as the profile says", "another window", "the service hides other types", "nobody knows the types"],
)
def test_an_item_that_the_exclusion_hides_is_noticed_where_every_question_carries_the_profile(
    make_world, sent, known, wrong
):
    admin = {} if known is None else {"exclude_event_types": known}
    world = make_world(*HIDING, admin=admin, base_url="http://127.0.0.1:1", apply="request")
    watch = watch_for(world, SEEDED)
    exchange = listed([PROBE, "i3"])
    watch.see(replace(exchange, ask=replace(exchange.ask, overrides=sent)))
    found = [violation.what for violation in watch.summary().violations]
    assert ("items hidden from the user" in found) is wrong


REAL = {"base_url": "http://127.0.0.1:1", "apply": "none"}


def expected(world, **facts):
    """What the watch holds answers to."""
    return watch_for(world, msgspec.structs.replace(SEEDED, **facts))._expected


def violations(watch, exchange):
    watch.see(exchange)
    return [violation.what for violation in watch.summary().violations]


def test_scenarios_have_surfaces_of_their_own_and_those_without_rules_are_checked_like_the_profiles(
    make_world,
):
    world = make_world(surface="home")
    assert surface_of(world.plan, "s1") == "recsim-s1"
    assert expected(world).rule_free_surfaces == {
        "home",
        "recsim-s1",
        "recsim-s4",
        "recsim-s6",
        "recsim-s10",
    }


@pytest.mark.parametrize(
    ("more", "surface"),
    [
        ({"base_url": "http://127.0.0.1:1"}, "recsim-s5-variant-2"),
        ({}, "recsim-s5"),
    ],
)
def test_variants_on_one_service_have_scenarios_on_surfaces_of_their_own(make_world, more, surface):
    plan = make_world(**more).plan
    first, second = (
        msgspec.structs.replace(plan, variant=Variant("acme@1", number, 2, {})) for number in (1, 2)
    )
    assert (surface_of(first, "s5"), surface_of(second, "s5")) == ("recsim-s5", surface)


@pytest.mark.parametrize("facts", [{"probe_id": None}, {"probe_source": None}])
def test_without_a_probe_item_none_is_known(make_world, facts):
    known = expected(make_world("BRAND_CAP=1", "CATEGORY_CAP=0"), **facts)
    assert set(known.tags) == {"i1", "i2", "i3"}
    watch = watch_for(make_world(), msgspec.structs.replace(SEEDED, **facts))
    assert "unknown item" in violations(watch, listed([PROBE, "i3"]))


def test_the_probe_has_the_tags_of_its_source_and_may_be_shown(make_world):
    assert expected(make_world()).tags[PROBE] == expected(make_world()).tags["i1"]
    assert "unknown item" not in violations(watch_for(make_world(), SEEDED), listed([PROBE, "i3"]))


def test_where_the_service_may_have_seen_the_holdout_nothing_that_follows_from_the_seed_is_expected(
    make_world,
):
    clean, leaky = expected(make_world()), expected(make_world(), leak="an earlier seed")
    assert clean.event_counts == {"u1": 2, "u2": 1, "u3": 2}
    assert clean.touched == {"u1": {"i1", "i2"}, "u2": {"i1"}, "u3": {"i2", "i3"}}
    assert clean.popular == {"i1", "i3"}
    assert (leaky.event_counts, leaky.touched, leaky.hidden, leaky.popular) == (None, None, None, None)
    assert leaky.segments == clean.segments == {"u1": "vip", "u2": "new_users", "u3": "vip"}


def test_what_is_hidden_for_sure_is_expected_to_be(make_world):
    world = make_world("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=40", "EXCLUDE_EVENT_TYPES=3")
    assert expected(world).hidden == {"u1": {"i1"}}


def test_who_is_established_is_only_checked_where_the_services_own_minimum_is_known(make_world):
    assert expected(make_world("PROFILE_MIN_EVENTS_FOR_BOOST=4")).min_events == 4
    assert expected(make_world(**REAL)).min_events is None
    assert expected(make_world(admin={"profile_min_events_for_boost": 6}, **REAL)).min_events == 6


def test_limits_caps_and_windows_are_those_in_effect(make_world):
    ours = expected(
        make_world("RECOMMENDATION_MAX_K=15", "BRAND_CAP=2", "CATEGORY_CAP=3", "PROFILE_WINDOW_DAYS=9")
    )
    assert (ours.max_k, ours.brand_cap, ours.category_cap, ours.profile_window_days) == (15, 2, 3, 9)
    theirs = expected(make_world("BRAND_CAP=2", **REAL))
    assert (theirs.max_k, theirs.brand_cap, theirs.profile_window_days) == (0, None, None)
    assert theirs.brand_prefixes == ("brand",)
    assert expected(make_world("BRAND_TAG_PREFIXES=Maker")).brand_prefixes == ("maker",)
    assert expected(make_world("CATEGORY_TAG_PREFIXES=Aisle")).category_prefixes == ("aisle",)


def test_overrides_of_the_exclusion_are_held_against_what_is_in_effect(make_world):
    world = make_world("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=40")
    assert expected(world).exclusion == {"rule_exclude_events": True, "purchased_window_days": 40}


def test_how_many_items_popularity_may_offer_counts_what_is_available_and_was_touched(make_world):
    assert expected(make_world()).offerable == 2
