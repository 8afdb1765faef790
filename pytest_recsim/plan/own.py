"""Metrics of the user's own, as the hook ``pytest_recsim_metrics`` announces them (docs/own-scenarios.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.facts import wrong_facts
from pytest_recsim.plan.model import OwnFacts

NAME = re.compile("[a-z][a-z0-9_]*")
METRICS = "a list of Metric, UserMetric and RunMetric"


Measured: TypeAlias = Mapping[str, float] | tuple[float, int]


@dataclass(frozen=True)
class Metric(MetricFacts):
    """A number of your own: one for every user, or one for the whole run; the facts are those of every metric.

    Attributes:
        measure: takes ``sim``, returns what the two classes below say.
        per_user: one for every user; reported as the mean over users, for everybody and for each segment.
    """

    measure: Callable[[Any], Measured]
    per_user: bool = True


@dataclass(frozen=True)
class UserMetric(Metric):
    """A number for every user.

    Attributes:
        measure: takes ``sim``, returns user id -> number; a user it leaves out, or gives NaN, is in no mean.
    """

    measure: Callable[[Any], Mapping[str, float]]
    per_user: bool = field(default=True, init=False)


@dataclass(frozen=True)
class RunMetric(Metric):
    """One number for the whole run.

    Attributes:
        measure: takes ``sim``, returns the number and how many users, lists or slots stand behind it; 0 of them
            is *not measured*.
    """

    measure: Callable[[Any], tuple[float, int]]
    per_user: bool = field(default=False, init=False)


Announced: TypeAlias = dict[str, tuple[str, Metric]]
"""Name -> (the file that announced it, metric)."""


def checked(announced: Iterable[tuple[str, object]]) -> Announced:
    """Return what hooks returned, by name.

    Args:
        announced: the file that defines a hook, and what the hook returned.

    Raises:
        InputError: something that is no metric, or a name that cannot be used or is defined twice.
    """
    found: Announced = {}
    problems: list[Problem] = []
    for where, metric in _flat(announced, problems):
        problem = _problem(metric, found)
        if problem:
            problems.append(Problem(where, f"pytest_recsim_metrics: {problem}"))
        elif isinstance(metric, Metric):
            found[metric.name] = (where, metric)
    if problems:
        raise InputError(problems)
    return found


def _flat(announced: Iterable[tuple[str, object]], problems: list[Problem]) -> Iterator[tuple[str, object]]:
    for where, several in announced:
        if isinstance(several, list | tuple):
            yield from ((where, metric) for metric in several)
        else:
            what = f"pytest_recsim_metrics returned {kind(several)}; must be {METRICS}"
            problems.append(Problem(where, what))


def _problem(metric: object, found: Announced) -> str:
    """What is wrong with one announced metric, empty when nothing is."""
    if not isinstance(metric, Metric):
        return f"{kind(metric)} in the list; must be Metric, UserMetric or RunMetric"
    if not isinstance(metric.name, str) or not NAME.fullmatch(metric.name):
        return f"the name `{quoted(metric.name)}`; must be lower-case letters, digits, `_`, a letter first"
    if metric.name in found:
        return f"`{metric.name}` is announced twice, also in {found[metric.name][0]}; must be announced once"
    if not isinstance(metric.definition, str) or not metric.definition.strip():
        return f"`{metric.name}` without a definition; must have a sentence that says what the number is"
    return next((f"`{metric.name}`: {wrong}" for wrong in (*_wrong_use(metric), *wrong_facts(metric))), "")


def _wrong_use(metric: Metric) -> Iterator[str]:
    if not isinstance(metric.per_user, bool):
        yield f"`per_user` is {kind(metric.per_user)}; must be True or False"
    if not callable(metric.measure):
        yield f"`measure` is {kind(metric.measure)}; must be a function"


def facts(metrics: Announced) -> Iterator[OwnFacts]:
    """Yield what a plan has to know of the metrics."""
    for where, metric in metrics.values():
        yield OwnFacts(metric.name, metric.definition, metric.per_user, where)


def kind(value: object) -> str:
    """Return what something is, in words: ``nothing``, ``a float``, ``an int``."""
    name = type(value).__name__
    return "nothing" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
