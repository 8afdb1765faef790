"""Rows of a data set, and those of a small shop whose lists can be measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
NOW = datetime(2026, 1, 31, tzinfo=UTC)
VIEW, PURCHASE = 0, 3
CATEGORIES, BRANDS = 10, 15
OLD, NEW = 12, 3
"""Events of a user before the split, and after it."""
NEW_USERS = "new_users"


def item(item_id: str, **fields: Any) -> Row:
    """An item: available, at a price of 10 and without tags, unless told otherwise."""
    return {"item_id": item_id, "price": 10.0, "tags": []} | fields


def user(user_id: str, segment: str) -> Row:
    return {"user_id": user_id, "traits": {"segment": segment}}


def event(user_id: str, item_id: str, days_ago: float, kind: int = VIEW) -> Row:
    """Something a user did: 0 is a view, 3 a purchase."""
    ts = (NOW - timedelta(days=days_ago)).isoformat()
    return {"user_id": user_id, "item_id": item_id, "type": kind, "ts": ts}


def shop_items(count: int, tags: Sequence[str]) -> Iterator[Row]:
    """Items of ten categories and fifteen brands, each with one of the plain tags."""
    for number in range(count):
        plain = [tags[number % len(tags)]] if tags else []
        named = [f"category:c{number % CATEGORIES}", f"brand:b{number % BRANDS}"]
        yield item(f"i{number:03d}", price=5.0 + number, tags=[*plain, *named])


def shop_users(count: int, segments: Sequence[str]) -> Iterator[Row]:
    for number in range(count):
        yield user(f"u{number:03d}", segments[number % len(segments)])


def shop_events(users: Sequence[Row], items: Sequence[Row]) -> Iterator[Row]:
    """Everybody keeps to a category of their own, in the past and after the split; new users have hardly a past."""
    for number, row in enumerate(users):
        past = 1 if row["traits"]["segment"] == NEW_USERS else OLD
        for step in range(past):
            days, kind = 60.0 - 4 * step - number / 50, PURCHASE if step % 4 == 3 else VIEW
            yield event(row["user_id"], _liked(items, number, step), days, kind)
        for step in range(NEW):
            days = 3.0 - step / 2 - number / 500
            yield event(row["user_id"], _liked(items, number, OLD + step), days, PURCHASE)


def _liked(items: Sequence[Row], number: int, step: int) -> str:
    """An item of the user's category, every fifth time one that everybody likes."""
    place = step % 3 if step % 5 == 4 else (number % CATEGORIES) + CATEGORIES * (number + step)
    return str(items[place % len(items)]["item_id"])
