"""What real data sets have and the generator does not: odd tags, odd segments, sold-out shops, ties, values.

Each twist changes a fixture document in place and leaves it valid; a healthy service stays healthy on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Document = dict[str, list[dict[str, Any]]]

PLAIN = "as generated"


def _loud_tags(document: Document, _: random.Random) -> None:
    for item in document["items"]:
        item["tags"] = [tag.upper() if number % 2 else tag.title() for number, tag in enumerate(item["tags"])]


def _without(prefix: str) -> Callable[[Document, random.Random], None]:
    def twist(document: Document, _: random.Random) -> None:
        for item in document["items"]:
            item["tags"] = [tag for tag in item["tags"] if not tag.startswith(f"{prefix}:")]
            item.pop(prefix, None)
            item.pop(f"{prefix}_path", None)

    return twist


def _sold_out(document: Document, dice: random.Random) -> None:
    for item in document["items"]:
        if dice.random() < 0.3:
            item["available"] = False


def _one_segment(document: Document, _: random.Random) -> None:
    for user in document["users"]:
        user["traits"]["segment"] = "everybody"


def _many_segments(document: Document, dice: random.Random) -> None:
    for user in document["users"]:
        if user["traits"]["segment"] != "new_users":
            user["traits"]["segment"] += f"_{dice.choice('abc')}"


def _values(document: Document, dice: random.Random) -> None:
    for event in document["events"]:
        event["value"] = round(dice.uniform(0, 3), 2)


def _views_only(document: Document, _: random.Random) -> None:
    """Nothing but views: popularity is full of ties and nothing is ever bought."""
    for event in document["events"]:
        event["type"] = 0


def _repeats(document: Document, dice: random.Random) -> None:
    """Every third event a second time at the same instant, as shops that log twice have it."""
    document["events"] += [dict(event) for event in document["events"] if dice.random() < 1 / 3]
    document["events"].sort(key=lambda event: event["ts"])


TWISTS: dict[str, Callable[[Document, random.Random], None]] = {
    "tags in capitals": _loud_tags,
    "no brands": _without("brand"),
    "no categories": _without("category"),
    "30 % sold out": _sold_out,
    "one segment": _one_segment,
    "many segments": _many_segments,
    "events with values": _values,
    "views only": _views_only,
    "events logged twice": _repeats,
}
