"""The row filters that listing and deleting share (contract 3, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from pytest_recsim.standin.http.errors import refused_by_database
from pytest_recsim.standin.settings.clock import parse_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim.standin.state.store import Event


class Stored(Protocol):
    """Rows that are filtered by their creation."""

    created: int


class RowFilter(msgspec.Struct, frozen=True):
    """Conditions on a row; None means any. Times are microseconds, both inclusive."""

    item_id: str | None = None
    user_id: str | None = None
    event_type: int | None = None
    after: int | None = None
    before: int | None = None

    def in_time(self, moment: int) -> bool:
        return (self.after is None or moment >= self.after) and (self.before is None or moment <= self.before)

    def takes_row(self, key: str, wanted: str | None, row: Stored) -> bool:
        return wanted in (None, key) and self.in_time(row.created)

    def takes_event(self, event: Event) -> bool:
        return (
            self.user_id in (None, event.user_id)
            and self.item_id in (None, event.item_id)
            and self.event_type in (None, event.type)
            and self.in_time(event.ts)
        )


def row_filter(values: Mapping[str, Any], now: int) -> RowFilter:
    """Build a filter; an empty string is no condition. Raises the 422 for a date that the database cannot read."""
    return RowFilter(
        item_id=values.get("item_id") or None,
        user_id=values.get("user_id") or None,
        event_type=values.get("event_type"),
        after=_moment(values.get("created_after"), now),
        before=_moment(values.get("created_before"), now),
    )


def _moment(text: str | None, now: int) -> int | None:
    if not text:
        return None
    moment = parse_filter(text, now)
    if moment is None:
        raise refused_by_database(f"invalid input syntax for type timestamp with time zone: {text!r}")
    return moment
