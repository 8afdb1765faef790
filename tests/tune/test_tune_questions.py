"""Whom trials ask in which order, after how many users they are looked at, and when two questions are one."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pytest_recsim import plan_for
from pytest_recsim.testing import shop
from pytest_recsim.tune.questions import Heard, Questions, in_proportion, rungs
from pytest_recsim.tune.trials import laid_over, tuning_plan

SIZES = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 60), min_size=1)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    shop().settle(folder)
    return tuning_plan(plan_for("acme", root=folder))


@settings(max_examples=25)
@given(SIZES, st.integers(0, 9))
def test_every_beginning_of_the_order_holds_each_segment_in_its_share(sizes, seed):
    segments = {name: [f"{name}{place}" for place in range(size)] for name, size in sizes.items()}
    order = in_proportion(segments, Random(seed))
    assert sorted(order) == sorted(user for users in segments.values() for user in users)
    for end in range(len(order) + 1):
        for name, size in sizes.items():
            found = sum(user.startswith(name) for user in order[:end])
            assert abs(found - end * size / len(order)) <= len(sizes)


@given(SIZES)
def test_the_order_hangs_on_the_seed_alone(sizes):
    segments = {name: [f"{name}{place}" for place in range(size)] for name, size in sizes.items()}
    turned = {name: users[::-1] for name, users in reversed(segments.items())}
    assert in_proportion(segments, Random(1)) == in_proportion(turned, Random(1))


@given(st.lists(st.integers(0, 3000), max_size=6))
def test_samples_grow_and_the_last_one_is_everybody(sizes):
    ends = rungs(sizes)
    assert ends[-1] == sum(sizes)
    assert list(ends) == sorted(set(ends))
    assert all(end >= 100 for end in ends[:-1])


def test_a_sample_holds_enough_users_of_the_smallest_segment_that_counts():
    assert rungs([800, 800]) == (400, 800, 1600)
    assert rungs([1550, 50]) == (800, 1600)
    assert rungs([1590, 10]) == (400, 800, 1600)
    assert rungs([30, 30]) == (60,)


def test_lists_that_are_asked_for_besides_count_as_the_shares():
    assert rungs([800, 800], 60) == (340, 740, 1600)
    assert rungs([800, 800], 320) == (100, 480, 1600)
    assert rungs([800, 800], 380) == (100, 420, 1600)


def questions(plan, *tuned):
    return Questions(tuned, plan, {"old": True, "new": False})


def test_a_knob_of_sparse_users_leaves_the_questions_for_established_ones_as_they_are(plan):
    asked = questions(plan, "NEW_USER_MMR_LAMBDA", "PROFILE_BOOST")
    one, other = (laid_over(plan, {"NEW_USER_MMR_LAMBDA": text}) for text in ("0.3", "0.4"))
    (old, new), (old_too, new_too) = (asked.keys(each, ["old", "new"]) for each in (one, other))
    assert old == old_too
    assert new != new_too


def test_a_knob_that_one_of_sparse_users_own_replaces_leaves_their_questions_as_they_are(plan):
    asked = questions(plan, "MMR_LAMBDA")
    with_own = laid_over(plan, {"NEW_USER_MMR_LAMBDA": "0.3"})
    knobs = {name: setting for name, setting in plan.knobs.items() if name != "NEW_USER_MMR_LAMBDA"}
    without = replace(plan, knobs=knobs)
    for base, same in ((with_own, True), (without, False)):
        one, other = (laid_over(base, {"MMR_LAMBDA": text}) for text in ("0.3", "0.4"))
        assert (asked.keys(one, ["new"]) == asked.keys(other, ["new"])) is same
        assert asked.keys(one, ["old"]) != asked.keys(other, ["old"])


def test_where_users_may_change_class_every_knob_counts(plan):
    asked = questions(plan, "NEW_USER_MMR_LAMBDA", "PROFILE_MIN_EVENTS_FOR_BOOST")
    values = [{"NEW_USER_MMR_LAMBDA": text, "PROFILE_MIN_EVENTS_FOR_BOOST": "40"} for text in ("0.3", "0.4")]
    one, other = (asked.keys(laid_over(plan, each), ["old"]) for each in values)
    assert one != other


def test_one_value_in_two_spellings_is_one_question(plan):
    asked = questions(plan, "PROFILE_BOOST", "PROFILE_TOP_N")
    spelled = ({"PROFILE_BOOST": "1", "PROFILE_TOP_N": "8"}, {"PROFILE_BOOST": "1.00", "PROFILE_TOP_N": "08"})
    one, other = (asked.keys(laid_over(plan, values), ["old", "new"]) for values in spelled)
    assert one == other


def test_an_answer_is_known_from_when_it_is_remembered(plan):
    asked = questions(plan, "PROFILE_BOOST")
    (key,) = asked.keys(plan, ["old"])
    assert asked.known(key) is None
    asked.remember(key, Heard(items=None))
    assert asked.known(key) == Heard(items=None)
