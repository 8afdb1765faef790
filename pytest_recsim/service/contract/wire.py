"""The service's answers as types (contract sections 1, 3, 5, 8, 9, 18).

Unknown members are tolerated. A member without a default is one without which the service is no Recsys for us: a run
is refused in the pre-flight. What an older revision does not send has a default that says so (see ``capabilities``).
"""

from __future__ import annotations

from typing import Any

import msgspec

from pytest_recsim.record.bounds import MAX_LEVELS, shallow


def refuse_deep(name: str, value: Any) -> None:
    """Refuse a member of any shape that could not be gone through, compared or written again."""
    if not shallow(value):
        raise ValueError(f"`{name}` is nested deeper than {MAX_LEVELS} levels")


class Signals(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One number per signal; the service leaves zeros out. Revisions of 2025 call the similarity ``emb``."""

    pop: float = 0.0
    cooc: float = 0.0
    similarity: float = 0.0
    emb: float | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        if self.emb is not msgspec.UNSET:
            msgspec.structs.force_setattr(self, "similarity", self.emb)


class Blend(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a score came about before personalisation and rules; ``raw`` only at explain level ``full``."""

    alpha: float = 0.0
    beta: float = 0.0
    gamma: float = 0.0
    pop_norm: float = 0.0
    cooc_norm: float = 0.0
    similarity_norm: float = 0.0
    contrib: Signals = Signals()
    raw: Signals | None = None
    emb_norm: float | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        if self.emb_norm is not msgspec.UNSET:
            msgspec.structs.force_setattr(self, "similarity_norm", self.emb_norm)


class Personalization(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Tag overlap and the factor it gave; present only on boosted items."""

    overlap: float = 0.0
    boost_multiplier: float = 0.0


class Mmr(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Selection-time values of the diversity step; ``relevance`` and ``rank`` only at level ``full``."""

    lambda_: float = msgspec.field(default=0.0, name="lambda")
    max_sim: float = 0.0
    penalty: float = 0.0
    relevance: float = 0.0
    rank: int = 0


class CapUsage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``applied`` means: the item carries such a tag while the cap is on (not: it was limited)."""

    applied: bool = False
    limit: int = 0
    count: int = 0
    value: str = ""


class Caps(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Both caps of one item."""

    brand: CapUsage | None = None
    category: CapUsage | None = None


class Explain(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The explain block of one item at level ``numeric`` or ``full``."""

    blend: Blend | None = None
    personalization: Personalization | None = None
    mmr: Mmr | None = None
    caps: Caps | None = None
    anchors: list[str] = []


class ScoredItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One slot of a list."""

    item_id: str
    score: float
    reasons: list[str] = []
    explain: Explain | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The counters that checks go by, those that nobody here reads, and the optional details."""

    total_candidates: int
    after_rules: int
    final_count: int
    rule_boost_injected: int
    rule_boost_exposure: int
    explicit_exclude_hits: int | None = None
    recent_event_exclude_hits: int | None = None
    after_exclusions: int | None = None
    constraint_filtered_count: int | None = None
    after_constraint_filters: int | None = None
    rule_block_count: int | None = None
    rule_pin_count: int | None = None
    rule_boost_count: int | None = None
    rule_block_exposure: int | None = None
    rule_pin_exposure: int | None = None
    constraint_leak_count: int | None = None
    constraint_include_tags: list[str] = []
    constraint_filtered_ids: list[str] = []
    constraint_leak_ids: list[str] = []
    constraint_leak_by_reason: dict[str, int] = {}
    rule_block_exposure_by_rule: dict[str, int] = {}


class SourceCount(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Candidates of one stage."""

    count: int
    duration_ms: float = 0.0


class SignalStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether a signal could be used."""

    available: bool
    partial: bool = False
    error: str = ""


class OverrideEffect(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one manual override did to one answer."""

    override_id: str
    rule_id: str = ""
    action: str = ""
    matched: int = 0
    matched_items: list[str] = []
    blocked_items: list[str] = []
    boosted_items: list[str] = []
    pinned_items: list[str] = []
    served_items: list[str] = []


class Extras(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``trace.extras``, present on every answer (contract 5.5); None where a revision does not send a member."""

    policy: Policy
    recent_event_count: int
    candidate_sources: dict[str, SourceCount] | None = None
    signal_status: dict[str, SignalStatus] | None = None
    starter_profile: dict[str, float] = {}
    starter_profile_weight: float = 0.0
    manual_overrides: list[OverrideEffect] = []


class Trace(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The envelope of ``extras``."""

    extras: Extras


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer to one recommendation request (contract 5.4)."""

    items: list[ScoredItem]
    trace: Trace
    model_version: str = ""
    segment_id: str | None = None
    profile_id: str | None = None

    def __post_init__(self) -> None:
        """Let items that say the same share it: the anchors of the whole list and its few sets of reasons."""
        anchors: list[str] = []
        reasons: dict[tuple[str, ...], list[str]] = {}
        for item in self.items:
            said = reasons.setdefault(tuple(item.reasons), item.reasons)
            if said is not item.reasons:
                msgspec.structs.force_setattr(item, "reasons", said)
            if item.explain is None:
                continue
            if item.explain.anchors == anchors:
                msgspec.structs.force_setattr(item.explain, "anchors", anchors)
            else:
                anchors = item.explain.anchors


ANSWER = msgspec.json.Decoder(Answer)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /health``."""

    status: str
    workers: dict[str, dict[str, Any]] = {}

    def __post_init__(self) -> None:
        refuse_deep("workers", self.workers)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /version``; empty where the service does not say."""

    git_commit: str = ""
    model_version: str = ""
    build_time: str = ""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a write."""

    status: str


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a delete call."""

    deleted_count: int
    message: str = ""


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """The error envelope (contract 1.4), read leniently."""

    error: str
    message: str = ""
    correlation_id: str = ""
    details: Any = None
