"""What goes over the wire. Every field that the service would misread when missing is written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from pytest_recsim.data.fixtures.model import Event, Fixture, Item, User
from pytest_recsim.data.input.instants import from_us, to_us
from pytest_recsim.prepare.clock import rfc3339
from pytest_recsim.service.safety.rows import event_id, stamp_of

Ints = npt.NDArray[np.int64]
OPTIONAL_TEXTS = ("brand", "category", "description", "image_url", "metadata_version")


def item_row(item: Item) -> dict[str, Any]:
    """An item as sent: a missing `available` would hide it, missing tags, props or path would erase them."""
    row: dict[str, Any] = {
        "item_id": item.item_id,
        "available": item.available,
        "price": item.price,
        "tags": list(item.tags),
        "props": item.props,
        "category_path": list(item.category_path),
    }
    row |= {name: value for name in OPTIONAL_TEXTS if (value := getattr(item, name)) is not None}
    if item.embedding:
        row["embedding"] = list(item.embedding)
    return row


def user_row(user: User) -> dict[str, Any]:
    return {"user_id": user.user_id, "traits": user.traits}


def event_row(event: Event, position: int, *, shift: int, fixture: Fixture) -> dict[str, Any]:
    """An event as sent: shifted, with an id of our own, so that a resent batch cannot duplicate it."""
    return _event(
        event, rfc3339(from_us(to_us(event.ts) + shift)), event_id(stamp_of(fixture.sha256), position)
    )


class EventRows(Sequence[dict[str, Any]]):
    """The rows of some events as :func:`event_row` makes them, made when asked for: a batch at a time is held.

    Args:
        fixture: whose events.
        times: int64[n], microseconds of all of them.
        positions: int64[m], of those that are sent, in order.
        shift: microseconds that are added.
    """

    def __init__(self, fixture: Fixture, times: Ints, positions: Ints, shift: int) -> None:
        self._events = fixture.events
        self._stamp = stamp_of(fixture.sha256)
        self._times, self._positions, self._shift = times, positions, shift

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, place: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if not isinstance(place, slice):
            return self._rows(self._positions[[place]])[0]
        return self._rows(self._positions[place])

    def _rows(self, positions: Ints) -> list[dict[str, Any]]:
        moments = (self._times[positions] + self._shift).astype("datetime64[us]")
        spelt = np.datetime_as_string(moments, unit="us", timezone="UTC").tolist()
        return [
            _event(self._events[position], ts, event_id(self._stamp, position))
            for position, ts in zip(positions.tolist(), spelt, strict=True)
        ]


def _event(event: Event, ts: str, source_event_id: str) -> dict[str, Any]:
    return {
        "user_id": event.user_id,
        "item_id": event.item_id,
        "type": event.type,
        "value": event.value,
        "ts": ts,
        "meta": event.meta or {},
        "source_event_id": source_event_id,
    }
