"""What the service stores, as it lists it (contract sections 3, 8, 9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypedDict, TypeVar

import msgspec

from pytest_recsim.record.bounds import shallow
from pytest_recsim.service.contract.wire import refuse_deep

R = TypeVar("R")


class ItemRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A listed item; ``props`` is a string that holds JSON."""

    item_id: str
    available: bool
    price: float | None = None
    tags: list[str] = []
    props: str = "{}"
    category_path: list[str] = []
    brand: str | None = None
    category: str | None = None
    description: str | None = None
    image_url: str | None = None
    metadata_version: str | None = None
    created_at: str = ""
    updated_at: str = ""


class UserRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A listed user; ``traits`` is a string that holds JSON."""

    user_id: str
    traits: str = "{}"
    created_at: str = ""
    updated_at: str = ""

    def traits_value(self) -> Any:
        """Return the parsed traits, or None when they are not JSON."""
        try:
            found = msgspec.json.decode(self.traits)
        except (msgspec.DecodeError, RecursionError):
            return None
        return found if shallow(found) else None


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A listed event; times come back in whole seconds."""

    user_id: str
    item_id: str
    type: int
    value: float
    ts: datetime
    meta: str = "{}"
    source_event_id: str | None = None


class Page(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """One page of a listing; ``next_offset`` only while there is more."""

    items: list[R]
    total: int
    limit: int = 0
    offset: int = 0
    has_more: bool = False
    next_offset: int | None = None


ItemPage = Page[ItemRecord]
UserPage = Page[UserRecord]
EventPage = Page[EventRecord]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A stored rule (contract 8.1); rules can be disabled, never deleted."""

    rule_id: str
    namespace: str
    surface: str
    name: str
    action: str
    target_type: str
    description: str | None = None
    target_key: str | None = None
    item_ids: list[str] = []
    boost_value: float | None = None
    max_pins: int | None = None
    segment_id: str | None = None
    priority: int = 0
    enabled: bool = True
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class RuleList(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /v1/admin/rules``."""

    rules: list[Rule]


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A manual override (contract 8.4); backed by the rule ``rule_id``."""

    override_id: str
    namespace: str
    surface: str
    item_id: str
    action: str
    status: str
    boost_value: float | None = None
    notes: str | None = None
    created_by: str | None = None
    expires_at: datetime | None = None
    rule_id: str | None = None


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the effective event-type table; ``source`` is ``default`` or ``tenant``, empty when it is not said."""

    type: int
    weight: float
    name: str | None = None
    half_life_days: float | None = None
    is_active: bool = True
    source: str = ""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A configured segment; its rules are left as they come."""

    segment_id: str
    name: str = ""
    active: bool = False
    priority: int = 0
    profile_id: str | None = None
    rules: list[Any] = []

    def __post_init__(self) -> None:
        refuse_deep("rules", self.rules)


class SegmentList(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /v1/segments``."""

    segments: list[Segment]


class ConfigFacts(TypedDict, total=False):
    """What the harness goes by in the process-wide configuration; Go writes an empty list as null."""

    brand_cap: float
    brand_tag_prefixes: list[str] | None
    category_cap: float
    category_tag_prefixes: list[str] | None
    exclude_event_types: list[int] | None
    max_k: float
    profile_min_events_for_boost: float
    profile_window_days: float
    purchased_window_days: float
    rule_exclude_events: bool


class StoredConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /v1/admin/recommendation/config``: the document, and who set it when.

    The document is kept whole; the part that the harness goes by is held to its types.
    """

    config: dict[str, Any]
    metadata: dict[str, Any] = {}

    def __post_init__(self) -> None:
        refuse_deep("config", self.config)
        refuse_deep("metadata", self.metadata)
        try:
            msgspec.convert(self.config, ConfigFacts)
        except msgspec.ValidationError as error:
            raise ValueError(f"`config`: {error}") from None
