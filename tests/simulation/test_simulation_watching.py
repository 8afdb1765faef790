"""What answers are checked against knows the probe item too, which is in the shop but not in the fixture."""

from __future__ import annotations

import pytest

from pytest_recsim.prepare.seed import Counts, Seeded
from pytest_recsim.service.ask import Ask, Exchange
from pytest_recsim.service.wire import Answer, Extras, Policy, ScoredItem, SourceCount, Trace
from pytest_recsim.simulation.watching import watch_for

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
