"""Which trials no other one beats, and what there is to hold the first goal against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_recsim.record.trial import Goal, Measured, Trial
from pytest_recsim.record.tune import Study

AGAINST = ("catalog_coverage", "long_tail_share")
"""Guardrails that show the price of relevance where a study has one goal only."""


@dataclass(frozen=True)
class Axis:
    """A number of a trial: how people call it, and how it is read off."""

    label: str
    of: Callable[[Measured], float | None]


def front(study: Study) -> list[Trial]:
    """Return the recommendable trials that no other one beats in every goal, best in the first goal first."""
    found = [
        (trial, values)
        for trial in study.trials
        if trial.recommendable and (values := _values(study.goals, trial)) is not None
    ]
    found.sort(key=lambda one: ([-value for value in one[1]], one[0].number))
    kept: list[tuple[Trial, tuple[float, ...]]] = []
    for trial, values in found:  # whoever beats it comes before it, and so does the best of those
        if not any(_beats(other, values) for _, other in kept):
            kept.append((trial, values))
    return [trial for trial, _ in kept]


def _values(goals: Sequence[Goal], trial: Trial) -> tuple[float, ...] | None:
    """Its goals, each turned so that more is better; None where one is missing, or there is none."""
    found = [trial.measured.goals.get(goal.metric) if trial.measured else None for goal in goals]
    if not found or any(value is None for value in found):
        return None
    signs = (1 if goal.better == "higher" else -1 for goal in goals)
    return tuple(sign * value for sign, value in zip(signs, found, strict=True) if value is not None)


def _beats(other: Sequence[float], values: Sequence[float]) -> bool:
    return all(a >= b for a, b in zip(other, values, strict=True)) and tuple(other) != tuple(values)


def axes_against(study: Study) -> list[Axis]:
    """Return what the first goal is drawn against: the other goals, else guardrails that show its price."""
    others = [Axis(goal.label, _goal(goal.metric)) for goal in study.goals[1:]]
    if others:
        return others[:2]
    held = {one.check: one.label for one in study.start.held if not one.case} if study.start else {}
    return [Axis(held[check], _held(check)) for check in AGAINST if check in held]


def _goal(metric: str) -> Callable[[Measured], float | None]:
    return lambda measured: measured.goals.get(metric)


def _held(check: str) -> Callable[[Measured], float | None]:
    return lambda measured: next(
        (one.value for one in measured.held if one.check == check and not one.case), None
    )
