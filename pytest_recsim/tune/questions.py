"""Whom trials ask, in which order, and when two questions are one."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pytest_recsim.plan.model import Plan
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.truth.knobs_in_effect import INSTEAD_OF
from pytest_recsim.simulation.truth.moves import MOVES
from pytest_recsim.simulation.truth.slates import Lists

SHARES = (0.25, 0.5)
"""Of the users, before all of them."""
LEAST_OF_A_SEGMENT, LEAST = 20, 100
"""Fewer users of a segment, or of everybody, tell nothing; segments that are smaller altogether do not count."""
CLASSIFYING = ("PROFILE_MIN_EVENTS_FOR_BOOST", "PROFILE_WINDOW_DAYS")
"""Knobs that decide who is an established user."""
Key = tuple[str, tuple[tuple[str, str], ...]]


def in_proportion(segments: Mapping[str, Sequence[str]], dice: Random) -> list[str]:
    """Return users in an order of which every beginning holds each segment in its share, chosen by chance."""
    placed: list[tuple[float, str, str]] = []
    for name in sorted(segments):
        shuffled = sorted(segments[name])
        dice.shuffle(shuffled)
        placed += [((rank + 0.5) / len(shuffled), name, user) for rank, user in enumerate(shuffled)]
    return [user for _, _, user in sorted(placed)]


def rungs(sizes: Iterable[int], besides: int = 0) -> tuple[int, ...]:
    """Return after how many users a trial is looked at, all of them last.

    Args:
        sizes: of the segments.
        besides: lists that are asked for besides, and count as the share's.
    """
    sizes = list(sizes)
    total = sum(sizes)
    smallest = min((size for size in sizes if size >= LEAST_OF_A_SEGMENT), default=total)
    least = max(LEAST, LEAST_OF_A_SEGMENT * total / max(smallest, 1))
    shares = [math.floor(share * total) for share in SHARES if share * total >= least]
    found = dict.fromkeys(max(end - besides, math.ceil(least)) for end in shares)
    return (*found, total)


@dataclass(frozen=True)
class Heard:
    """What is kept of an answer.

    Attributes:
        items: positions of the listed items, ``int32[20]``.
        exchange: what else it shows of the knobs in effect; None where that goes without saying.
    """

    items: Lists
    exchange: Exchange | None = None


class Questions:
    """The questions of all trials, with the answers that are known.

    Two questions for a user are one where the knobs that can move this user's list (``MOVES``) are the same.

    Args:
        tuned: the knobs that differ between trials.
        start: the starting plan on the tuning slice.
        established: user id -> whether the start's answer was made for an established user.
    """

    def __init__(self, tuned: Iterable[str], start: Plan, established: Mapping[str, bool]) -> None:
        self._tuned, self._start, self._established = tuple(tuned), start, established
        self._known: dict[Key, Heard] = {}
        self._lock = threading.Lock()

    def keys(self, plan: Plan, users: Iterable[str], about: str = "") -> list[Key]:
        """Return what tells the questions of a plan apart, one for each user.

        ``about`` is a knob that the questions themselves set to a value of their own, so that the plan's does not count.
        """
        groups = {kind: self._moving(plan, kind) for kind in (True, False)}
        same_classes = all(_value(plan, name) == _value(self._start, name) for name in CLASSIFYING)
        everything = self._named(plan, self._tuned)
        found = [(user, groups[self._established[user]] if same_classes else everything) for user in users]
        return [(user, _without(named, about)) for user, named in found] if about else found

    def known(self, key: Key) -> Heard | None:
        with self._lock:
            return self._known.get(key)

    def remember(self, key: Key, heard: Heard) -> None:
        with self._lock:
            self._known[key] = heard

    def _moving(self, plan: Plan, established: bool) -> tuple[tuple[str, str], ...]:
        """The tuned knobs that can move the lists of one class of users, with their values."""
        if established:
            return self._named(plan, [name for name in self._tuned if MOVES.get(name) != "sparse"])
        instead = (
            {general for own, general in INSTEAD_OF.items() if own in plan.knobs} if self._ours(plan) else ()
        )
        return self._named(plan, [name for name in self._tuned if name not in instead])

    @staticmethod
    def _ours(plan: Plan) -> bool:
        """Whether every knob of the plan is in effect, so that one of sparse users' own takes the place of another."""
        return plan.mode.stand_in_only

    @staticmethod
    def _named(plan: Plan, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((name, _value(plan, name)) for name in names)


def _without(named: tuple[tuple[str, str], ...], about: str) -> tuple[tuple[str, str], ...]:
    return *((name, value) for name, value in named if name != about), (about, "asked for")


def _value(plan: Plan, name: str) -> str:
    """A knob's value however it is written."""
    setting = plan.knobs.get(name)
    value: Any = None if setting is None else setting.value
    return repr(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)
