"""Metrics of the user's own, as the hook ``pytest_recsim_metrics`` announces them (docs/own-scenarios.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pytest_recsim.data.findings import quoted
from pytest_recsim.data.problems import InputError, Problem

NAME = re.compile("[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class UserMetric:
    """A number for every user; reported as the mean over users, for everybody and for each segment.

    Attributes:
        name: lower-case letters, digits and ``_``; thresholds are ``min_<name>`` and ``max_<name>``.
        definition: what the number is, with its cut-off and unit, for the report.
        measure: takes ``sim``, returns user id -> number; a user it leaves out, or gives NaN, is in no mean.
    """

    name: str
    definition: str
    measure: Callable[[Any], Mapping[str, float]]


@dataclass(frozen=True)
class RunMetric:
    """One number for the whole run.

    Attributes:
        name, definition: as of :class:`UserMetric`.
        measure: takes ``sim``, returns the number and how many users, lists or slots stand behind it; 0 of them
            is *not measured*.
    """

    name: str
    definition: str
    measure: Callable[[Any], tuple[float, int]]


OwnMetric: TypeAlias = UserMetric | RunMetric
Announced: TypeAlias = dict[str, tuple[str, OwnMetric]]
"""Name -> (the file that announced it, metric)."""


def checked(announced: Iterable[tuple[str, object]]) -> Announced:
    """Return what hooks returned, by name.

    Args:
        announced: the file that defines a hook, and what the hook returned.

    Raises:
        InputError: something that is no metric, or a name that cannot be used or stands twice.
    """
    found: Announced = {}
    problems: list[Problem] = []
    for where, metric in _flat(announced, problems):
        problem = _problem(metric, found)
        if problem:
            problems.append(Problem(where, f"pytest_recsim_metrics: {problem}"))
        elif isinstance(metric, OwnMetric):
            found[metric.name] = (where, metric)
    if problems:
        raise InputError(problems)
    return found


def _flat(announced: Iterable[tuple[str, object]], problems: list[Problem]) -> Iterator[tuple[str, object]]:
    for where, several in announced:
        if isinstance(several, list | tuple):
            yield from ((where, metric) for metric in several)
        else:
            what = (
                f"pytest_recsim_metrics returned {_kind(several)}; allowed a list of UserMetric and RunMetric"
            )
            problems.append(Problem(where, what))


def _problem(metric: object, found: Announced) -> str:
    """What is wrong with one announced metric, empty when nothing is."""
    if not isinstance(metric, OwnMetric):
        return f"{_kind(metric)} in the list; allowed UserMetric and RunMetric"
    if not isinstance(metric.name, str) or not NAME.fullmatch(metric.name):
        return f"the name `{quoted(metric.name)}`; allowed lower-case letters, digits, `_`, a letter first"
    if metric.name in found:
        return f"`{metric.name}` is announced twice, also in {found[metric.name][0]}; allowed once"
    if not isinstance(metric.definition, str) or not metric.definition.strip():
        return f"`{metric.name}` without a definition; allowed a sentence that says what the number is"
    return (
        ""
        if callable(metric.measure)
        else f"`{metric.name}`: `measure` is {_kind(metric.measure)}; allowed a function"
    )


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
