"""When enough users have been asked: what was drawn so far, held against every threshold that asking hangs on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.judge.anytime import Draws, Growth, last_out, ratio_interval, ratio_wealth
from pytest_recsim.judge.catalogue import coverage_measurable
from pytest_recsim.judge.held import LEVEL, Found, Held, Population, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

Interval = tuple[float | None, float | None]


@dataclass
class Stopping:
    """Takes in answers round by round and tells what is still open. Decided is decided: intervals hold at every moment.

    Attributes:
        population: everybody.
        checks: what asking hangs on.
        rounds: ``int64[N]``, in which round a user was asked, -1 for nobody.
        whole: rounds in which every segment had its share; the checks of the whole run rest on these.
    """

    population: Population
    checks: Sequence[Held]
    rounds: Ints = field(init=False)
    whole: int = 0
    found: dict[int, Found] = field(default_factory=dict)
    _count: int = 0
    _sizes: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        people = self.population
        n, n_items = len(people.strata), len(people.available)
        self.rounds = np.full(n, -1, dtype=np.int64)
        self._mine = np.full(people.popular.shape, np.nan)
        self._slots, self._rare, self._fresh = (np.zeros(n, dtype=np.int64) for _ in range(3))
        self._shown = np.zeros(n_items, dtype=bool)

    @property
    def tail(self) -> float:
        """What either end of an interval may be wrong by: a share of 1 - LEVEL for every end of every check."""
        return (1 - LEVEL) / (2 * max(1, sum(one.measurable for one in self.checks)))

    @property
    def asked(self) -> int:
        return int((self.rounds >= 0).sum())

    def take(self, rows: Ints, mine: Floats, lists: NDArray[np.int32], *, whole: bool) -> None:
        """Take in one round of answers.

        Args:
            rows: of the population, ``int64[n]``.
            mine: ``float64[n, M]``, the lifted metrics of these users' lists.
            lists: ``int32[n, k]``, their items.
            whole: whether every segment had its share in this round. Once one had not, none has.
        """
        people = self.population
        known = lists[:, : people.k] >= 0
        item = np.maximum(lists[:, : people.k], 0)
        slots = (lists[:, : people.k] != -1).sum(axis=1)
        self.rounds[rows] = self._count
        self._mine[rows] = mine
        self._slots[rows] = slots
        self._rare[rows] = slots - (known & people.head[item]).sum(axis=1)
        if whole:
            new = known & people.available[item] & ~self._shown[item]
            self._fresh[rows] = new.sum(axis=1)
            self._shown[item[new]] = True
            self._sizes.append(int(self._shown.sum()))
            self.whole += 1
        self._count += 1

    def look(self) -> list[int]:
        """Decide what can be decided; return the places of the checks for which asking has to go on."""
        for place, one in enumerate(self.checks):
            if place not in self.found and (state := self._state(one)) != "open":
                self.found[place] = Found(state, *self._behind(one), self.asked)
        if any(one.kind == "full" and self._is(place, "failed") for place, one in enumerate(self.checks)):
            for place, one in enumerate(self.checks):
                if one.kind in ("coverage", "tail"):
                    self.found[place] = Found("not_measured", *self._behind(one), self.asked)
        return self._open()

    def outcome(self, place: int) -> Found:
        """What became of a check so far."""
        return self.found.get(place) or Found("open", *self._behind(self.checks[place]), self.asked)

    def interval(self, place: int) -> Interval:
        """The interval of a check's value now; None where it has no bound."""
        one, people = self.checks[place], self.population
        if not one.measurable:
            return None, None
        if one.kind == "lift":
            return self.lift_interval(one)
        if one.kind == "coverage":
            n_available = int(people.available.sum())
            most = self._growth().most_in_all(self.tail, n_available)
            return self._sizes[-1] / n_available, most / n_available
        if one.kind == "full":
            return self._draws(self._full()).interval(self.tail)
        return self._tail_interval()

    def lift_interval(self, one: Held) -> Interval:
        """The interval of a lift, whether it is held against a threshold or not."""
        if one.rule == "point":
            low, high = self._lift(one).interval(self.tail)
            base = self._base(one)
            return low / base - 1, high / base - 1
        least, most = ratio_interval(*self.pairs(one), self.tail)
        return least - 1, None if most is None else most - 1

    def overall_interval(self, column: int) -> tuple[float, float]:
        """The interval of a metric's mean over everybody with a relevant item, from the rounds of the whole run."""
        measured = ~np.isnan(self.population.popular[:, column])
        return self._draws(self._mine[:, column], measured).interval(self.tail)

    def all_asked(self, one: Held) -> bool:
        """Whether everybody whom a lift is about has been asked."""
        return not (self._members(one) & (self.rounds < 0)).any()

    def members(self, one: Held) -> int:
        """How many users a lift is about."""
        return int(self._members(one).sum())

    def _open(self) -> list[int]:
        return [place for place, one in enumerate(self.checks) if one.blocks and place not in self.found]

    def _is(self, place: int, state: State) -> bool:
        return place in self.found and self.found[place].state == state

    def _state(self, one: Held) -> State:
        if not one.measurable:
            return "not_measured"
        needed = -math.log(self.tail)
        above, below = self._wealth(one)
        if max(above, below) >= needed:
            return "passed" if above >= needed else "failed"
        return "whole" if one.kind == "lift" and one.rule != "harmful" and self.all_asked(one) else "open"

    def _wealth(self, one: Held) -> tuple[float, float]:
        """Log of the stakes against being below the threshold, and against reaching it."""
        if one.kind == "lift" and one.rule == "point":
            drawn, mean = self._lift(one), (1 + one.threshold) * self._base(one)
            return drawn.above(mean), drawn.below(mean)
        if one.kind == "lift":
            ratio = max(1 + one.threshold, 1e-12)
            above, below = (ratio_wealth(*self.pairs(one), ratio, above=way) for way in (True, False))
            return above, below
        if one.kind == "coverage":
            return self._coverage(one)
        if one.kind == "full":
            drawn = self._draws(self._full())
            return drawn.above(one.threshold), drawn.below(one.threshold)
        drawn = self._draws(self._rarity(one.threshold))
        return drawn.above(one.threshold), drawn.below(one.threshold)

    def _coverage(self, one: Held) -> tuple[float, float]:
        people, lists = self.population, int((self._in_whole()).sum())
        n_available = int(people.available.sum())
        goal = one.threshold * n_available
        enough = coverage_measurable(lists, people.k, one.threshold, n_available)
        reached = enough and self._sizes[-1] >= goal - 1e-9
        return (math.inf if reached else 0.0), self._growth().short_of(math.ceil(goal - 1e-9))

    def _in_whole(self) -> Bools:
        return np.asarray((self.rounds >= 0) & (self.rounds < self.whole))

    def _full(self) -> Floats:
        return (self._slots >= np.minimum(self.population.k, self.population.room)).astype(np.float64)

    def _rarity(self, share: float) -> Floats:
        """Per user, a number whose mean is at least ``share`` exactly when that share of all slots is outside the head."""
        k = self.population.k
        return np.asarray(self._rare / k + share * (1 - self._slots / k), dtype=np.float64)

    def _tail_interval(self) -> Interval:
        needed = -math.log(self.tail)

        def drawn(share: float) -> Draws:
            return self._draws(self._rarity(share))

        low = last_out(lambda share: drawn(share).above(share) >= needed, 0.0, 1.0)
        return low, last_out(lambda share: drawn(share).below(share) >= needed, 1.0, 0.0)

    def _growth(self) -> Growth:
        people = np.ones(len(self.population.strata), dtype=bool)
        order, ends, weights, uncovered = self._sample(people, self.whole)
        return Growth(
            fresh=self._fresh[order] / self.population.k,
            weights=weights,
            ends=ends,
            population=len(people),
            before=tuple(self._sizes[:-1]),
            size=self._sizes[-1],
            most=self.population.k,
            uncovered=uncovered,
        )

    def _base(self, one: Held) -> float:
        return float(self.population.popular[self._members(one), one.column].mean())

    def _members(self, one: Held) -> Bools:
        people = self.population
        return np.asarray((people.strata == one.stratum) & ~np.isnan(people.popular[:, one.column]))

    def _behind(self, one: Held) -> tuple[int, int]:
        if one.kind == "lift":
            members = self._members(one)
            return int((members & (self.rounds >= 0)).sum()), int(members.sum())
        return int(self._in_whole().sum()), len(self.rounds)

    def _lift(self, one: Held) -> Draws:
        order, ends, weights, _ = self._sample(self._members(one), self._count)
        return Draws(self._mine[order, one.column], weights, ends, int(self._members(one).sum()))

    def pairs(self, one: Held) -> tuple[Floats, Floats, tuple[int, ...]]:
        """A lift's two numbers per user that was asked, in the order of asking, and where rounds end."""
        order, ends, _, _ = self._sample(self._members(one), self._count)
        return self._mine[order, one.column], self.population.popular[order, one.column], ends

    def _draws(self, values: Floats, members: Bools | None = None) -> Draws:
        """A sample of everybody, or of some, from the rounds in which every segment had its share."""
        people = np.ones(len(self.rounds), dtype=bool) if members is None else members
        order, ends, weights, uncovered = self._sample(people, self.whole)
        return Draws(values[order], weights, ends, int(people.sum()), uncovered)

    def _sample(self, members: Bools, until: int) -> tuple[Ints, tuple[int, ...], Floats, tuple[float, ...]]:
        """Rows in the order of asking, where rounds end, every row's weight, and what each round does not cover."""
        strata, width = self.population.strata, int(self.population.strata.max(initial=-1)) + 1
        rows = np.flatnonzero(members & (self.rounds >= 0) & (self.rounds < until))
        order = rows[np.argsort(self.rounds[rows], kind="stable")]
        left = np.bincount(strata[members], minlength=width)
        ends, weights, uncovered = list[int](), np.ones(len(order)), list[float]()
        for start, end in _spans(self.rounds[order], until):
            drawn = np.bincount(strata[order[start:end]], minlength=width)
            total = max(int(left.sum()), 1)
            share = np.divide(left * max(end - start, 1), total * drawn, out=np.zeros(width), where=drawn > 0)
            weights[start:end] = share[strata[order[start:end]]]
            uncovered.append(float(left[drawn == 0].sum()) / total if end > start else 1.0)
            ends.append(end)
            left = left - drawn
        return order, tuple(ends), weights, tuple(uncovered)


def _spans(rounds: Ints, until: int) -> Iterator[tuple[int, int]]:
    """Where each round begins and ends among rows that are in the order of rounds."""
    edges = np.searchsorted(rounds, np.arange(until + 1)).tolist()
    yield from itertools.pairwise(edges)
