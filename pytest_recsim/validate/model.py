"""What `recsim validate` says of an input, as one value: for the terminal, and as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from pytest_recsim.record.suspicion import Suspicion
from pytest_recsim.validate.needing import Foretold

Kind = Literal["data set", "profile", "guardrails", "batch file", "unknown"]


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """Problems of one cause.

    Attributes:
        sentence: the first of them in words.
        count: how many there are; readers stop at 200.
        places: where the first few are.
    """

    sentence: str
    count: int
    places: tuple[str, ...]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue of a data set, and how its events spread over it.

    Attributes:
        with_events: available items with seeded events.
        priced, branded, categorised, tagged, margined: available items with a price, a brand tag, a category, a plain tag
            (neither brand nor category), a usable margin.
        gini: of seeded events over the available items, 0 is even, 1 is all on one; null without events.
        top: share of these events that the most popular hundredth, tenth and fifth of the available items have.
    """

    items: int
    available: int
    with_events: int
    priced: int
    branded: int
    categorised: int
    tagged: int
    margined: int
    gini: float | None
    top: dict[str, float]


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """What is learned from and what is judged on, in the data's own time; instants are empty without events.

    Attributes:
        at: as guardrails.yml has it.
        older: events that the window leaves out.
        judged: users with events after the cut, or the sample of them.
    """

    at: str
    first: str
    cut: str
    last: str
    seeded: int
    held_out: int
    older: int
    judged: int


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands behind the numbers of a segment, and the smallest lift that they can show.

    Attributes:
        users: in the data set.
        with_history: of them with seeded events.
        with_holdout: of them with events after the split.
        relevant: of them with a relevant item, so with a value.
        hits: of them for whom the popularity baseline finds something.
        smallest_lift: metric -> the smallest true lift whose interval would be above 0 four times of five, a share; null where
            no lift can be measured.
    """

    name: str
    users: int
    with_history: int
    with_holdout: int
    relevant: int
    hits: int
    smallest_lift: dict[str, float | None]


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set can carry for one customer, on the embedded stand-in.

    Attributes:
        customer: whose thresholds; empty for the default ones.
        profile: whose knobs.
        wrong: why nothing can be foretold.
        rehearsal: ``done``, or why there was none although one was asked for; empty where nobody asked or nothing was open.
    """

    customer: str
    profile: str
    checks: tuple[Foretold, ...] = ()
    split: Split | None = None
    segments: tuple[Segment, ...] = ()
    shape: Shape | None = None
    suspicions: tuple[Suspicion, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    rehearsal: str = ""


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """One input.

    Attributes:
        path: as people should read it.
        kind: what it was recognised as.
        summary: what is in it, in words.
        wrong: what must be mended, by cause.
        notes: what is worth knowing.
        carries: of a data set, per customer that it is judged for.
    """

    path: str
    kind: Kind
    summary: str = ""
    wrong: tuple[Wrong, ...] = ()
    notes: tuple[str, ...] = ()
    carries: tuple[Carried, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether a run would take it."""
        return not self.wrong and not any(one.wrong for one in self.carries)
