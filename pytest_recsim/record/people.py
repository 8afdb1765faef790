"""``artifacts/people.json``: a few typical people, in files only where somebody asked for them by name of the option."""

from __future__ import annotations

import msgspec

from pytest_recsim.record.jsonio import Document

NAME = "people.json"


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """An item as somebody met it.

    Attributes:
        item: its id.
        title: its description in the data set, shortened; empty where it has none.
        what: what the person did with it, such as `view, purchase`; empty for a place in a list.
        on: the day, in the data set's own time; empty for a place in a list.
        chosen: whether it counts as relevant: a hit, for a place in a list.
    """

    item: str
    title: str = ""
    what: str = ""
    on: str = ""
    chosen: bool = False


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One user with history, list and what came afterwards.

    Attributes:
        user, segment: who.
        value: the user's NDCG@10 under the judged relevance.
        median: that of the segment, over ``of`` users; ``without_hit`` of them have none in the first ten places.
        past: the ten items touched last before the split, the latest first; ``past_events`` counts all events.
        shown: the first ten items of the list.
        later: the first ten items touched after the split; ``later_events`` counts all events.
    """

    user: str
    segment: str
    value: float
    median: float
    of: int
    without_hit: int
    past: tuple[Thing, ...]
    past_events: int
    shown: tuple[Thing, ...]
    later: tuple[Thing, ...]
    later_events: int


class People(Document, frozen=True, kw_only=True):
    """The people, and the rule that chose them."""

    rule: str
    people: tuple[Person, ...]
