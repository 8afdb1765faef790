"""The two files that say what was seeded: seed_manifest.json and seed_segments.json."""

from __future__ import annotations

import numpy as np

from pytest_recsim.data.input.instants import from_us
from pytest_recsim.plan.model import Plan
from pytest_recsim.prepare.clock import rfc3339
from pytest_recsim.prepare.seed import Material, Seeded, split_name
from pytest_recsim.record.artifacts import (
    ClockFacts,
    ProbeItem,
    RowCounts,
    SeededFixture,
    SeedManifest,
    SeedSegments,
    SegmentRows,
    SplitFacts,
)
from pytest_recsim.service.safety.interlock import Counts


def seed_manifest(plan: Plan, material: Material, seeded: Seeded, run_id: str) -> SeedManifest:
    """What went in, from which file, moved by how much, and what was held out."""
    split = material.split
    return SeedManifest(
        run_id=run_id,
        customer=plan.customer,
        org_id=plan.org_id.value,
        namespace=plan.namespace.value,
        fixture=SeededFixture(path=plan.fixture.path, sha256=plan.fixture.sha256),
        defaulted_fields=dict(material.fixture.defaulted),
        split=SplitFacts(
            rule=split_name(plan),
            cut=None if split.cut_us is None else rfc3339(from_us(split.cut_us)),
            seeded_events=len(split.seeded),
            holdout_events=len(split.holdout),
            dropped_before_window=split.dropped,
            last=rfc3339(from_us(int(material.columns.ts[split.holdout[-1]])))
            if len(split.holdout)
            else None,
        ),
        clock=ClockFacts(
            shift_seconds=seeded.shift_us / 1e6,
            oldest_seeded=seeded.oldest,
            newest_seeded=seeded.newest,
        ),
        service_counts=_rows(seeded.counts),
        sent=_rows(seeded.sent),
        reused_earlier_seed=seeded.reused,
        possible_leak=seeded.leak,
        probe_item=ProbeItem(item_id=seeded.probe_id, tags_of=seeded.probe_source),
        notes=seeded.notes,
        seconds=round(seeded.seconds, 3),
        seeded_by=seeded.by,
    )


def _rows(counts: Counts) -> RowCounts:
    return RowCounts(items=counts.items, users=counts.users, events=counts.events)


def seed_segments(material: Material) -> SeedSegments:
    """Per segment: users, users with history, users with holdout, events on both sides of the split."""
    columns, split = material.columns, material.split
    history = np.bincount(columns.user[split.seeded], minlength=len(material.fixture.users))
    holdout = np.bincount(columns.user[split.holdout], minlength=len(material.fixture.users))
    rows = {}
    for name, members in material.fixture.segments.items():
        mine = np.asarray(members)
        rows[name] = SegmentRows(
            users=len(mine),
            with_history=int((history[mine] > 0).sum()),
            with_holdout=int((holdout[mine] > 0).sum()),
            with_both=int(((history[mine] > 0) & (holdout[mine] > 0)).sum()),
            seeded_events=int(history[mine].sum()),
            holdout_events=int(holdout[mine].sum()),
        )
    return SeedSegments(segments=rows)
