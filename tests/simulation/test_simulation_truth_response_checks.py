"""What answers are checked against knows the probe item too, which is in the shop but not in the fixture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_recsim.prepare.seed import Counts, Seeded
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Extras, Policy, ScoredItem, SourceCount, Trace
from pytest_recsim.simulation.truth.response_checks import watch_for

PROBE = "recsim-probe-1"
COUNTS = Counts(items=4, users=3, events=6)
SEEDED = Seeded(
    shift_us=0,
    newest="",
    oldest="",
    reused=False,
    leak="",
    counts=COUNTS,
    held=COUNTS,
    sent=COUNTS,
    probe_id=PROBE,
    probe_source="i1",
    notes=(),
    seconds=0.0,
)


def listed(ids):
    """What user u3 is shown; popularity has offered i1 and i3, content the probe."""
    counts = dict.fromkeys(Policy.__struct_fields__[:16], 0) | {"final_count": len(ids), "after_rules": 3}
    sources = {"popularity": SourceCount(count=2), "content": SourceCount(count=1)}
    extras = Extras(
        policy=Policy(**counts),
        recent_event_count=2,
        candidate_sources=sources | {"merged": SourceCount(count=3)},
        signal_status={},
    )
    items = [ScoredItem(item_id=id_, score=1 - place / 9) for place, id_ in enumerate(ids)]
    answer = Answer(model_version="m", items=items, trace=Trace(extras=extras))
    return Exchange(Ask("u3", surface="default"), answer, 0.1, "http://x", "org", "ns")


@pytest.mark.parametrize(
    ("ids", "wrong"),
    [
        ([PROBE, "i3"], []),
        (["i3"], ["shorter than it could be"]),
        ([PROBE, "i1", "i3"], ["brand_cap exceeded"]),
    ],
    ids=["it keeps its source's brand out", "nothing of the brand is listed", "two of one brand"],
)
def test_the_probe_counts_for_the_caps_with_the_tags_of_its_source(make_world, ids, wrong):
    watch = watch_for(make_world("BRAND_CAP=1", "CATEGORY_CAP=0"), SEEDED)
    watch.see(listed(ids))
    assert [violation.what for violation in watch.summary().violations] == wrong


HIDING = ("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=40", "EXCLUDE_EVENT_TYPES=1,2")


@pytest.mark.parametrize(
    ("sent", "known", "wrong"),
    [
        ({"rule_exclude_events": True, "purchased_window_days": 40}, [1, 2], True),
        ({"rule_exclude_events": True, "purchased_window_days": 3}, [1, 2], False),
        ({"rule_exclude_events": True, "purchased_window_days": 40}, [3], False),
        ({"rule_exclude_events": True, "purchased_window_days": 40}, None, False),
    ],
    ids=["as the profile says", "another window", "the service hides other types", "nobody knows the types"],
)
def test_an_item_that_the_exclusion_hides_is_noticed_where_every_question_carries_the_profile(
    make_world, sent, known, wrong
):
    admin = {} if known is None else {"exclude_event_types": known}
    world = make_world(*HIDING, admin=admin, base_url="http://127.0.0.1:1", apply="request")
    watch = watch_for(world, SEEDED)
    exchange = listed([PROBE, "i3"])
    watch.see(replace(exchange, ask=replace(exchange.ask, overrides=sent)))
    found = [violation.what for violation in watch.summary().violations]
    assert ("items hidden from the user" in found) is wrong
