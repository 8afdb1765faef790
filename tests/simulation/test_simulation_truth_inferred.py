"""Knobs that answers give away without naming them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from pytest_recsim.data.profiles.profiles import packaged_profiles
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import (
    Answer,
    Explain,
    Extras,
    Personalization,
    Policy,
    ScoredItem,
    SourceCount,
    Trace,
)
from pytest_recsim.simulation.truth.inferred import Signs, asked_of_sparse, inferred
from pytest_recsim.simulation.truth.knobs_in_effect import knob_table

PRESETS = '{"new_users":{"books":1}}'


REAL = {"base_url": "http://x", "base_url_source": "--base-url"}


def exchange(*, factor=None, overlap=0.5, anchors=9, popular=20, recent=9, starter=None):
    personal = None if factor is None else Personalization(overlap=overlap, boost_multiplier=factor)
    explain = Explain(personalization=personal, anchors=[f"a{number}" for number in range(anchors)])
    extras = Extras(
        policy=Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0)),
        recent_event_count=recent,
        candidate_sources={"popularity": SourceCount(count=popular)},
        signal_status={},
        starter_profile=starter or {},
    )
    items = [ScoredItem(item_id="i1", score=1.0, explain=explain)]
    return Exchange(
        Ask("u1"), Answer(model_version="m", items=items, trace=Trace(extras=extras)), 0, "u", "o", "n"
    )


def row(world, name, *, established=(), sparse=(), popular=(500, 500), boostable=True, admin=None):
    signs = Signs(popular=popular, boostable=lambda _: boostable)
    seen = {"established": established, "sparse": sparse}
    table = knob_table(world.plan, admin or {}, seen, signs)
    return next((row for row in table if row.knob == name), None)


@pytest.mark.parametrize(
    ("answers", "status", "in_effect"),
    [
        ([exchange(factor=1.4)], "in effect", "0.8"),
        ([exchange(factor=1.4), exchange(factor=1.3)], "not in effect", "0.6"),
        ([exchange(factor=1.2, anchors=1)], "started with it", ""),
        ([exchange()] * 10, "not in effect", "0"),
        ([exchange()] * 9, "started with it", ""),
    ],
    ids=["followed", "another one", "damped for few anchors", "never at work", "too few to tell"],
)
def test_the_factor_of_personalisation_gives_the_boost_away(make_world, answers, status, in_effect):
    found = row(make_world("PROFILE_BOOST=0.8"), "PROFILE_BOOST", established=answers)
    assert (found.status, found.in_effect) == (status, in_effect)


@pytest.mark.parametrize(
    ("count", "popular", "status"),
    [
        (300, 500, "in effect"),
        (250, 500, "not in effect"),
        (250, 250, "in effect"),
        (350, 500, "not in effect"),
    ],
)
def test_the_number_of_candidates_gives_the_fanout_away(make_world, count, popular, status):
    answers = [exchange(popular=count)]
    world = make_world("POPULARITY_FANOUT=300")
    found = row(world, "POPULARITY_FANOUT", established=answers, popular=(popular, popular))
    assert found.status == status


@pytest.mark.parametrize(
    ("count", "status"), [(29, "not in effect"), (30, "in effect"), (35, "in effect"), (36, "not in effect")]
)
def test_items_whose_events_add_nothing_may_be_offered_or_not(make_world, count, status):
    world = make_world("POPULARITY_FANOUT=300")
    answers = [exchange(popular=count)]
    assert row(world, "POPULARITY_FANOUT", established=answers, popular=(30, 35)).status == status


@pytest.mark.parametrize(
    ("knobs", "count"),
    [
        (("RECOMMENDATION_MAX_FANOUT=120",), 120),
        (("POPULARITY_FANOUT=5",), 20),
        (("POPULARITY_FANOUT=5", "RECOMMENDATION_MAX_K=8"), 8),
    ],
    ids=["cut by the profile's own limit", "raised to the list's length", "raised to the length allowed"],
)
def test_limits_of_the_profile_cut_its_own_fanout(make_world, knobs, count):
    world = make_world("POPULARITY_FANOUT=300", *knobs)
    found = row(world, "POPULARITY_FANOUT", established=[exchange(popular=count)])
    assert (found.status, found.in_effect) == ("in effect", found.asked)


def test_fewer_candidates_say_nothing_where_a_limit_of_the_service_is_not_known(make_world):
    world = make_world("POPULARITY_FANOUT=300", apply="request", **REAL)
    limits = {"max_k": 0, "max_fanout": 0}
    answers = [exchange(popular=120)]
    assert row(world, "POPULARITY_FANOUT", established=answers).status == "sent, not visible"
    for one in ({"max_k": 0}, {"max_fanout": 0}):
        found = row(world, "POPULARITY_FANOUT", established=answers, admin=one)
        assert found.status == "sent, not visible"
    assert row(world, "POPULARITY_FANOUT", established=answers, admin=limits).status == "not in effect"
    limits = {"max_k": 0, "max_fanout": 120}
    assert row(world, "POPULARITY_FANOUT", established=answers, admin=limits).status == "in effect"


def test_an_unset_fanout_of_sparse_users_is_a_thousand(make_world, tmp_path):
    world = make_world("POPULARITY_FANOUT=300", env_profile=unset(tmp_path))
    assert row(world, "NEW_USER_POP_FANOUT", sparse=[exchange(popular=500)]) is None
    found = row(world, "NEW_USER_POP_FANOUT", sparse=[exchange(popular=60)])
    assert (found.status, found.asked, found.in_effect) == ("not in effect", "(not set)", "60")


def unset(tmp_path):
    """A profile that leaves the knobs of sparse and new users to the service's defaults."""
    kept = [line for line in profile("prod").splitlines() if not line.startswith("NEW_USER_")]
    path = tmp_path / "bare.env"
    path.write_text("\n".join(kept))
    return str(path)


def profile(name):
    return (packaged_profiles() / f"{name}.env").read_text()


@pytest.mark.parametrize(("least", "status"), [(5, "sent, not visible"), (3, "not in effect")])
def test_who_is_damped_is_decided_by_the_services_own_minimum_of_events(make_world, least, status):
    """Asked for 0.12 with a minimum of 3; four anchors, and a factor that a damping of 0.85 makes."""
    world = make_world("PROFILE_BOOST=0.12", "PROFILE_MIN_EVENTS_FOR_BOOST=3", apply="request", **REAL)
    answers = [exchange(factor=1 + 0.12 * 0.85 * 0.5, anchors=4)]
    admin = {"profile_min_events_for_boost": least}
    assert row(world, "PROFILE_BOOST", established=answers, admin=admin).status == status
    assert row(world, "PROFILE_BOOST", established=answers).status == "sent, not visible"


def test_a_boost_that_has_nothing_to_move_is_not_a_boost_of_zero(make_world):
    world = make_world("PROFILE_BOOST=0.8")
    found = row(world, "PROFILE_BOOST", established=[exchange()] * 10, boostable=False)
    assert found.status == "started with it"


def test_sparse_users_have_a_fanout_of_their_own(make_world):
    world = make_world("NEW_USER_POP_FANOUT=60")
    assert row(world, "NEW_USER_POP_FANOUT", sparse=[exchange(popular=60)]).status == "in effect"
    assert row(world, "NEW_USER_POP_FANOUT", sparse=[exchange(popular=300)]).status == "not in effect"


@pytest.mark.parametrize(
    ("presets", "answers", "status"),
    [
        (PRESETS, [exchange(recent=0, starter={"books": 1.0})], "in effect"),
        (PRESETS, [exchange(recent=0)], "not in effect"),
        (PRESETS, [exchange(recent=1)], "started with it"),
        ('{"new_users":{"undecided":1}}', [exchange(recent=0)], "started with it"),
    ],
    ids=["there", "missing", "nobody without history", "a category the service does not know"],
)
def test_newcomers_give_the_starter_presets_away(make_world, presets, answers, status):
    world = make_world(f"PROFILE_STARTER_PRESETS={presets}")
    assert row(world, "PROFILE_STARTER_PRESETS", sparse=answers).status == status


def test_weights_per_segment_leave_nothing_to_infer(make_world):
    world = make_world("PROFILE_BOOST=0.8", "BLEND_SEGMENT_OVERRIDES=vip=1|0|0")
    assert row(world, "PROFILE_BOOST", established=[exchange(factor=1.1)]).status == "started with it"


@pytest.fixture
def bare_world(make_world, tmp_path):
    """Return a factory: text of a profile that sets nothing else -> a world on a running service."""

    def make(text, **admin):
        (path := tmp_path / "bare.env").write_text(text)
        return make_world(env_profile=str(path), admin=admin, apply="request", **REAL)

    return make


def read(world, *answers, popular=(500, 500), boostable=True):
    """What both classes of users give away with these answers."""
    signs = Signs(popular=popular, boostable=lambda _: boostable)
    return inferred(world.effective, {"established": answers, "sparse": answers}, signs)


def test_a_profile_that_does_not_set_a_knob_does_not_ask_for_it(bare_world):
    """Not for a boost, a fanout or a starter profile, whatever answers show of the service's own."""
    world = bare_world("MMR_LAMBDA=0.5\n")
    assert read(world, exchange(factor=1.4, popular=60, recent=0)) == {}


@pytest.mark.parametrize(
    ("profile", "asked"),
    [
        ("NEW_USER_POP_FANOUT=60\nPOPULARITY_FANOUT=300\n", 60),
        ("POPULARITY_FANOUT=300\n", 1000),
        ("POPULARITY_FANOUT=1500\n", 1500),
        ("MMR_LAMBDA=0.5\n", None),
    ],
)
def test_sparse_users_are_meant_to_have_their_own_fanout_or_at_least_a_thousand(bare_world, profile, asked):
    assert asked_of_sparse(bare_world(profile).plan) == asked


def test_nothing_is_read_where_nobody_was_asked_or_nothing_is_known(make_world):
    world = make_world("PROFILE_BOOST=0.8", "POPULARITY_FANOUT=300")
    assert read(world) == {}
    assert inferred(world.effective, {}, Signs()) == {}
    found = inferred(world.effective, {"established": [exchange(popular=7)] * 10}, Signs())
    assert found == {}, "no signs to hold them against"


def test_what_was_seen_is_told_with_where(make_world):
    found = read(make_world("PROFILE_BOOST=0.8", "POPULARITY_FANOUT=300"), exchange(factor=1.4, popular=300))
    assert found["PROFILE_BOOST"] == (0.8, "explain, factor of personalisation")
    assert found["POPULARITY_FANOUT"] == (300, "trace, candidates from popularity")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"factor": 1.4, "anchors": 3}, 0.8),
        ({"factor": 1.4, "anchors": 2}, None),
        ({"factor": 1.0, "overlap": 0.0}, None),
        ({"factor": 1.4 + 5e-7}, 0.8),
        ({"factor": 1.4 + 5e-6}, 0.80001),
    ],
    ids=["just enough anchors", "damped", "no overlap", "rounded", "another"],
)
def test_a_factor_counts_where_nothing_damps_it_and_is_compared_to_the_digits_that_are_told(
    make_world, answer, told
):
    world = make_world("PROFILE_BOOST=0.8", "PROFILE_MIN_EVENTS_FOR_BOOST=3")
    found = read(world, exchange(**answer))
    assert found.get("PROFILE_BOOST", (None,))[0] == told


def test_a_boost_that_was_seen_at_work_is_not_zero_because_other_lists_do_not_show_it(make_world):
    found = read(make_world("PROFILE_BOOST=0.8"), exchange(factor=1.3, anchors=1), *[exchange()] * 10)
    assert "PROFILE_BOOST" not in found


def test_the_smallest_number_of_candidates_that_is_wrong_is_told(make_world):
    answers = [exchange(popular=count) for count in (300, 250, 200)]
    assert read(make_world("POPULARITY_FANOUT=300"), *answers)["POPULARITY_FANOUT"][0] == 200


def test_more_candidates_than_were_asked_for_are_wrong_also_where_limits_are_not_known(make_world):
    world = make_world("POPULARITY_FANOUT=300", apply="request", **REAL)
    assert read(world, exchange(popular=301))["POPULARITY_FANOUT"][0] == 301
    assert "POPULARITY_FANOUT" not in read(world, exchange(popular=299))


def test_one_newcomer_without_a_starter_profile_is_enough(make_world):
    world = make_world(f"PROFILE_STARTER_PRESETS={PRESETS}")
    with_it, without = exchange(recent=0, starter={"books": 1.0}), exchange(recent=0)
    assert read(world, with_it, with_it)["PROFILE_STARTER_PRESETS"][0] == {"new_users": {"books": 1}}
    assert read(world, with_it, without)["PROFILE_STARTER_PRESETS"][0] == {}


@pytest.mark.parametrize("presets", ['{"new_users":{"books":0}}', '{"vip":{"books":1}}', "{}"])
def test_presets_that_give_newcomers_nothing_are_not_missed(make_world, presets):
    world = make_world(f"PROFILE_STARTER_PRESETS={presets}")
    assert "PROFILE_STARTER_PRESETS" not in read(world, exchange(recent=0))


def test_items_that_are_not_explained_give_nothing_away(make_world):
    shown = exchange(factor=1.3)
    silent = replace(shown, answer=structs.replace(shown.answer, items=[ScoredItem(item_id="i2", score=1.0)]))
    world = make_world("PROFILE_BOOST=0.8")
    assert "PROFILE_BOOST" not in read(world, silent, boostable=False)
    assert read(world, silent, shown)["PROFILE_BOOST"][0] == 0.6
