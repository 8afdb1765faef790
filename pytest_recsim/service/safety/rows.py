"""Whose rows a namespace holds: ours carry the stamp of the fixture that they were seeded from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from secrets import SystemRandom
from typing import Any, TypeVar

import msgspec

from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.names import OWN_USERS
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.api.reading import FULL_PAGE
from pytest_recsim.service.contract.records import EventRecord, ItemRecord, UserRecord

R = TypeVar("R")
STAMP = "recsim"
"""Our key among an item's props and a user's traits; an upsert by anybody else resets it (contract 2.1, 2.2)."""
STAMP_LENGTH = 12
MARKER_USER = f"{OWN_USERS}marker"
PAGES, NEWEST = 20, 12
"""Pages that are read of a kind at most, and how many of them are those of the newest rows."""
NAMED = 3


def stamp_of(fixture_sha256: str) -> str:
    """Return what the rows of a fixture carry."""
    return fixture_sha256[:STAMP_LENGTH]


def stamped(row: Mapping[str, Any], field: str, stamp: str) -> dict[str, Any]:
    """Return an item's or a user's row as it is sent: with the stamp in ``props`` or ``traits``."""
    return {**row, field: {**row[field], STAMP: stamp}}


def event_id(stamp: str, position: int) -> str:
    """Return an event's ``source_event_id``, which nobody else's has."""
    return f"{OWN_USERS}{stamp}:{position}"


def strangers(service: Service, totals: tuple[int, int, int], stamp: str) -> str:
    """Name rows that no run of ours wrote from the fixture with that stamp, empty when none is found.

    All rows are looked at, or ``PAGES`` thousand of each kind: the newest, the oldest, and some between.

    Args:
        service: where to look.
        totals: items, users and events there.
        stamp: what ours carry.
    """
    items, users, events = totals
    found = (
        _told("items", service.item_pages(offsets(items)), lambda row: _our_item(row, stamp), _item),
        _told("users", service.user_pages(offsets(users)), lambda row: _our_user(row, stamp), _user),
        _told("events", service.event_pages(offsets(events)), lambda row: _our_event(row, stamp), _event),
    )
    return ", ".join(filter(None, found))


def offsets(total: int) -> list[int]:
    """Return where the pages start that are read of so many rows; listings begin with the newest (contract 3)."""
    pages = range(-(-total // FULL_PAGE))
    if len(pages) <= PAGES:
        return [page * FULL_PAGE for page in pages]
    between = SystemRandom().sample(pages[NEWEST:-1], PAGES - NEWEST - 1)
    return [page * FULL_PAGE for page in (*pages[:NEWEST], *sorted(between), pages[-1])]


def _told(kind: str, rows: Sequence[R], ours: Callable[[R], bool], name: Callable[[R], str]) -> str:
    theirs = [row for row in rows if not ours(row)]
    if not theirs:
        return ""
    named = ", ".join([*map(name, theirs[:NAMED]), *(["..."] if len(theirs) > NAMED else [])])
    return f"{len(theirs)} of {len(rows)} {kind} that were looked at ({named})"


def _our_item(row: ItemRecord, stamp: str) -> bool:
    return _carries(row.props, stamp)


def _our_user(row: UserRecord, stamp: str) -> bool:
    return row.user_id == MARKER_USER or _carries(row.traits, stamp)


def _our_event(row: EventRecord, stamp: str) -> bool:
    return (row.source_event_id or "").startswith(event_id(stamp, 0)[:-1])


def _carries(text: str, stamp: str) -> bool:
    try:
        held = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(held, dict) and held.get(STAMP) == stamp


def _item(row: ItemRecord) -> str:
    return f"`{quoted(row.item_id)}`"


def _user(row: UserRecord) -> str:
    return f"`{quoted(row.user_id)}`"


def _event(row: EventRecord) -> str:
    return f"`{quoted(row.user_id)}` on `{quoted(row.item_id)}`"
