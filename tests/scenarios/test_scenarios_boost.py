"""S9 recognises its rule by what the reasons tell, also on an item that scored nothing before."""

from __future__ import annotations

import pytest
from test_scenarios_can_fail import scenario

from pytest_recsim.service.ask import Ask, Exchange
from pytest_recsim.service.wire import Answer, Extras, Policy, ScoredItem, Trace


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
