"""Knobs that answers give away without naming them."""

from __future__ import annotations

import pytest

from pytest_recsim.service.ask import Ask, Exchange
from pytest_recsim.service.wire import (
    Answer,
    Explain,
    Extras,
    Personalization,
    Policy,
    ScoredItem,
    SourceCount,
    Trace,
)
from pytest_recsim.simulation.effect import knob_table

PRESETS = '{"new_users":{"books":1}}'


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


def row(world, name, *, established=(), sparse=(), popular=500):
    table = knob_table(world.plan, {}, {"established": established, "sparse": sparse}, popular)
    return next(row for row in table if row.knob == name)


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
    assert row(world, "POPULARITY_FANOUT", established=answers, popular=popular).status == status


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
