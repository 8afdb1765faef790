"""simulation_metadata.json: who, what, when, on which service, and what it amounted to; one Struct for each of its parts.

A member that is added later has a default, so that records written before can still be read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from pytest_recsim.record.asked import Chosen, Limit, WaiverNote
from pytest_recsim.record.jsonio import Document
from pytest_recsim.record.model import Verdict
from pytest_recsim.record.previous import Previous
from pytest_recsim.record.quality import SegmentCount
from pytest_recsim.record.suspicion import Suspicion

RunStatus = Literal["started", "seeded", "incomplete", "finished"]
KnobStatus = Literal[
    "in effect", "not in effect", "sent, not visible", "started with it", "same", "differs", "unknown"
]


class NamespaceBefore(msgspec.Struct, frozen=True, kw_only=True):
    """What the namespace held before this run; without members where nobody looked."""

    empty: bool | UnsetType = UNSET
    rows: dict[str, int] | UnsetType = UNSET


class ServiceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The service that was asked. ``capabilities`` is null where it was not reached."""

    kind: Literal["stand-in", "service"]
    url: str
    url_from: str
    version: str
    model_version: str
    git_commit: str
    capabilities: dict[str, bool] | None
    namespace_before: NamespaceBefore


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The tenant and the namespace that were asked."""

    org_id: Chosen
    namespace: Chosen


class KnobRow(msgspec.Struct, frozen=True):
    """One line of the table: what was asked for, what is in effect, how that is known.

    Attributes:
        moves: whose lists it moves, in words.
        carried_by: apply modes for a running service that would bring it into effect.
    """

    knob: str
    asked: str
    origin: str
    in_effect: str
    status: KnobStatus
    seen_in: str
    moves: str = ""
    carried_by: tuple[str, ...] = ()


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A knob that was laid over the profile, as it was typed, and where."""

    text: str
    origin: str


class ProfileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The knobs: ``asked`` as they stand in the profile, overrides included; ``knobs`` against what is in effect."""

    name: Chosen
    sha256: str
    apply: Chosen
    notes: tuple[str, ...]
    asked: dict[str, str]
    knobs: tuple[KnobRow, ...]
    overrides: dict[str, Override] = {}


class FixtureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The data set: ``path`` as people should read it, rows, and users by segment.

    ``sha256`` is that of its content, the same whatever it lies in; ``file_sha256`` that of the bytes of the one JSON file that
    it was read from, unpacked, and empty of a folder. Records of earlier versions have the latter as ``sha256``.
    ``suspicions`` is what looked odd in it when the run began.
    """

    path: str
    origin: str
    sha256: str
    items: int
    users: int
    events: int
    segments: dict[str, int]
    notes: tuple[str, ...]
    file_sha256: str = ""
    suspicions: tuple[Suspicion, ...] = ()


class GuardrailFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``thresholds`` by key, then by segment; ``(all)`` is what holds for the whole run."""

    file: Chosen
    sha256: str
    thresholds: dict[str, dict[str, Limit]]
    waivers: tuple[WaiverNote, ...]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the run was to be made. ``sample_users`` and ``window_days`` are null where nothing was left out.

    ``stop_early``: asking was allowed to end before everybody had been asked; whether it did is in quality_metrics.json.
    """

    surface: str
    sample_users: int | None
    window_days: float | None
    timeout_seconds: float
    warm_up_seconds: float
    concurrency: int
    skipped_steps: tuple[str, ...]
    stop_early: bool = False


class Users(msgspec.Struct, frozen=True, kw_only=True):
    """How many users there are, and how many of them the quality lists are of."""

    in_fixture: int
    evaluated: int
    sampled: bool
    segments: dict[str, SegmentCount]


class RuleWaits(msgspec.Struct, frozen=True, kw_only=True):
    """How often, and how long at most, a rule was waited for until it had its effect."""

    changes: int
    longest_seconds: float


class AnswerTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds from sending a quality list's request to its last byte; None without requests."""

    n: int
    p50_ms: float | None
    p95_ms: float | None
    longest_ms: float | None


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody sent, repeated attempts included.

    Attributes:
        requests: all attempts.
        recommendations: attempts at questions for lists among them.
    """

    requests: int
    recommendations: int


class CheckCost(Cost, frozen=True, kw_only=True):
    """What one check sent; an answer that several checks share counts for the one that asked."""

    check: str
    case: str = ""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What all processes sent, repeated attempts included.

    Attributes:
        recommendations: attempts at questions for lists among them.
        by_check: what each check sent that sent anything, the dearest first.
        preparation: everything else: pre-flight, seeding, quality lists, own metrics, the last look and cleaning up;
            null in records of earlier versions.
        by_endpoint: ``GET /v1/items`` -> attempts.
        retries: cause -> attempts that were repeated for it.
        looked_at: answers that were searched for members we do not know.
        unknown_members: such a member -> answers that have it.
        failed_recommendations: cause -> attempts at a list that brought no usable answer.
        quality_lists_ms: answer times of the quality lists per segment and, under "", of all.
    """

    total: int
    recommendations: int
    by_endpoint: dict[str, int]
    retries: dict[str, int]
    looked_at: int
    unknown_members: dict[str, int]
    failed_recommendations: dict[str, int]
    rule_waits: RuleWaits
    quality_lists_ms: dict[str, AnswerTimes]
    by_check: tuple[CheckCost, ...] = ()
    preparation: Cost | None = None


class WarmUp(msgspec.Struct, frozen=True, kw_only=True):
    """How the first answers came.

    Attributes:
        seconds: until every one of them had come within a normal time, or patience ended.
        questions: attempts that this took; one for each kind of user at best.
        failed: cause -> attempts that were not answered.
        last_s: seconds that the slowest of the last answers took.
    """

    seconds: float
    questions: int
    failed: dict[str, int]
    last_s: float


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds per step of the preparation, of the first answers, and of all checks together."""

    preparation: dict[str, float]
    warm_up: WarmUp | None
    checks_seconds: float


class Git(msgspec.Struct, frozen=True, kw_only=True):
    """The folder that the run was started in; without members outside a repository or without git."""

    revision: str | UnsetType = UNSET
    dirty: bool | UnsetType = UNSET


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """What the run was made with; a library that is not installed is null."""

    pytest_recsim: str
    python: str
    platform: str
    libraries: dict[str, str | None]
    git: Git
    clock: datetime


class Metadata(Document, frozen=True, kw_only=True):
    """The whole file; it is valid at every moment of the run.

    Attributes:
        status: ``started`` while the run goes on or after it was killed.
        verdict: what the checks amount to; null before any is known.
        clock_shift_seconds: what was added to every event's time; null where nothing was seeded.
        preparation_failure: why nothing could be measured, in a sentence; empty where that is not so.
        planned_checks: names of the checks that were to run.
        notes: what a reader has to bear in mind.
        previous: the run before this one, and what has changed since; null where there was none.
    """

    status: RunStatus
    verdict: Verdict | None
    customer: str
    simulation: str
    run_id: str
    started_at: datetime
    written_at: datetime
    service: ServiceFacts
    place: Place
    profile: ProfileFacts
    fixture: FixtureRecord
    guardrails: GuardrailFacts
    options: Options
    clock_shift_seconds: float | None
    users: Users
    requests: Sent
    timings: Timings
    preparation_failure: str
    planned_checks: tuple[str, ...]
    notes: tuple[str, ...]
    tool: Tool
    previous: Previous | None = None
