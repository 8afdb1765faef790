"""What two configuration documents mean: order of lists, kind of numbers and empty members do not matter."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.data.profiles.documents import Difference, differing, equal, same

plain = st.one_of(st.integers(-5, 5), st.sampled_from(["home", "cart"]))
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(-5, 5),
    st.lists(plain, max_size=3),
    st.dictionaries(st.sampled_from("xy"), st.lists(plain, max_size=3), max_size=2),
)
documents = st.dictionaries(st.sampled_from("abcd"), values)


@given(documents)
def test_a_document_is_the_same_as_itself_without_its_empty_members(document):
    shorter = {key: value for key, value in document.items() if value}
    assert same(document, shorter)
    assert same(json.loads(json.dumps(document)), document)


def shuffled(value, dice):
    if isinstance(value, dict):
        return {key: shuffled(inner, dice) for key, inner in value.items()}
    return dice.sample(value, len(value)) if isinstance(value, list) else value


@given(documents, st.randoms(use_true_random=False))
def test_lists_are_sets_however_deep(document, dice):
    assert same(document, shuffled(document, dice))


def test_lists_that_hold_other_things_differ():
    assert differing({"a": ["home", "cart"]}, {"a": ["home"]}) == ["a"]
    assert differing({"a": {"b": ["home"]}}, {"a": {"b": ["cart"]}}) == ["a"]
    assert same({"a": [1, 5]}, {"a": [5.0, 1.0]})
    assert same({"a": [{"x": 1}, {"x": 2}]}, {"a": [{"x": 2}, {"x": 1, "y": []}]})


def test_numbers_are_compared_as_numbers_and_truth_is_none():
    assert equal(5, 5.0)
    assert equal(0.1 + 0.2, 0.3)
    assert differing({"a": 1}, {"a": True}) == ["a"]
    assert same({"a": None}, {"a": False})
    assert not equal("5", 5)


@given(documents, st.sampled_from("abcd"), st.floats(6, 9), st.floats(1, 5))
def test_a_member_that_differs_is_named(document, key, one, more):
    assert differing(document | {key: one}, document | {key: one + more}) == [key]


def test_a_difference_names_both_values_and_no_secret():
    assert str(Difference("brand_cap", None, 3)) == "brand_cap is null, should be 3"
    secret = Difference("segment_profiles", {"x": {"api_key": "k1"}}, {"x": {"api_key": "k2", "y": 1}})
    assert "k1" not in str(secret)
    assert "k2" not in str(secret)
    assert '"y": 1' in str(secret)
    assert len(str(Difference("a", "x" * 1000, random.Random(1).random()))) < 300


def test_whole_numbers_beyond_any_float_are_compared_all_the_same():
    assert same({"limit": 10**400}, {"limit": 10**400})
    assert differing({"limit": 10**400, "cap": 1.0}, {"limit": 10**401, "cap": 10**400}) == ["cap", "limit"]
