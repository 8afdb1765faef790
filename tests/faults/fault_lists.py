"""Faults of lists that are sound JSON."""

from __future__ import annotations

from typing import Any

from fault_acts import (
    answers_previous,
    answers_twice,
    asks_instead,
    edited,
)
from fault_hits import CONTRACT, RECOMMEND, hit
from fault_model import SURVIVED, TOLD, Fault

AVAILABILITY = frozenset({"availability"})
BUSY_USER, GONE_ITEM = "u00014", "i0014"
MIXED_UP = CONTRACT | {"catalog_coverage"}
"""Explanations of other users say that the profile is not in effect for some, so what it shows is not measured."""


def listing(change: Any) -> Any:
    """An edit of the list of items in an answer."""
    return edited(lambda answer: answer | {"items": change(answer["items"])})


def with_third(**changes: Any) -> Any:
    return listing(lambda items: [*items[:2], items[2] | changes, *items[3:]])


def five(act: Any) -> Any:
    return hit(RECOMMEND, act, 5, phase="observing", skip=3)


LISTS = [
    Fault(
        "answer sent twice at once",
        "observing",
        "5 lists come twice in one go",
        SURVIVED,
        five(answers_twice(0)),
    ),
    Fault(
        "answer sent twice",
        "observing",
        "5 lists come again 20 ms later, while others are on their way",
        TOLD,
        five(answers_twice(0.02)),
        "answers that nobody asked for",
        failing=CONTRACT,
        or_more=True,  # which answers are mixed up hangs on time
    ),
    Fault(
        "answer to the request before",
        "observing",
        "lists arrive one request late",
        TOLD,
        hit(RECOMMEND, answers_previous(), None, phase="observing"),
        "recent_event_count does not fit the user",
        failing=MIXED_UP,
    ),
    Fault(
        "answer for another user",
        "observing",
        "5 users get the list of somebody else",
        TOLD,
        five(asks_instead(user_id=BUSY_USER)),
        "recent_event_count does not fit the user",
        failing=CONTRACT,
        quick=True,
    ),
    Fault(
        "unknown ids",
        "observing",
        "the third item of 5 lists is not in the catalogue",
        TOLD,
        five(with_third(item_id="ghost")),
        "`ghost` at rank 3",
        failing=AVAILABILITY,
    ),
    Fault(
        "unavailable items",
        "observing",
        "the third item of 5 lists is not available",
        TOLD,
        five(with_third(item_id=GONE_ITEM)),
        f"`{GONE_ITEM}` at rank 3",
        failing=AVAILABILITY | CONTRACT,
    ),
    Fault(
        "duplicate ids",
        "observing",
        "5 lists hold an item two times",
        TOLD,
        five(listing(lambda items: [*items[:-1], items[0]])),
        "is listed more than once",
        failing=CONTRACT,
    ),
    Fault(
        "more than k items",
        "observing",
        "5 lists are 5 items too long",
        TOLD,
        five(listing(lambda items: items + items[:5])),
        "25 items were returned for k = 20",
        failing=CONTRACT,
    ),
]
