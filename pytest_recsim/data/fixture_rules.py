"""What must hold for one item, user or event beyond its types; the typed pass and the slow one share it."""

from __future__ import annotations

import math

from pytest_recsim.data.instants import EARLIEST_YEAR, LATEST_YEAR
from pytest_recsim.data.model import Event, Item, User

EMBEDDING = 384
MAX_PRICE = 1e10  # the service stores 12 digits, two of them decimals
MAX_LEVELS = 100  # what is written here has to be written again in a request, from deep inside a test
EVENT_CODES = range(-(2**15), 2**15)


def sound_item(item: Item) -> bool:
    if not item.item_id or not (item.price is None or 0 <= item.price < MAX_PRICE):
        return False
    return shallow(item.props) and (item.embedding is None or len(item.embedding) == EMBEDDING)


def sound_user(user: User) -> bool:
    segment = user.traits.get("segment")
    named = bool(user.user_id) and isinstance(segment, str) and bool(segment.strip())
    return named and shallow(user.traits)


def sound_event(event: Event) -> bool:
    return (
        EARLIEST_YEAR <= event.ts.year <= LATEST_YEAR
        and math.isfinite(event.value)
        and event.type in EVENT_CODES
        and event.user_id != ""
        and event.item_id != ""
        and event.source_event_id != ""
        and (event.meta is None or shallow(event.meta))
    )


def shallow(value: object, levels: int = MAX_LEVELS) -> bool:
    """Return whether objects and lists are nested at most so many levels deep."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels >= 0 and all(
        shallow(entry, levels - 1) for entry in inner if isinstance(entry, dict | list)
    )
