"""Hints are read from explain blocks and traces, and only where something stands out."""

from __future__ import annotations

from types import SimpleNamespace

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
from pytest_recsim.simulation.diagnose.likely_cause import CAVEAT, likely

RANKING, COVERAGE = "ranking", "catalogue"


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
        sim = SimpleNamespace(
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
