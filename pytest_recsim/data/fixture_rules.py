"""What must hold for one item, user or event beyond its types; the typed pass and the slow one share it."""

from __future__ import annotations

import math

from pytest_recsim.data.instants import EARLIEST_YEAR, LATEST_YEAR
from pytest_recsim.data.model import Event, Item, User

EMBEDDING = 384
MAX_PRICE = 1e10  # the service stores 12 digits, two of them decimals
EVENT_CODES = range(-(2**15), 2**15)


def sound_item(item: Item) -> bool:
    if not item.item_id or not (item.price is None or 0 <= item.price < MAX_PRICE):
        return False
    return item.embedding is None or len(item.embedding) == EMBEDDING


def sound_user(user: User) -> bool:
    segment = user.traits.get("segment")
    return bool(user.user_id) and isinstance(segment, str) and bool(segment.strip())


def sound_event(event: Event) -> bool:
    return (
        EARLIEST_YEAR <= event.ts.year <= LATEST_YEAR
        and math.isfinite(event.value)
        and event.type in EVENT_CODES
        and event.user_id != ""
        and event.item_id != ""
        and event.source_event_id != ""
    )
