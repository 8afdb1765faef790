"""What two runs differ in, user by user: the difference of every number with a paired interval, and what moved in the lists."""

from __future__ import annotations

from typing import Literal

import msgspec

from pytest_recsim.record.jsonio import Document

Direction = Literal["better", "worse", "same", "cannot tell", "not compared"]
NAME = "comparison.json"


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two runs.

    Attributes:
        run: name of its report folder.
        simulation, started_at, profile, service: what ran, when, with which profile, on what.
        overrides: knob -> value that was laid over the profile.
        knobs: knob -> value as asked for, overrides included.
        verdict: its sentence; empty for the run that is going on.
        users: evaluated ones.
    """

    run: str
    simulation: str
    started_at: str
    profile: str
    overrides: dict[str, str]
    knobs: dict[str, str]
    service: str
    verdict: str
    users: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One number of one segment, before and now, over the users that both runs evaluated.

    Attributes:
        metric: its name; ``label`` is how people read it.
        segment: empty for everybody.
        better_when: ``higher``, ``lower``, or empty where neither is better.
        n: common users with a number on both sides; users, lists or slots of the run now where there is no interval.
        before, now: means over exactly these users.
        difference: ``now - before``.
        low, high: its 95 % paired interval; null where there is none or no end.
        lift_before, lift_now: the lifts over popularity of the same users, for metrics that have one.
        outcome: ``better`` or ``worse`` when the interval leaves 0 out, ``same`` when nobody's number moved or when the
            interval lies within 1 % of the earlier value, else ``cannot tell``.
        reason: why it is not compared, or cannot be told.
    """

    metric: str
    label: str
    segment: str
    better_when: str
    n: int
    outcome: Direction
    before: float | None = None
    now: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    lift_before: float | None = None
    lift_now: float | None = None
    reason: str = ""

    @property
    def relative(self) -> float | None:
        """The difference as a share of the earlier value; None where that is 0 or unknown."""
        return self.difference / self.before if self.difference is not None and self.before else None


class ListsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the lists of the common users.

    Attributes:
        users: how many there are.
        items: share of the lists that do not hold the same items.
        order: share of the lists with the same items in another order.
        overlap: mean share of the items that both lists hold.
    """

    users: int
    items: float
    order: float
    overlap: float


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """An item, and how many of the common users' lists hold it."""

    item: str
    before: int
    now: int


class Comparison(Document, frozen=True, kw_only=True):
    """The whole file.

    Attributes:
        unlike: what is not the same in both and has to be for numbers to be comparable, in a word each.
        notes: what keeps the two from being comparable, in sentences; empty where nothing does.
        changes: knob -> value before and now; null where it was not set.
        common, only_before, only_now: evaluated users of both runs, and of one alone.
        won, lost: the items that the most lists gained or lost.
    """

    before: Side
    now: Side
    changes: dict[str, tuple[str | None, str | None]]
    common: int
    only_before: int
    only_now: int
    lists: ListsChanged
    differences: tuple[Difference, ...]
    unlike: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    won: tuple[Moved, ...] = ()
    lost: tuple[Moved, ...] = ()

    def of(self, metric: str, segment: str = "") -> Difference:
        """Return one difference.

        Raises:
            KeyError: there is none.
        """
        for one in self.differences:
            if (one.metric, one.segment) == (metric, segment):
                return one
        raise KeyError(f"{metric} [{segment}]" if segment else metric)

    def where(self, outcome: Direction) -> tuple[Difference, ...]:
        """Those that ended so: metrics that have a lift first, then the largest relative difference."""
        found = [one for one in self.differences if one.outcome == outcome]
        return tuple(sorted(found, key=lambda one: (one.lift_before is None, -abs(one.relative or 0.0))))
