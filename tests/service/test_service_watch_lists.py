"""Checks in passing of whose list it is and whether it is all that it could be."""

from __future__ import annotations

import json

import pytest
from service_fakes import answer

from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import ANSWER
from pytest_recsim.service.watch.expectations import Expectations
from pytest_recsim.service.watch.watch import NO_ANCHORS, Watch

FREE = frozenset({"default"})
OFF = {"brand_cap": 0, "category_cap": 0}
TAGS = {"a": ["brand:x"], "b": ["brand:y"], "c": ["brand:x"], "d": ["brand:z"]}


def seen(found, *, ask=None, known=None, **expected):
    watch = Watch(known, Expectations(rule_free_surfaces=FREE, **expected))
    watch.see(Exchange(ask or Ask("u1"), ANSWER.decode(json.dumps(found)), 0.01, "http://h", "o", "ns"))
    return watch.summary()


def sorts(summary):
    return [violation.what for violation in summary.violations]


# --- whose list ---


def anchored(*anchors, recent=6):
    found = answer(["a", "b"], recent=recent)
    found["items"][0]["explain"] = {"anchors": list(anchors)}
    return found


@pytest.mark.parametrize(
    ("anchors", "good"), [(["i1", "i2"], True), (["i1", "i9"], False), ([NO_ANCHORS], True), ([], True)]
)
def test_an_explanation_by_somebody_elses_history_is_noticed(anchors, good):
    summary = seen(anchored(*anchors), touched={"u1": frozenset({"i1", "i2", "i3"})})
    assert sorts(summary) == ([] if good else ["anchors are not the user's own"])


@pytest.mark.parametrize(
    ("available", "recent", "judged"),
    [(True, 2, True), (False, 2, False), (True, 0, False)],
    ids=["own items serve", "own items are sold out", "own items are too old"],
)
def test_a_new_users_starter_anchors_are_not_taken_for_somebody_elses(available, recent, judged):
    summary = seen(
        anchored("i9", recent=recent),
        known={"a": True, "b": True, "i1": available, "i9": True},
        touched={"u1": frozenset({"i1"})},
        segments={"u1": "new_users"},
    )
    assert sorts(summary) == (["anchors are not the user's own"] if judged else [])


def test_a_user_without_history_has_anchors_from_elsewhere():
    assert seen(anchored("i9"), touched={"u2": frozenset({"i1"})}).violations == ()


@pytest.mark.parametrize(
    ("ask", "extra", "good"),
    [
        (Ask("u1"), {}, False),
        (Ask("u2"), {}, True),
        (Ask("u1", surface="recsim-s5"), {}, True),
        (Ask("u1", overrides={"rule_exclude_events": False}), {}, True),
        (Ask("u1", overrides={"purchased_window_days": 1}), {}, True),
        (Ask("u1", overrides={"rule_exclude_events": True, "purchased_window_days": 30}), {}, False),
        (Ask("u1"), {"segment_id": "new_users"}, True),
        (Ask("u1"), {"segment_id": "vip", "profile_id": "p1"}, True),
    ],
    ids=[
        "own",
        "other user",
        "rules there",
        "off",
        "other window",
        "sent as it is",
        "new user",
        "segment's profile",
    ],
)
def test_what_the_users_own_events_exclude_is_not_listed(ask, extra, good):
    exclusion = {"rule_exclude_events": True, "purchased_window_days": 30.0}
    summary = seen(answer(["a", "b"], **extra), ask=ask, hidden={"u1": frozenset({"b"})}, exclusion=exclusion)
    assert sorts(summary) == ([] if good else ["items hidden from the user"])
    if not good:
        assert "`b` at rank 2" in summary.violations[0].detail


# --- all that it could be ---


def short(ids, *, left=0, sources=None):
    found = answer(ids)
    extras = found["trace"]["extras"]
    extras["policy"]["after_rules"] = left
    extras["candidate_sources"] = {name: {"count": count} for name, count in (sources or {}).items()}
    return found


@pytest.mark.parametrize(
    ("found", "ask", "expected", "good"),
    [
        (short(["a"], left=1), Ask("u1"), {}, True),
        (short(["a"], left=2), Ask("u1"), {}, False),
        (short(["a"], left=2), Ask("u1", k=1), {}, True),
        (short(["a"], left=2), Ask("u1"), {"max_k": 1}, True),
        (short(["a"], left=2), Ask("u1", surface="recsim-s2"), {}, True),
    ],
    ids=["no more candidates", "more candidates", "as asked", "the service's limit", "rules there"],
)
def test_a_list_is_as_long_as_its_candidates_allow(found, ask, expected, good):
    summary = seen(found, ask=ask, **OFF, **expected)
    assert sorts(summary) == ([] if good else ["shorter than it could be"])


ALL = {"popularity": 4, "content": 1, "merged": 5}


@pytest.mark.parametrize(
    ("ids", "sources", "hidden", "good"),
    [
        (["a", "b", "d"], ALL, (), True),
        (["a", "b"], ALL, (), False),
        (["a", "b"], ALL, ("d",), True),
        (["a", "b"], ALL | {"popularity": 3}, (), True),
        (["a", "b"], ALL | {"merged": 4}, (), True),
    ],
    ids=["the cap keeps c out", "nothing keeps d out", "hidden", "not all offered", "the pool was full"],
)
def test_with_caps_a_list_is_short_only_when_caps_keep_everything_out(ids, sources, hidden, good):
    summary = seen(
        short(ids, left=9, sources=sources),
        tags=TAGS,
        popular=frozenset("abcd"),
        hidden={"u1": frozenset(hidden)},
        brand_cap=1,
        category_cap=0,
    )
    assert sorts(summary) == ([] if good else ["shorter than it could be"])
    assert summary.checked["length"] == 1


def test_a_length_under_unknown_caps_is_not_judged():
    assert "length" not in seen(short(["a"], left=9)).checked
