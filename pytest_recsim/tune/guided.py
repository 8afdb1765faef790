"""Trials by expectation: of many sets of values the one is tried that is expected to miss least of what must hold.

Every guardrail has an expectation of its own. One number for all of them, which other samplers are given, does not tell that a knob
mends one and breaks another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pytest_recsim.record.trial import (
    ALIKE,
    Dimension,
    Goal,
    Held,
    Measured,
    counted,
    expected_excess,
    missed_by,
)
from pytest_recsim.tune.surrogate import Floats, Surrogate
from pytest_recsim.tune.values import finite, is_numeric, listed, text_of

FIRST = 12
"""Trials that are spread over the space, from which there is something to expect."""
SCREENED = "++--++++-+-+----++-"
"""Of more than eleven knobs, dozens of trials say little of each, unless the first ones have them at their ends: high or low so that no
two knobs go together in more than half of them (Plackett and Burman 1946, 20 runs; each line is moved by one, the last is all low)."""
MOST_KNOWN = 400
"""Trials that expectations are learned from, the nearest to holding of them: more of them take longer than a trial does."""
AWAY = np.linspace(-8.0, 40.0, 4801)
COUNTED = np.array([counted(expected_excess(one)) for one in AWAY])
"""What is counted of a miss by so much, to be looked up: a proposal asks for a hundred thousand of them."""
NODES, SHARES = np.polynomial.hermite_e.hermegauss(7)
SHARES = SHARES / SHARES.sum()
"""Of a normal distribution, for mean and variance of what is counted."""
ANYWHERE, NEAR, MIXED = 600, 1200, 400
ROUNDS, KEPT, BRED = 5, 30, 150
"""Expectations are cheap: the best candidates are mixed and moved, and so again, before one of them is tried."""
PARENTS = 6
VARIED, VARIANTS = 12, 8
"""After a screening, so many trials vary what is expected to be best; each is the best of so many variants. A screening tells what a knob does
where half of the others are at their wrong ends; these tell what it does where most are right."""
OFTEN, RARELY = 0.5, 0.1
"""How likely a variant moves a knob that matters little, and one that matters much."""
STEPS = (0.03, 0.1, 0.3)
MISSED, EASY = 10.0, -4.0
"""In spreads: what counts for something that could not be measured, and from where it does not matter by how much more it holds."""
END = 0.25
"""Of a range: what counts as its lower or upper end."""


class Cube:
    """A space as the unit cube."""

    def __init__(self, space: Sequence[Dimension]) -> None:
        self._space = tuple(space)
        self._values = [listed(one) for one in self._space]
        self.stepped = np.array([values is not None for values in self._values])
        self.named = np.array(
            [values is not None and not is_numeric(values) for values in self._values], dtype=bool
        )

    def place(self, values: Mapping[str, str]) -> Floats:
        """Return where a set of values lies, ``float64[D]``; what is outside its range lies at its nearer end."""
        found = []
        for one, choices in zip(self._space, self._values, strict=True):
            text = values.get(one.knob, one.start)
            if choices is not None:
                found.append(choices.index(text) / max(len(choices) - 1, 1) if text in choices else 0.0)
            else:
                low, high = _ends(one)
                number = _scaled(one, float(text)) if text else low
                found.append(min(max((number - low) / (high - low), 0.0), 1.0))
        return np.array(found)

    def values(self, place: Floats) -> dict[str, str]:
        """Return the set of values that is nearest to a place."""
        found = dict[str, str]()
        for one, choices, share in zip(self._space, self._values, place.tolist(), strict=True):
            if choices is not None:
                found[one.knob] = choices[round(share * (len(choices) - 1))]
            else:
                low, high = _ends(one)
                number = low + share * (high - low)
                found[one.knob] = text_of(one, math.exp(number) if one.log else number)
        return found

    def snapped(self, places: Floats) -> Floats:
        """Return places with choices at their own steps."""
        made = np.clip(places, 0.0, 1.0)
        for column, choices in enumerate(self._values):
            if choices is not None:
                steps = max(len(choices) - 1, 1)
                made[:, column] = np.round(made[:, column] * steps) / steps
        return made

    def anywhere(self, count: int, random: np.random.Generator) -> Floats:
        return self.snapped(self.even(random.random((count, len(self._space)))))

    def even(self, places: Floats) -> Floats:
        """Give each choice the same chance."""
        for column, choices in enumerate(self._values):
            if choices is not None:
                index = np.minimum((places[:, column] * len(choices)).astype(int), len(choices) - 1)
                places[:, column] = index / max(len(choices) - 1, 1)
        return places

    def varied(self, place: Floats, matters: Floats, count: int, random: np.random.Generator) -> Floats:
        """Return variants of a place: each knob is moved in half of them, in fewer where it matters more than half of what knobs do on average."""
        likely = np.clip(OFTEN * (1.5 - matters / matters.mean()), RARELY, OFTEN)
        moved = random.random((count, len(place))) < likely
        return self.snapped(np.where(moved, self.anywhere(count, random), place))

    def near(self, parents: Floats, random: np.random.Generator) -> Floats:
        """Return each parent with one to four knobs moved."""
        count, knobs = parents.shape
        order = random.random((count, knobs)).argsort(axis=1)
        moved = order < random.integers(1, min(4, knobs) + 1, size=(count, 1))
        step = random.choice(STEPS, size=(count, 1))
        made = np.where(moved, parents + step * random.standard_normal((count, knobs)), parents)
        return self.snapped(np.where(moved & self.stepped, self.anywhere(count, random), made))


def _scaled(one: Dimension, number: float) -> float:
    return math.log(max(number, 1e-12)) if one.log else number


def _ends(one: Dimension) -> tuple[float, float]:
    return _scaled(one, one.low or 0.0), _scaled(one, one.high or 0.0)


def screened(space: Sequence[Dimension]) -> int:
    """How many of the first trials have every knob at its ends; 0 for few knobs."""
    return 0 if len(space) < FIRST else len(SCREENED) + 1


def first(space: Sequence[Dimension]) -> int:
    """How many trials come before the first that is expected to be good."""
    return screened(space) or FIRST


def exploring(space: Sequence[Dimension]) -> int:
    """How many of the first trials only explore, so that few users are enough."""
    count = screened(space)
    return count + VARIED if count else 0


def spread_out(space: Sequence[Dimension], number: int, seed: int) -> dict[str, str]:
    """Return one of the first sets of values.

    Of few knobs, each range is cut in as many pieces as there are first sets, and each piece is in one of them. Of many, see ``SCREENED``.
    """
    cube, random, count = Cube(space), np.random.default_rng([seed, FIRST]), first(space)
    if screened(space):
        return cube.values(_screening(cube, len(space), random)[number % count])
    pieces = np.array([random.permutation(count) for _ in space]).T
    places = cube.even((pieces + random.random(pieces.shape)) / count)
    return cube.values(places[number % count])


def _screening(cube: Cube, knobs: int, random: np.random.Generator) -> Floats:
    """Each knob in its lower part in half of the trials and in its upper part in the others, ``float64[20, D]``."""
    line = np.array([sign == "+" for sign in SCREENED])
    columns = [np.append(np.roll(line, by), False) for by in random.permutation(len(line))]
    columns += [random.permutation(columns[0]) for _ in range(knobs - len(columns))]
    high = np.stack(columns[:knobs], axis=1) ^ (random.random(knobs) < 0.5)
    inside = random.random(high.shape) * np.where(cube.stepped, 0.5, END)
    return cube.even(np.abs(high - inside))


def propose(
    space: Sequence[Dimension],
    goals: Sequence[Goal],
    known: Sequence[tuple[Mapping[str, str], Measured | None]],
    number: int,
    seed: int,
) -> dict[str, str]:
    """Return the set of values that is expected to miss least; of those that miss as little, the one with most of a goal.

    Args:
        space: what is drawn.
        goals: they take turns.
        known: what was tried, the start first, and what was measured of it.
        number: of the new trial.
        seed: equal seeds propose the same.
    """
    cube, random = Cube(space), np.random.default_rng(seed)
    goal = goals[number % len(goals)]
    known = [*known[:1], *sorted(known[1:], key=lambda one: missed_by(one[1]))[: MOST_KNOWN - 1]]
    places = np.array([cube.place(values) for values, _ in known])
    found = [measured for _, measured in known]
    figures = np.column_stack([_margins(found), _goals(found, goal)])
    share = np.array([max(one.users, 1) / max(one.of, 1) if one else 1.0 for one in found])
    surrogate = Surrogate(places, figures, np.minimum(share, 1.0), cube.named)
    missed = np.array([missed_by(one) for one in found])
    least = float(missed.min())
    varies = number < exploring(space)
    daring = number % 2 == 1 and not varies

    def best_of(pool: Floats, count: int) -> Floats:
        mean, spread = surrogate.expect(pool)
        if daring and ALIKE <= least < math.inf:
            return pool[most_hopeful(mean[:, :-1], spread[:, :-1], least)[:count]]
        total = excess(mean[:, :-1]).sum(axis=1)
        gained = mean[:, -1] + daring * spread[:, -1]
        return pool[np.lexsort((-gained, np.floor(total / ALIKE)))[:count]]

    pool = _pool(cube, places, missed, random)
    for _ in range(ROUNDS):
        kept = best_of(pool, KEPT)
        pool = np.concatenate([kept, _bred(cube, kept, BRED, random)])
    best = best_of(pool, 1)
    if varies:
        best = best_of(cube.varied(best[0], surrogate.matters, VARIANTS, random), 1)
    return cube.values(best[0])


def excess(away: Floats) -> Floats:
    """``expected_excess`` of many, each as ``counted``."""
    return np.asarray(np.interp(away, AWAY, COUNTED), dtype=np.float64)


def most_hopeful(mean: Floats, spread: Floats, least: float) -> npt.NDArray[np.intp]:
    """Order candidates by expected improvement (Jones et al. 1998) of all that is missed together, which is taken for normal.

    Args:
        mean: expectation for each candidate and each thing that must hold, in spreads, ``float64[m, G]``.
        spread: its standard deviation, ``float64[m, G]``.
        least: what the best so far misses.
    """
    each = excess(mean[:, :, None] + spread[:, :, None] * NODES)
    first, second = each @ SHARES, each**2 @ SHARES
    total = first.sum(axis=1)
    unsure = np.sqrt(np.maximum((second - first**2).sum(axis=1), 1e-12))
    gained = unsure * np.array([expected_excess(one) for one in ((least - total) / unsure).tolist()])
    return np.lexsort((total, -gained))


def _margins(measured: Sequence[Measured | None]) -> Floats:
    """By how many spreads each trial misses each thing that must hold, ``float64[n, G]``."""
    rows = [
        {(one.check, one.case, one.label): one for one in found.held} if found else {} for found in measured
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    found = [[_away(row.get(name)) for name in names] for row in rows]
    return np.array(found, dtype=np.float64).reshape(len(rows), len(names))


def _away(one: Held | None) -> float:
    margin = finite(one.expected) if one else None
    return MISSED if one is None or margin is None else min(max(margin / one.scale, EASY), MISSED)


def _goals(measured: Sequence[Measured | None], goal: Goal) -> Floats:
    """A goal, turned so that more is better; what is unknown is the worst that is known."""
    sign = 1.0 if goal.better == "higher" else -1.0
    found = [finite(one.goals.get(goal.metric)) if one else None for one in measured]
    least = min((sign * value for value in found if value is not None), default=0.0)
    return np.array([least if value is None else sign * value for value in found])


def _pool(cube: Cube, places: Floats, missed: Floats, random: np.random.Generator) -> Floats:
    """Candidates: anywhere, near the best so far, and mixed of two of them."""
    best = places[np.argsort(missed, kind="stable")[:PARENTS]]
    return np.concatenate(
        [
            cube.anywhere(ANYWHERE, random),
            cube.near(best[random.integers(len(best), size=NEAR)], random),
            _bred(cube, best, MIXED, random),
        ]
    )


def _bred(cube: Cube, best: Floats, count: int, random: np.random.Generator) -> Floats:
    """Mixtures of two of the best each, and the same with some knobs moved."""
    one, other = (best[random.integers(len(best), size=count)] for _ in "ab")
    mixed = np.where(random.random(one.shape) < 0.5, one, other)
    return np.concatenate([mixed, cube.near(mixed, random)])
