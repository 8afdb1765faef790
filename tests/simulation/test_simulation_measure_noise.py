"""How equal answers to equal questions are: who is asked again, what comes of it, and what the verdict says."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
from truth_answers import DOCUMENT

from pytest_recsim.record.quality import Noise
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Extras, Policy, ScoredItem, Trace
from pytest_recsim.simulation.bundle.caveats import caveats_of
from pytest_recsim.simulation.measure.noise import ask_again, differing_words, measure_noise, sampled_users
from pytest_recsim.simulation.measure.scoring import score
from pytest_recsim.simulation.truth.applied import Applied

POLICY = Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0))


def exchange(user, ids, recent=9, scores=None):
    items = [
        ScoredItem(item_id=item, score=(scores or {}).get(item, 1.0 / rank))
        for rank, item in enumerate(ids, 1)
    ]
    extras = Extras(policy=POLICY, recent_event_count=recent, candidate_sources={}, signal_status={})
    answer = Answer(model_version="m", items=items, trace=Trace(extras=extras))
    return Exchange(Ask(user), answer, 0.01, "u", "o", "n")


def test_the_class_of_a_user_is_what_the_service_says_and_new_users_are_never_established(make_world):
    world = make_world()
    noise = measure_noise(
        world,
        {
            "u1": [exchange("u1", ["i1", "i3"])] * 3,
            "u2": [exchange("u2", ["i1", "i3"]), exchange("u2", ["i3", "i2"]), exchange("u2", ["i1", "i3"])],
            "u3": [exchange("u3", ["i1"], recent=0)] * 3,
        },
    )
    assert (noise["established"].users, noise["sparse"].users) == (1, 2)
    assert noise["established"].overlap == noise["established"].agreement == 1
    assert noise["sparse"].overlap == pytest.approx((1 + (1 / 2 + 1 + 1 / 2) / 3) / 2)
    assert noise["sparse"].lowest_overlap == pytest.approx(2 / 3)
    assert (noise["established"].differing, noise["sparse"].differing) == (0, 1)
    assert noise["sparse"].times == 3


def test_a_score_that_moves_is_seen_although_the_list_stays(make_world):
    answers = [exchange("u1", ["i1", "i3"], scores={"i1": 1.0, "i3": third}) for third in (0.5, 0.5, 0.4)]
    found = measure_noise(make_world(), {"u1": answers})["established"]
    assert found.score_drift == pytest.approx(0.2)
    assert found.differing == 0


def test_a_class_without_users_is_not_measured_and_never_a_floor(make_world):
    found = measure_noise(make_world(), {"u1": [exchange("u1", ["i1"])] * 3})["sparse"]
    assert found.overlap is None
    assert "no sparse and new users" in found.reason
    assert (found.missing, found.drift) == (0, 0)
    assert "not known" in found.words


def test_nobody_to_ask_breaks_nothing(make_world):
    world = make_world()
    assert sampled_users(world, [], random.Random(1)) == []
    assert sampled_users(world, [exchange("u1", [])], random.Random(1)) == [], "empty lists say nothing"
    assert all(found.reason for found in measure_noise(world, {}).values())


def test_the_sample_holds_both_classes_and_every_segment_before_a_second_user_of_one(make_world):
    world = make_world()
    answers = [exchange("u1", ["i1"]), exchange("u2", ["i1"]), exchange("u3", ["i1"], recent=0)]
    assert sorted(sampled_users(world, answers, random.Random(1))) == ["u1", "u2", "u3"]
    assert sampled_users(world, answers, random.Random(1)) == sampled_users(
        world, answers[::-1], random.Random(1)
    )


def test_six_users_of_either_class_are_asked_again_at_most(make_world):
    names = [f"v{n}" for n in range(16)]
    users = [{"user_id": name, "traits": {"segment": "vip"}} for name in names]
    world = make_world(document=DOCUMENT | {"users": [*users, *DOCUMENT["users"]]})
    answers = [exchange(name, ["i1"], recent=9 if n < 8 else 0) for n, name in enumerate(names)]
    chosen = sampled_users(world, answers, random.Random(1))
    assert len(set(chosen)) == 12
    assert set(chosen[:6]) < set(names[:8])
    assert set(chosen[6:]) < set(names[8:])


def test_the_score_that_moved_most_counts_for_all_users_of_a_class(make_world):
    def answers(user, third):
        return [exchange(user, ["i1"], scores={"i1": score}) for score in (1.0, 1.0, third)]

    found = measure_noise(make_world(), {"u1": answers("u1", 0.9), "u3": answers("u3", 0.6)})
    assert found["established"].score_drift == pytest.approx(0.4)


def test_a_variance_is_known_of_what_somebody_wants_and_of_nothing_else(make_world):
    """u1 and u2 want i3, which neither has seen; nobody knows of anything that u3 wants."""
    steady = {user: [exchange(user, ["i1", "i3"])] * 3 for user in ("u1", "u2")}
    found = measure_noise(make_world(), steady)["established"]
    keys = {f"{metric} ({which})" for metric in ("ndcg", "mrr") for which in ("unseen", "all")}
    assert found.variances == dict.fromkeys(keys, 0.0)
    assert measure_noise(make_world(), {"u3": [exchange("u3", ["i1"])] * 3})["established"].variances == {}


def test_the_same_question_is_asked_twice_more_one_round_after_the_other():
    first = {user: exchange(user, ["i1"]) for user in ("u1", "u2")}
    asked = []

    def ask(asks):
        asked.append([one.user_id for one in asks])
        return [exchange(one.user_id, ["i2"]) for one in asks]

    answers = ask_again(first, ["u1", "u2"], ask)
    assert asked == [["u1", "u2"], ["u1", "u2"]]
    assert [one.ids for one in answers["u2"]] == [("i1",), ("i2",), ("i2",)]


def test_the_verdict_says_which_users_get_different_lists_and_is_silent_where_none_do(make_world):
    steady = Noise(users=6, times=3, overlap=1.0, lowest_overlap=1.0, agreement=1.0, score_drift=0.0)
    varied = Noise(users=5, times=3, overlap=0.412, lowest_overlap=0.3, agreement=0.35, differing=5)
    noise = {"established": steady, "sparse": varied}
    (sentence,) = differing_words(noise)
    assert sentence.startswith(
        "sparse and new users get different lists for equal questions (mean overlap 0.41 "
    )
    assert "5 users asked 3 times" in sentence
    prepared = SimpleNamespace(noise=noise, seeded=None, quality=None, knobs=(), applied=Applied())
    assert sentence in caveats_of(make_world().plan, prepared)
    assert differing_words({"established": steady, "sparse": Noise(reason="nobody")}) == []
    reordered = Noise(users=6, times=3, overlap=1.0, lowest_overlap=1.0, agreement=0.98, differing=2)
    assert differing_words({"sparse": reordered}) == [
        (
            "sparse and new users get the same items in another order for equal questions "
            "(rank agreement 0.980; 6 users asked 3 times)"
        )
    ]


def test_a_lift_says_what_unequal_answers_add_to_its_interval_and_is_silent_where_they_add_nothing(
    make_world, tmp_path
):
    (tmp_path / "guardrails.yml").write_text(
        "defaults: {quality: {min_segment_users: 1, min_baseline_hits: 1, relevance: all}}\n"
    )
    answers = [exchange("u1", ["i1", "i3"]), exchange("u2", ["i3", "i1"], recent=0), exchange("u3", ["i3"])]
    varied = {"ndcg (all)": 0.09, "mrr (all)": 0.04}
    noise = {"established": Noise(variances=dict.fromkeys(varied, 0.0)), "sparse": Noise(variances=varied)}
    lifts = {
        (one.segment, one.metric): one
        for one in score(make_world(), answers, clamped=0, noise=noise).lifts
        if one.relevance == "all"
    }
    assert lifts["new_users", "ndcg"].noise_sd == pytest.approx(0.3)
    assert lifts["new_users", "mrr"].noise_sd == pytest.approx(0.2)
    assert lifts["vip", "ndcg"].noise_sd == 0
    assert lifts["vip", "ndcg"].noise_words == ""
    words = lifts["new_users", "ndcg"].noise_words
    assert "standard deviation of 0.3;" in words
    assert "the interval already holds that, because each user was asked once" in words
    unknown = score(make_world(), answers, clamped=0).lifts
    assert all(one.noise_sd is None and not one.noise_words for one in unknown)
