from __future__ import annotations

import json

import pytest
from service_fakes import answer

from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import ANSWER
from pytest_recsim.service.watch.expectations import Expectations, tag_values
from pytest_recsim.service.watch.violations import WatchSummary
from pytest_recsim.service.watch.watch import Watch

FREE = frozenset({"default"})


def passed(found, ask=None):
    return Exchange(
        ask or Ask("u1"), ANSWER.decode(json.dumps(found)), 0.01, "http://h/v1/recommendations", "o", "ns"
    )


def seen(found, *, ask=None, known=None, **expected):
    watch = Watch(known, Expectations(**expected))
    watch.see(passed(found, ask))
    return watch.summary()


def sorts(summary):
    return [violation.what for violation in summary.violations]


def test_a_sound_answer_is_counted_and_breaks_nothing():
    summary = seen(
        answer(["a", "b"]),
        known={"a": True, "b": True},
        rule_free_surfaces=FREE,
        min_events=5,
        event_counts={"u1": 6},
        tags={"a": ["brand:x"], "b": ["brand:y"]},
        brand_cap=1,
        category_cap=0,
    )
    assert summary.violations == ()
    assert (summary.answers, summary.slots) == (1, 2)
    assert summary.checked == {
        "availability": 1,
        "recent_event_count": 1,
        "order": 1,
        "brand_cap": 1,
        "length": 1,
    }


@pytest.mark.parametrize(
    ("found", "ask", "what", "detail"),
    [
        (answer(["a", "b", "a"]), None, "duplicate ids", "`a`"),
        (answer(["a", "b", "c"]), Ask("u1", k=2), "more than k items", "3 items were returned for k = 2"),
        (answer([f"i{n}" for n in range(21)]), Ask("u1", k=0), "more than k items", "k = 20"),
        (answer(["a"], final=3), None, "length differs from final_count", "final_count says 3"),
    ],
)
def test_breaches_of_shape_are_told_with_the_first_offending_request(found, ask, what, detail):
    (violation,) = seen(found, ask=ask).violations
    assert (violation.kind, violation.what, violation.count, violation.user_id) == ("contract", what, 1, "u1")
    assert detail in violation.detail
    assert violation.curl.startswith("curl ")


def test_scores_that_are_not_finite_are_noticed():
    found = passed(answer(["a"]))
    hostile = type(found.answer)(
        model_version="m",
        items=[type(found.answer.items[0])(item_id="a", score=float("inf"))],
        trace=found.answer.trace,
    )
    watch = Watch(None)
    watch.see(Exchange(found.ask, hostile, 0.1, "u", "o", "ns"))
    assert sorts(watch.summary()) == ["score not finite"]


@pytest.mark.parametrize(
    ("ids", "scores", "good"),
    [
        (["a", "b", "c"], [3, 2, 1], True),
        (["a", "b", "c"], [3, 3, 1], True),
        (["b", "a", "c"], [3, 3, 1], False),
        (["a", "b", "c"], [3, 1, 2], False),
        (["Z", "a"], [1, 1], True),
    ],
)
def test_established_users_see_descending_scores_with_ties_by_id(ids, scores, good):
    summary = seen(answer(ids, scores=scores), rule_free_surfaces=FREE, min_events=5)
    assert sorts(summary) == ([] if good else ["scores do not descend"])
    assert summary.checked["order"] == 1


@pytest.mark.parametrize(
    ("found", "ask", "expected"),
    [
        (answer(scores=[1, 2], recent=4), Ask("u1"), {"min_events": 5}),
        (answer(scores=[1, 2]), Ask("u1"), {"min_events": 5, "segments": {"u1": "New_Users"}}),
        (answer(scores=[1, 2], segment_id="new_users"), Ask("u1"), {"min_events": 5}),
        (answer(scores=[1, 2]), Ask("u1", surface="recsim-s2"), {"min_events": 5}),
        (answer(scores=[1, 2]), Ask("u1"), {}),
    ],
    ids=["sparse", "new by trait", "new by matched segment", "a surface with rules", "minimum not known"],
)
def test_order_is_not_judged_where_the_contract_does_not_promise_it(found, ask, expected):
    summary = seen(found, ask=ask, rule_free_surfaces=FREE, **expected)
    assert summary.violations == ()
    assert "order" not in summary.checked


TAGS = {
    "a": ["Brand:X ", "cat:c1"],
    "b": ["brand:x", "category:C1"],
    "c": ["brand:y", "brand:x"],
    "d": ["brandless"],
}


def test_tag_values_fold_case_blanks_and_prefix_spellings():
    assert tag_values(TAGS, ("brand",)) == {"a": ("x",), "b": ("x",), "c": ("x", "y")}
    assert tag_values(TAGS, ("category", "cat")) == {"a": ("c1",), "b": ("c1",)}


@pytest.mark.parametrize(
    ("overrides", "caps", "broken"),
    [
        (None, {"brand_cap": 2}, ["brand_cap exceeded"]),
        (None, {"brand_cap": 3}, []),
        (None, {"brand_cap": 0}, []),
        ({"brand_cap": 0}, {"brand_cap": 2}, []),
        ({"brand_cap": 2}, {"brand_cap": 0}, ["brand_cap exceeded"]),
        ({"category_cap": 1}, {}, ["category_cap exceeded"]),
        (
            {"mmr_lambda": 1},
            {"brand_cap": 1, "category_cap": 1},
            ["brand_cap exceeded", "category_cap exceeded"],
        ),
    ],
)
def test_caps_in_effect_hold(overrides, caps, broken):
    found = answer(["a", "b", "c", "d"])
    summary = seen(found, ask=Ask("u1", overrides=overrides), tags=TAGS, rule_free_surfaces=FREE, **caps)
    assert sorts(summary) == broken


def test_caps_replaced_by_a_configured_segment_are_not_guessed():
    found = answer(["a", "b"], segment_id="vip", profile_id="p1")
    summary = seen(found, tags=TAGS, rule_free_surfaces=FREE, brand_cap=1)
    assert summary.violations == ()
    assert summary.checked == {}


@pytest.mark.parametrize(
    ("seeded", "segment", "got", "good"),
    [
        (6, "", 6, True),
        (6, "", 7, False),
        (0, "", 0, True),
        (40, "", 10, True),
        (40, "", 40, False),
        (6, "new_users", 4, True),
        (6, "new_users", 6, False),
        (2, "new_users", 2, True),
    ],
)
def test_an_answer_meant_for_somebody_else_is_noticed_by_its_event_count(seeded, segment, got, good):
    summary = seen(answer(recent=got), min_events=5, event_counts={"u1": seeded}, segments={"u1": segment})
    assert bool(summary.violations) is not good
    assert summary.checked["recent_event_count"] == 1


def test_another_profile_window_makes_the_event_count_unknown():
    ask = Ask("u1", overrides={"profile_window_days": 1})
    assert seen(answer(recent=1), ask=ask, min_events=5, event_counts={"u1": 9}).checked == {}


def test_unknown_and_unavailable_items_are_two_sorts_and_their_share_is_measured():
    summary = seen(answer(["a", "gone", "off", "b"]), known={"a": True, "b": True, "off": False})
    assert [(one.kind, one.what) for one in summary.violations] == [
        ("availability", "unknown item"),
        ("availability", "unavailable item"),
    ]
    assert "`off` at rank 3" in summary.violations[1].detail
    assert summary.unavailable_share == 0.5
    assert summary.of("contract") == ()


def test_repeated_breaches_count_up_and_keep_the_first_exchange():
    watch = Watch({"a": True})
    for user in ("u1", "u2", "u3"):
        watch.see(passed(answer(["x"]), Ask(user)))
    (violation,) = watch.summary().violations
    assert (violation.count, violation.user_id) == (3, "u1")


def test_summaries_of_several_processes_add_up_and_survive_json():
    one = seen(answer(["x", "a"]), known={"a": True})
    other = seen(answer(["y", "a", "a"]), known={"a": True})
    both = WatchSummary.from_json(json.loads(json.dumps(one.merged(other).to_json())))
    assert both == one.merged(other)
    assert (both.answers, both.slots, both.unavailable_slots) == (2, 5, 2)
    assert both.checked == {"availability": 2}
    assert {(found.what, found.count) for found in both.violations} == {
        ("unknown item", 2),
        ("duplicate ids", 1),
    }
    assert both.violations[0].detail == one.violations[0].detail
    assert WatchSummary().merged(one) == one


def test_an_override_that_repeats_the_known_window_is_still_held_to_the_count():
    expectations = Expectations(min_events=5, event_counts={"u1": 6}, profile_window_days=30)
    watch = Watch(None, expectations)
    watch.see(passed(answer(["a"], recent=3), Ask("u1", overrides={"profile_window_days": 30})))
    watch.see(passed(answer(["a"], recent=3), Ask("u1", overrides={"profile_window_days": 7})))
    assert [(found.what, found.count) for found in watch.summary().violations] == [
        ("recent_event_count does not fit the user", 1)
    ]


def test_answers_that_nobody_asked_for_are_a_breach_and_add_up_over_processes():
    from pytest_recsim.service.watch.violations import WatchSummary

    quiet, one, two = (WatchSummary(answers=5).with_strays(strays) for strays in (0, 1, 2))
    assert quiet.violations == ()
    (found,) = quiet.merged(one).merged(two).of("contract")
    assert (found.what, found.count) == ("answers that nobody asked for", 3)
