"""S9 recognises its rule by what the reasons tell, also on an item that scored nothing before."""

from __future__ import annotations

import pytest
from test_scenarios_can_fail import scenario

from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Extras, Policy, ScoredItem, Trace


def boosted(**slots):
    """A list whose items have this score and tell that the rule added this much."""
    extras = Extras(
        policy=Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0)),
        recent_event_count=5,
        candidate_sources={},
        signal_status={},
    )
    items = [
        ScoredItem(item_id=name, score=score, reasons=[f"rule.boost:+{told:.2f}[rule]"])
        for name, (score, told) in slots.items()
    ]
    return Exchange(
        Ask("u1"), Answer(model_version="m", items=items, trace=Trace(extras=extras)), 0.1, "u", "o", "n"
    )


def shown(neighbour, others=1.0):
    return boosted(x=(1.0, 0), n=(neighbour, 0), **{f"o{number}": (others, 0) for number in range(8)})


def subject(before, during, after):
    return scenario(3).__globals__["Subject"](
        user="u1", item="x", before=(before, before), boosted=(during,), after=after, drift=0.0, complete=True
    )


@pytest.mark.parametrize(
    ("scores", "changed"),
    [
        ((2.0, 2.0, 2.0), False),
        ((2.0, 2.1, 2.0), True),
        ((2.0, 1.9, 2.0), True),
        ((2.0, 1.9, 1.9), False),
        ((2.0, 2.0, 1.9), False),
        ((2.0, 1.95, 1.9), False),
        ((2.0, 2.1, 1.9), True),
        ((2.0, 1.9001, 1.9), False),
    ],
    ids=[
        "the same throughout",
        "up while boosted",
        "down while boosted",
        "an event left the window before the boosted answer",
        "an event left the window after it",
        "one before and one after it",
        "up while boosted, and an event left the window",
        "the clock",
    ],
)
def test_a_neighbour_whose_score_comes_back_was_moved_by_the_boost(scores, changed):
    before, during, after = map(shown, scores)
    assert subject(before, during, after).others_changed(during, {"x"}) is changed


def test_a_boost_that_moves_many_neighbours_for_good_is_no_event_that_left():
    during = shown(2.0, others=1.5)
    assert subject(shown(2.0), during, during).others_changed(during, {"x"})


@pytest.mark.parametrize(
    ("slots", "good"),
    [
        ({"a": (0.756, 0.336)}, True),
        ({"a": (0.756, 0.216)}, False),
        ({"b": (0.8, 0.8), "a": (0.756, 0.336)}, True),
        ({"b": (0.8, 0.4), "a": (0.756, 0.336)}, False),
        ({"b": (0.4, 0.4), "a": (0.36, 0.16)}, False),
        ({}, False),
    ],
    ids=[
        "score x boost was added",
        "something else was added",
        "the best had no score, so the boost itself is its score",
        "half the boost was added to no score",
        "the value of the step before",
        "nothing is listed",
    ],
)
def test_a_boost_of_four_fifths_is_recognised(slots, good):
    at_boost = scenario(9).__globals__["at_boost"]
    assert at_boost("rule", 0.8, {"a", "b"})(boosted(**slots)) is good
