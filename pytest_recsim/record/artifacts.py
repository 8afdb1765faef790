"""The smaller files of a bundle: what was seeded, what the checks found, what was shown for it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from pytest_recsim.record.jsonio import Document
from pytest_recsim.record.model import CheckResult, Measure, Outcome


class SeededFixture(msgspec.Struct, frozen=True, kw_only=True):
    """The file that was seeded."""

    path: str
    sha256: str


class SplitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Where the events were split by time; ``cut`` is null where there is none.

    ``last`` is the time of the newest event held out, in the data set's own time as ``cut``; null where nothing was.
    """

    rule: str
    cut: str | None
    seeded_events: int
    holdout_events: int
    dropped_before_window: int
    last: str | None = None


class ClockFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was added to every event's time, and the times that the service got."""

    shift_seconds: float
    oldest_seeded: str
    newest_seeded: str


class RowCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of each kind."""

    items: int
    users: int
    events: int


class ProbeItem(msgspec.Struct, frozen=True, kw_only=True):
    """S8's new item and the item whose tags it has; null where the data set offers no pattern for one."""

    item_id: str | None
    tags_of: str | None


class SeedManifest(Document, frozen=True, kw_only=True):
    """What went in, from which file, moved by how much, and what was held out.

    Attributes:
        defaulted_fields: field of the data set -> rows that left it out.
        service_counts: rows expected in the service, the probe item among them.
        sent: rows sent for this simulation; all zero when an earlier seed was reused, or another variant's was taken over.
        seeded_by: the variant of the same sweep whose rows these are; empty for rows of its own.
        possible_leak: why the service may have seen events of the holdout, empty when it cannot have.
    """

    run_id: str
    customer: str
    org_id: str
    namespace: str
    fixture: SeededFixture
    defaulted_fields: dict[str, int]
    split: SplitFacts
    clock: ClockFacts
    service_counts: RowCounts
    sent: RowCounts
    reused_earlier_seed: bool
    possible_leak: str
    probe_item: ProbeItem
    notes: tuple[str, ...]
    seconds: float
    seeded_by: str = ""


class SegmentRows(msgspec.Struct, frozen=True, kw_only=True):
    """Users of one segment, those with events on either side of the split and on both, and the events there."""

    users: int
    with_history: int
    with_holdout: int
    with_both: int
    seeded_events: int
    holdout_events: int


class SeedSegments(Document, frozen=True, kw_only=True):
    """What was seeded and held out, by segment."""

    segments: dict[str, SegmentRows]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one check, as its last line in events.jsonl says it."""

    check: str
    case: str
    title: str
    outcome: Outcome
    severity: Literal["block", "warn"]
    sentence: str
    waiver: str
    measures: tuple[Measure, ...]
    seconds: float
    cause: str = ""
    next_step: str = ""

    @classmethod
    def of(cls, result: CheckResult) -> Judged:
        return cls(**{name: getattr(result, name) for name in cls.__struct_fields__})


class GuardrailVerdicts(Document, frozen=True, kw_only=True):
    """All checks that are no scenarios."""

    verdicts: tuple[Judged, ...]


class ScenarioSummary(Document, frozen=True, kw_only=True):
    """The scenarios S1 to S10."""

    scenarios: tuple[Judged, ...]


class Evidence(Document, frozen=True, kw_only=True):
    """What one scenario measured; ``evidence`` is whatever it shows beside its measures."""

    check: str
    outcome: Outcome
    sentence: str
    measures: tuple[Measure, ...]
    evidence: dict[str, Any]


class DumpLine(msgspec.Struct, frozen=True, kw_only=True):
    """One quality list: the question as it was sent, and the whole answer (`recsim schema openapi` describes both)."""

    request: dict[str, Any]
    response: dict[str, Any]
