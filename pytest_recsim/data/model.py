"""What a customer's data set is: items, users and events, as read from a fixture file."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.data.instants import Instant

EVENT_TYPES = {"view": 0, "click": 1, "add": 2, "purchase": 3, "custom": 4}


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catalogue entry. Field names are those of the service; see the contract, section 2.1.

    ``props["margin"]`` (share of the price, 0..1) and ``props["novelty"]`` (0..1) are what S9 and the
    generator use; other props are carried along untouched.
    """

    item_id: str
    available: bool = True
    price: float | None = None
    tags: tuple[str, ...] = ()
    props: dict[str, Any] = {}
    category_path: tuple[str, ...] = ()
    brand: str | None = None
    category: str | None = None
    description: str | None = None
    image_url: str | None = None
    metadata_version: str | None = None
    embedding: tuple[float, ...] | None = None

    @property
    def margin(self) -> float | None:
        """Margin as a share of the price, or None when the fixture gives none that is a finite number."""
        value = self.props.get("margin")
        if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > sys.float_info.max:
            return None
        return float(value)


class User(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person; ``traits["segment"]`` is mandatory in a fixture."""

    user_id: str
    traits: dict[str, Any] = {}

    @property
    def segment(self) -> str:
        return str(self.traits["segment"])


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """One interaction. ``type`` is the service's integer code (see EVENT_TYPES), ``ts`` has an offset."""

    user_id: str
    item_id: str
    type: int
    ts: Instant
    value: float = 1.0
    meta: dict[str, Any] | None = None
    source_event_id: str | None = None


@dataclass(frozen=True)
class Fixture:
    """A validated data set.

    Attributes:
        path: where it was read from.
        sha256: hex digest of the file's bytes.
        items, users, events: in file order; every event names a known user and item.
        defaulted: field name -> how many entries left it out and got the documented default.
        notes: sentences worth telling (never problems).
    """

    path: Path
    sha256: str
    items: tuple[Item, ...]
    users: tuple[User, ...]
    events: tuple[Event, ...]
    defaulted: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def item_index(self) -> dict[str, int]:
        """item_id -> position in ``items``."""
        return {item.item_id: position for position, item in enumerate(self.items)}

    @cached_property
    def user_index(self) -> dict[str, int]:
        """user_id -> position in ``users``."""
        return {user.user_id: position for position, user in enumerate(self.users)}

    @cached_property
    def segments(self) -> dict[str, tuple[int, ...]]:
        """Segment name (sorted) -> positions of its users."""
        found: dict[str, list[int]] = {}
        for position, user in enumerate(self.users):
            found.setdefault(user.segment, []).append(position)
        return {name: tuple(found[name]) for name in sorted(found)}
