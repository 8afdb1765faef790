"""What looks odd in a data set and is no mistake by itself: simulation_metadata.json, under `fixture`."""

from __future__ import annotations

import msgspec


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of oddity.

    Attributes:
        key: its name, ``duplicate_events``.
        sentence: what was found, without a full stop.
        count: how many events, items, users or tags it is about.
        examples: the first few, as ids or values.
        advice: what to do about it, an imperative without a full stop.
    """

    key: str
    sentence: str
    count: int
    examples: tuple[str, ...] = ()
    advice: str = ""
