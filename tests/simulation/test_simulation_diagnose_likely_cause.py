"""Hints are read from explain blocks and traces, and only where something stands out."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import (
    Answer,
    Blend,
    Explain,
    Extras,
    Mmr,
    Personalization,
    Policy,
    ScoredItem,
    Signals,
    SignalStatus,
    Trace,
)
from pytest_recsim.simulation.diagnose.likely_cause import CAVEAT, likely, signs_of

RANKING, COVERAGE = "ranking", "catalogue"


class Sim(SimpleNamespace):
    """What is read of a simulation; like one it is the same as itself alone."""

    __hash__ = object.__hash__


def answered(
    user, *, pop=0.5, cooc=0.3, sim=0.2, boost=1.0, slots=20, beta=0.5, gamma=0.2, silent=(), **more
):
    blend = Blend(alpha=0.3, beta=beta, gamma=gamma, contrib=Signals(pop=pop, cooc=cooc, similarity=sim))
    explain = Explain(
        blend=blend, mmr=Mmr(lambda_=0.1), personalization=Personalization(boost_multiplier=boost)
    )
    scores = more.get("scores") or [1 - place / 100 for place in range(slots)]
    items = [ScoredItem(item_id=f"i{n}", score=score, explain=explain) for n, score in enumerate(scores)]
    counts = dict.fromkeys(Policy.__struct_fields__[:16], 0) | {
        "total_candidates": more.get("candidates", 300)
    }
    status = {name: SignalStatus(available=name not in silent) for name in ("cooc", "embedding")}
    extras = Extras(policy=Policy(**counts), recent_event_count=9, candidate_sources={}, signal_status=status)
    answer = Answer(model_version="m", items=items, trace=Trace(extras=extras))
    return Exchange(Ask(user), answer, 0.1, "http://x", "org", "ns")


@pytest.fixture
def told(make_world):
    def of(name, segment="", *, boost="0.8", **facts):
        world = make_world(f"PROFILE_BOOST={boost}")
        segments = {"u1": "vip", "u2": "new_users", "u3": "vip"}
        sim = Sim(
            lists={user: answered(user, **facts) for user in segments},
            users={user: SimpleNamespace(segment=name) for user, name in segments.items()},
            plan=world.plan,
            world=world,
            available=frozenset(f"i{n}" for n in range(400)),
            established_answer=lambda _: True,
        )
        return likely(sim, name, segment)

    return of


def test_nothing_is_said_when_nothing_stands_out(told):
    assert told(RANKING) == ""
    assert told(COVERAGE) == ""


def test_popularity_that_supplies_nearly_everything_is_told_with_the_other_weights(told):
    hint = told(RANKING, "vip", pop=0.97, cooc=0.03, sim=0, beta=0.1, gamma=0, boost="0")
    assert hint == (
        "popularity supplies 97% of the score of the first 10 items in these 2 lists, "
        f"co-visitation 3% (BLEND_BETA=0.1), similarity 0% (BLEND_GAMMA=0), the tag profile 0% (PROFILE_BOOST=0) {CAVEAT}"
    )
    assert told(COVERAGE, pop=1, cooc=0, sim=0).startswith("popularity supplies 100%")


def test_a_signal_that_is_missing_from_most_traces_is_told_only_while_it_has_a_weight(told):
    assert told(RANKING, silent=("embedding",)).startswith(
        "similarity is missing from 100% of these 3 answers, although BLEND_GAMMA=0.2"
    )
    assert told(RANKING, silent=("embedding",), gamma=0) == ""


def test_short_lists_come_first(told):
    assert told(RANKING, slots=4, silent=("cooc",)).startswith("3 of these 3 lists hold fewer than 10 items")


def test_lists_out_of_the_order_of_their_scores_point_to_diversity(told):
    hint = told(RANKING, scores=[0.5, 0.9, 0.4, 0.8, 0.3, 0.7, 0.2, 0.6, 0.1, 0.5])
    assert hint.startswith(
        "56% of the first 10 items stand above one with a higher score: MMR_LAMBDA=0.1 and the caps"
    )


def test_few_candidates_explain_a_narrow_catalogue_and_not_a_lift(told):
    assert told(COVERAGE, candidates=24).startswith(
        "a list is chosen from 24 candidates on average, of 400 available"
    )
    assert told(RANKING, candidates=24) == ""


def test_a_number_that_is_not_made_of_the_quality_lists_gets_no_hint(told):
    assert told("", pop=1, cooc=0, sim=0) == ""


def test_an_unknown_segment_has_no_lists_and_no_hint(told):
    assert told(RANKING, "nobody", pop=1, cooc=0, sim=0) == ""


@pytest.fixture(scope="module")
def world(shared_make_world):
    return shared_make_world("PROFILE_BOOST=0.8")


def asked(world, *shown, established=(), available=400):
    """A simulation of which these are the lists; nobody is established unless named."""
    lists = {exchange.ask.user_id: exchange for exchange in shown}
    return Sim(
        lists=lists,
        users={user: SimpleNamespace(segment="vip") for user in lists},
        plan=world.plan,
        world=world,
        available=frozenset(f"i{n}" for n in range(available)),
        established_answer=lambda exchange: exchange.ask.user_id in established,
    )


def hint(world, about, *shown, **more):
    said = likely(asked(world, *shown, **more), about, "")
    assert not said or said.endswith(f" {CAVEAT}")
    return said.removesuffix(f" {CAVEAT}")


def changed(exchange, **more):
    """The same answer with members of its trace replaced."""
    extras = msgspec.structs.replace(exchange.answer.trace.extras, **more)
    answer = msgspec.structs.replace(exchange.answer, trace=Trace(extras=extras))
    return Exchange(exchange.ask, answer, 0.1, "http://x", "org", "ns")


@pytest.mark.parametrize(("pop", "told"), [(0.9, True), (0.89, False)])
def test_popularity_stands_out_from_nine_tenths_of_the_score_on(world, pop, told):
    shown = answered("a", pop=pop, cooc=round(1 - pop, 2), sim=0)
    for about in (RANKING, COVERAGE):
        assert hint(world, about, shown).startswith("popularity supplies 90%") == told


@pytest.mark.parametrize(("missing", "told"), [(1, False), (2, True), (4, True)])
def test_a_signal_is_missed_from_half_of_the_answers_on(world, missing, told):
    shown = [answered(f"u{n}", silent=("cooc",) if n < missing else ()) for n in range(4)]
    said = hint(world, RANKING, *shown)
    share = f"co-visitation is missing from {missing / 4:.0%} of these 4 answers, although NEW_USER_BLEND_BETA=0.5"
    assert said.startswith(share) == told
    assert bool(said) == told
    assert hint(world, COVERAGE, *shown) == said


def test_of_two_missing_signals_the_one_that_is_missing_more_often_is_told(world):
    both, one = answered("a", silent=("cooc", "embedding")), answered("b", silent=("embedding",))
    assert hint(world, RANKING, both, one).startswith("similarity is missing from 100%")


def test_an_older_revision_that_does_not_say_which_signals_it_used_misses_none(world):
    shown = [changed(answered(user, silent=("cooc",)), signal_status=None) for user in ("a", "b")]
    assert hint(world, RANKING, *shown) == ""
    assert signs_of(asked(world), shown).silent == {}
    mixed = [*shown, answered("c", silent=("cooc",))]
    assert signs_of(asked(world), mixed).silent == {"cooc": 1, "similarity": 0}


def test_a_signal_that_the_trace_does_not_name_was_not_used(world):
    shown = changed(answered("a"), signal_status={})
    assert signs_of(asked(world), [shown]).silent == {"cooc": 1, "similarity": 1}


@pytest.mark.parametrize(("short", "told"), [(1, False), (2, True), (3, True)])
def test_lists_are_short_from_half_of_them_on(world, short, told):
    shown = [answered(f"u{n}", slots=9 if n < short else 10) for n in range(4)]
    said = f"{short} of these 4 lists hold fewer than 10 items, so there is little to hit"
    assert hint(world, RANKING, *shown) == (said if told else "")


@pytest.mark.parametrize(("upside_down", "told"), [(2, False), (3, True)])
def test_an_order_against_the_scores_stands_out_from_three_tenths_on(world, upside_down, told):
    rising = [place / 10 for place in range(10)]
    shown = [answered(f"u{n}", scores=rising if n < upside_down else rising[::-1]) for n in range(10)]
    said = (
        "30% of the first 10 items stand above one with a higher score: NEW_USER_MMR_LAMBDA=0.1 and the caps"
    )
    assert hint(world, RANKING, *shown) == (f"{said} put variety before relevance" if told else "")


def test_equal_scores_and_what_comes_after_the_first_ten_are_in_order(world):
    flat = [1.0] * 10 + [5.0, 9.0, 13.0]
    assert signs_of(asked(world), [answered("a", scores=flat)]).reordered == 0


@pytest.mark.parametrize(
    ("candidates", "available", "told"),
    [(39, 400, True), (40, 400, False), (29, 60, True), (30, 60, False)],
)
def test_candidates_are_few_below_two_lists_or_half_of_what_is_available(world, candidates, available, told):
    said = f"a list is chosen from {candidates} candidates on average, of {available} available items"
    found = hint(world, COVERAGE, answered("a", candidates=candidates), available=available)
    assert found == (said if told else "")


def test_candidates_are_counted_on_average(world):
    shown = [answered("a", candidates=10), answered("b", candidates=30)]
    assert hint(world, COVERAGE, *shown).startswith("a list is chosen from 20 candidates on average")


def test_shares_are_means_over_the_lists_of_their_first_ten_items(world):
    """A boost of 1.5 adds half of what the signals gave, so a third of the whole."""
    shown = [answered("a", pop=1, cooc=0, sim=0), answered("b", pop=0, cooc=0.75, sim=0.25, boost=1.5)]
    shares = signs_of(asked(world), shown).shares
    assert shares == pytest.approx({"pop": 0.5, "cooc": 0.25, "similarity": 1 / 12, "tags": 1 / 6})


def test_lists_that_do_not_explain_themselves_have_no_shares_and_no_weights(world):
    plain = answered("a")
    items = [msgspec.structs.replace(item, explain=None) for item in plain.answer.items]
    bare = Exchange(plain.ask, msgspec.structs.replace(plain.answer, items=items), 0.1, "http://x", "o", "n")
    signs = signs_of(asked(world), [bare, answered("b", pop=0, cooc=0, sim=0)])
    assert (signs.shares, signs.lists) == ({}, 2)
    assert signs_of(asked(world), [bare]).weights == {}
    assert hint(world, RANKING, bare) == ""


def test_items_that_nobody_boosted_and_a_boost_that_nobody_knows_are_told_as_far_as_they_go(world):
    popular = answered("a", pop=1, cooc=0, sim=0)
    explain = msgspec.structs.replace(popular.answer.items[0].explain, personalization=None)
    items = [msgspec.structs.replace(item, explain=explain) for item in popular.answer.items]
    plain = Exchange(popular.ask, msgspec.structs.replace(popular.answer, items=items), 0.1, "u", "o", "n")
    sim = asked(world, plain)
    sim.world = SimpleNamespace(effective=SimpleNamespace(value=lambda _: None))
    assert likely(sim, RANKING, "").endswith(f"the tag profile 0% {CAVEAT}")


def test_weights_are_those_of_most_answers(world):
    shown = [answered("a", beta=0.1), answered("b", beta=0.7), answered("c", beta=0.7)]
    assert signs_of(asked(world), shown).weights == {"alpha": 0.3, "beta": 0.7, "gamma": 0.2, "lambda": 0.1}


@pytest.mark.parametrize(
    ("established", "kind"), [("", "sparse"), ("a", "established"), ("ab", "established")]
)
def test_users_are_of_the_class_that_half_of_them_have(world, established, kind):
    signs = signs_of(asked(world, established=established), [answered("a"), answered("b")])
    assert signs.user_class == kind


def test_the_knob_of_a_weight_is_the_one_that_is_set_for_these_users(world):
    signs = signs_of(asked(world), [answered("a")])
    assert signs.weight("beta", {"NEW_USER_BLEND_BETA", "BLEND_BETA"}) == "NEW_USER_BLEND_BETA=0.5"
    assert signs.weight("beta", {"BLEND_BETA"}) == signs.weight("beta", ()) == "BLEND_BETA=0.5"
    rich = signs_of(asked(world, established="a"), [answered("a")])
    assert rich.weight("beta", {"NEW_USER_BLEND_BETA"}) == "BLEND_BETA=0.5"
    assert signs_of(asked(world), []).weight("beta", ()) == "BLEND_BETA=0"


def test_nobody_asked_is_no_sign_of_anything(world):
    signs = signs_of(asked(world), [])
    assert (signs.lists, signs.short, signs.reordered, signs.candidates, signs.shares) == (0, 0, 0, 0, {})
