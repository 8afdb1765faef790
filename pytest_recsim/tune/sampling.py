"""What to try next: a pure function of what has been told, so that a study that was cut off goes on as if it had not been."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Mapping, Sequence
from itertools import islice, product
from typing import Any

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.trial import Dimension, Goal, Measured, Trial
from pytest_recsim.tune.guided import first, propose, spread_out
from pytest_recsim.tune.values import canonical, finite, is_numeric, listed, text_of

SAMPLERS = ("gp", "tpe", "random", "nsga2")
POPULATION = 16
"""Of nsga2: its usual 50 would be a whole study of chance."""
DRAWS = 25
"""That are made before a sampler that repeats itself is helped out by chance, and by a look at what is left."""
UNKNOWN = 20.0
"""What counts for something that could not be measured: a miss of so many standard errors. Not measured is never passed."""
FEW = 20_000


def optuna_for(where: str) -> Any:
    """Return the module, quietened.

    Raises:
        InputError: it is not installed.
    """
    try:
        import optuna
    except ImportError:
        what = "needs Optuna, which is not installed: `pip install 'pytest-recsim[tune]'`"
        raise InputError(Problem(where, what)) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def shortfall(measured: Measured | None) -> float:
    """Return by how much a trial misses what must hold, in standard errors: 0 only where all was measured and holds.

    One number for all: Optuna takes a trial without constraints, or with one that is not a number, for a feasible one.
    """
    if measured is None or not measured.held:
        return UNKNOWN
    missed = sum(UNKNOWN if math.isinf(miss := one.expected_miss()) else miss for one in measured.held)
    return 0.0 if measured.feasible else max(missed, 1e-9)


class Proposer:
    """Proposes sets of values for a space.

    Args:
        space, goals: what is drawn, and for what.
        sampler: one of ``SAMPLERS``.
        seed: equal seeds propose the same, after the same trials.
        start: the starting profile's measurement, which the sampler knows from the outset.
        before: sets of values that are tried first; the sampler's own first trials come after them.
    """

    def __init__(
        self,
        space: Sequence[Dimension],
        goals: Sequence[Goal],
        *,
        sampler: str,
        seed: int,
        start: Measured,
        before: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self._optuna = optuna_for("recsim tune")
        self._space, self._goals = tuple(space), tuple(goals)
        self._sampler, self._seed, self._start = sampler, seed, start
        self._before = tuple(before)
        self._drawn = {one.knob: self._distribution(one) for one in self._space}

    def batch(self, told: Sequence[Trial], first: int, count: int) -> list[dict[str, str]]:
        """Return up to ``count`` sets of values that nobody has tried; fewer only where no more are left.

        Args:
            told: the trials before, by number.
            first: number of the first new one.
            count: how many.
        """
        tried = {canonical(self._space, trial.values) for trial in told} | {canonical(self._space, {})}
        made = list[dict[str, str]]()
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of what is experimental in Optuna, nobody can do anything about it
            for number in range(first, first + count):
                values = self._new(told, made, number, tried)
                if values is None:
                    break
                tried.add(canonical(self._space, values))
                made.append(values)
        return made

    def _new(
        self, told: Sequence[Trial], asked: Sequence[dict[str, str]], number: int, tried: set[tuple[str, ...]]
    ) -> dict[str, str] | None:
        for attempt in range(2 * DRAWS):
            sampler = self._sampler if attempt < DRAWS else "random"
            values = self._draw(sampler, told, asked, number, attempt)
            if canonical(self._space, values) not in tried:
                return values
        return self._left(tried)

    def _left(self, tried: set[tuple[str, ...]]) -> dict[str, str] | None:
        """The first untried set of a space that is small enough to be looked through."""
        all_values = [listed(one) or _of_range(one) for one in self._space]
        sets = (dict(zip(self._drawn, values, strict=True)) for values in product(*all_values))
        return next(
            (values for values in islice(sets, FEW) if canonical(self._space, values) not in tried), None
        )

    def _draw(
        self,
        sampler: str,
        told: Sequence[Trial],
        asked: Sequence[dict[str, str]],
        number: int,
        attempt: int,
    ) -> dict[str, str]:
        """Ask a sampler that is made for this number, which therefore remembers nothing that a killed process knew."""
        seed = int.from_bytes(hashlib.sha256(f"{self._seed} {number} {attempt}".encode()).digest()[:4])
        if number < len(self._before) and not attempt:
            return dict(self._before[number])
        number = max(number - len(self._before), 0)
        if sampler == "gp":
            if number < first(self._space):
                return spread_out(self._space, number, self._seed + attempt)
            known = [({}, self._start), *((one.values, one.measured) for one in told)]
            return propose(self._space, self._goals, known, number, seed)
        directions = ["maximize" if goal.better == "higher" else "minimize" for goal in self._goals]
        study = self._optuna.create_study(directions=directions, sampler=self._made(sampler, seed))
        study.add_trials([*self._known(told), *self._running(asked)])
        return self._values(study.ask(self._drawn).params)

    def _made(self, sampler: str, seed: int) -> Any:
        samplers = self._optuna.samplers
        if sampler == "random":
            return samplers.RandomSampler(seed=seed)
        if sampler == "nsga2":
            return samplers.NSGAIISampler(population_size=POPULATION, seed=seed)
        return samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)

    def _known(self, told: Sequence[Trial]) -> list[Any]:
        """The start and the trials as Optuna has them, the generations of a genetic sampler written in."""
        found = [({}, self._start), *((trial.values, trial.measured) for trial in told)]
        worst = self._worst([measured for _, measured in found if measured])
        return [
            self._optuna.trial.create_trial(
                values=self._figures(measured, worst),
                params=params,
                distributions=self._drawn,
                constraints={"shortfall": shortfall(measured)},
                system_attrs={"NSGAIISampler:generation": index // POPULATION},
            )
            for index, (values, measured) in enumerate(found)
            if (params := self._params(values)) is not None
        ]

    def _running(self, asked: Sequence[Mapping[str, str]]) -> list[Any]:
        """Those of the same batch, which the sampler is to keep away from."""
        made, state = self._optuna.trial.create_trial, self._optuna.trial.TrialState.RUNNING
        return [made(state=state, params=self._params(values), distributions=self._drawn) for values in asked]

    def _worst(self, measured: Sequence[Measured]) -> list[float]:
        figures = [
            [value for one in measured if (value := finite(one.goals.get(goal.metric))) is not None] or [0.0]
            for goal in self._goals
        ]
        return [
            min(values) if goal.better == "higher" else max(values)
            for goal, values in zip(self._goals, figures, strict=True)
        ]

    def _figures(self, measured: Measured | None, worst: Sequence[float]) -> list[float]:
        goals = measured.goals if measured else {}
        found = [finite(goals.get(goal.metric)) for goal in self._goals]
        return [low if value is None else value for value, low in zip(found, worst, strict=True)]

    def _distribution(self, dimension: Dimension) -> Any:
        made, values = self._optuna.distributions, listed(dimension)
        if values is not None:
            ordered = dimension.kind != "choice" or is_numeric(values)
            if ordered:
                return made.IntDistribution(0, len(values) - 1)
            return made.CategoricalDistribution(range(len(values)))
        low, high = dimension.low or 0.0, dimension.high or 0.0
        if dimension.kind == "int":
            return made.IntDistribution(int(low), int(high), log=dimension.log)
        return made.FloatDistribution(low, high, log=dimension.log)

    def _values(self, params: Mapping[str, Any]) -> dict[str, str]:
        found = dict[str, str]()
        for one in self._space:
            values = listed(one)
            found[one.knob] = values[params[one.knob]] if values else text_of(one, params[one.knob])
        return found

    def _params(self, values: Mapping[str, str]) -> dict[str, Any] | None:
        """Values as Optuna has them; None where one of them is not in the space, as a starting value that is none."""
        params = dict[str, Any]()
        for one in self._space:
            text, choices = values.get(one.knob, one.start), listed(one)
            if choices is not None and text in choices:
                params[one.knob] = choices.index(text)
            elif choices is None and text:
                params[one.knob] = int(float(text)) if one.kind == "int" else float(text)
        inside = len(params) == len(self._space) and all(
            self._drawn[knob]._contains(self._drawn[knob].to_internal_repr(value))  # noqa: SLF001 - no other way to ask
            for knob, value in params.items()
        )
        return params if inside else None


def _of_range(dimension: Dimension) -> tuple[str, ...]:
    """Some values of a range, for a look at what is left of a small space."""
    low, high = dimension.low or 0.0, dimension.high or 0.0
    count = int(high - low) + 1 if dimension.kind == "int" else 200
    steps = min(count, 200)
    numbers = (low + (high - low) * index / max(steps - 1, 1) for index in range(steps))
    return tuple(dict.fromkeys(text_of(dimension, number) for number in numbers))
