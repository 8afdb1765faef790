"""Tenant data in memory: items, users and events of one namespace, with version counters for derived data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Item(msgspec.Struct, kw_only=True):
    """A stored item. ``embedding`` is the client's vector, a text to derive one from, or None.

    ``props`` is JSON text as the database prints it; times are microseconds.
    """

    item_id: str
    available: bool
    price: float | None
    tags: tuple[str, ...]
    props: str
    category_path: tuple[str, ...]
    brand: str | None
    category: str | None
    description: str | None
    image_url: str | None
    metadata_version: str | None
    embedding: tuple[float, ...] | str | None
    created: int
    updated: int


class User(msgspec.Struct, kw_only=True):
    """A stored user; ``traits`` decoded and ``traits_text`` as the database prints it."""

    user_id: str
    traits: Any
    traits_text: str
    created: int
    updated: int


class Event(msgspec.Struct, frozen=True, gc=False):
    """A stored event; ``ts`` in microseconds, ``meta`` JSON text."""

    user_id: str
    item_id: str
    type: int
    value: float
    ts: int
    meta: str
    source_event_id: str | None


class Namespace:
    """The rows of one (org, namespace); every write bumps the version of its table."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.users: dict[str, User] = {}
        self.events: list[Event] = []
        self.source_ids: set[str] = set()
        self.items_version = 0
        self.users_version = 0
        self.events_version = 0
        self._newest_first: tuple[int, list[Event]] = (0, [])

    def put_items(self, items: Iterable[Item]) -> None:
        self.items.update((item.item_id, item) for item in items)
        self.items_version += 1

    def put_users(self, users: Iterable[User]) -> None:
        self.users.update((user.user_id, user) for user in users)
        self.users_version += 1

    def add_events(self, events: Iterable[Event]) -> None:
        """Append events; one whose source id is already known is dropped, the first one wins."""
        for event in events:
            source = event.source_event_id
            if source is not None:
                if source in self.source_ids:
                    continue
                self.source_ids.add(source)
            self.events.append(event)
        self.events_version += 1

    def events_newest_first(self) -> list[Event]:
        """Return all events by time descending, then item, user and arrival; sorted once per version."""
        if self._newest_first[0] != self.events_version:
            rows = sorted(self.events, key=lambda event: (-event.ts, event.item_id, event.user_id))
            self._newest_first = (self.events_version, rows)
        return self._newest_first[1]

    def drop_items(self, doomed: Callable[[Item], bool]) -> int:
        kept = {key: item for key, item in self.items.items() if not doomed(item)}
        dropped = len(self.items) - len(kept)
        self.items = kept
        self.items_version += 1
        return dropped

    def drop_users(self, doomed: Callable[[User], bool]) -> int:
        kept = {key: user for key, user in self.users.items() if not doomed(user)}
        dropped = len(self.users) - len(kept)
        self.users = kept
        self.users_version += 1
        return dropped

    def drop_events(self, doomed: Callable[[Event], bool]) -> int:
        kept = [event for event in self.events if not doomed(event)]
        dropped = len(self.events) - len(kept)
        self.events = kept
        self.source_ids = {event.source_event_id for event in kept if event.source_event_id is not None}
        self.events_version += 1
        return dropped
