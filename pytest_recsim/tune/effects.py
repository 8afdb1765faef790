"""What each knob did: its importance among the trials, and what moving it alone from the start changes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_recsim.compare.compare import SAME
from pytest_recsim.record.few import first_few
from pytest_recsim.record.trial import Dimension, Goal, Held, Measured, Trial
from pytest_recsim.record.tune import Effect, Expected
from pytest_recsim.tune.bench import Bench
from pytest_recsim.tune.decide import ALWAYS, per_user
from pytest_recsim.tune.values import finite

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

LEAST_TRIALS = 20
"""Fewer trials say more about the sampler's first steps than about the knobs."""
NAMED = 3
HARM = "no_harm"
SLIGHT = 0.05
"""A knob with a smaller share of the goal is not called one that matters, unless a probe shows that it does."""


@dataclass(frozen=True)
class Probe:
    """One knob moved alone, all others as in the starting profile."""

    knob: str
    value: str
    measured: Measured


def probes_of(bench: Bench, start: Mapping[str, str], expected: Sequence[Expected] = ()) -> Iterator[Probe]:
    """Move each knob alone to both ends of what was tried (to each other value of a choice), and measure that.

    It costs little: the first users are enough to see whether lists change, and questions that were asked before are not
    asked again.

    Args:
        bench: the tuning slice.
        start: knob -> the starting profile's value, for every knob of the space.
        expected: the study's, so that start and probes are held to the same.
    """
    for place, one in enumerate(bench.space):
        for end in ends(one):
            if end != start.get(one.knob):
                trial = bench.trial(-1 - place, {**start, one.knob: end}, None, expected=expected)
                if trial.measured is not None:
                    yield Probe(one.knob, end, trial.measured)


def ends(one: Dimension) -> tuple[str, ...]:
    """Return the ends of a knob's range as a profile has them; every value of a choice that is not the start's."""
    if one.kind == "choice":
        return tuple(value for value in one.choices if value != one.start)
    if one.low is None or one.high is None:
        return ()
    return tuple(
        dict.fromkeys(f"{end:.0f}" if one.kind == "int" else f"{end:.6g}" for end in (one.low, one.high))
    )


def importance_of(goal: Goal, space: Sequence[Dimension], trials: Sequence[Trial]) -> dict[str, float]:
    """Return the share of what the first goal owes to each knob, by PED-ANOVA over the trials; empty where they are too few.

    Trials that were stopped count with their estimate.
    """
    told = [(trial, value) for trial in trials if (value := _value(goal, trial.measured)) is not None]
    if len(told) < LEAST_TRIALS or len({value for _, value in told}) < 2 or len(space) < 2:
        return {}
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(direction="maximize" if goal.better == "higher" else "minimize")
        drawn = {one.knob: _distribution(one) for one in space}
        for trial, value in told:
            params = {
                one.knob: _param(one, trial.values[one.knob]) for one in space if one.knob in trial.values
            }
            kept = {knob: drawn[knob] for knob in params}
            study.add_trial(optuna.trial.create_trial(params=params, distributions=kept, value=value))
        found = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )
    except (
        ValueError,
        RuntimeError,
    ):  # values outside the space, or all of them alike: nothing is known then
        return {}
    finally:
        optuna.logging.set_verbosity(level)
    return {knob: float(share) for knob, share in found.items() if math.isfinite(share)}


def _distribution(one: Dimension) -> BaseDistribution:
    from optuna import distributions

    if one.kind == "choice" or one.low is None or one.high is None:
        return distributions.CategoricalDistribution(one.choices or (one.start,))
    if one.kind == "int":
        return distributions.IntDistribution(round(one.low), round(one.high))
    return distributions.FloatDistribution(one.low, one.high, log=one.log and one.low > 0)


def _param(one: Dimension, text: str) -> str | int | float:
    if one.kind == "choice" or one.low is None:
        return text
    return round(float(text)) if one.kind == "int" else float(text)


def _value(goal: Goal, measured: Measured | None) -> float | None:
    value = measured.goals.get(goal.metric) if measured else None
    return finite(value)


def effects_of(
    goal: Goal,
    space: Sequence[Dimension],
    start: Measured | None,
    trials: Sequence[Trial],
    probes: Sequence[Probe],
) -> tuple[Effect, ...]:
    """Say of each knob what it does on these data, the most important first.

    Args:
        goal: the first one.
        space: the knobs that were tried.
        start: the starting profile; what does not hold there cannot be broken by a knob.
        trials: all of the study.
        probes: each knob alone.
    """
    shares = importance_of(goal, space, trials)
    found = [
        _effect(goal, one, start, shares.get(one.knob), [p for p in probes if p.knob == one.knob])
        for one in space
    ]
    return tuple(sorted(found, key=lambda one: -(one.importance or 0.0)))


def _effect(
    goal: Goal, one: Dimension, start: Measured | None, share: float | None, probes: Sequence[Probe]
) -> Effect:
    known = [probe for probe in probes if probe.measured.changed is not None]
    changed = max((probe.measured.changed or 0.0 for probe in known), default=None)
    if changed == 0.0:
        kind, words = "dead", f"not one of {_users(known)} changed"
        share = None if share is None else 0.0
    elif changed is None:
        kind = "matters" if (share or 0.0) >= SLIGHT else "unknown"
        words = "it was not moved alone"
    elif any(_moves(goal, probe) for probe in known):
        kind, words = "matters", f"up to {changed:.0%} of {_users(known)} changed; {_goal_words(goal, known)}"
    elif all(_flat(goal, probe) for probe in known):
        kind = "flat"
        words = f"up to {changed:.0%} of {_users(known)} changed, and {goal.label} stayed within {SAME:.0%}"
    else:
        kind = "matters" if (share or 0.0) >= SLIGHT else "unknown"
        words = f"up to {changed:.0%} of {_users(known)} changed; whether {goal.label} did by itself cannot be told from chance"
    moved = (
        f"Moved alone from {one.start or 'not set'} to {' and '.join(p.value for p in known)}: "
        if known
        else ""
    )
    sentence = f"{moved}{words}."
    sentence = sentence[:1].upper() + sentence[1:]
    return Effect(
        knob=one.knob,
        kind=kind,  # type: ignore[arg-type]
        importance=share,
        changed=changed,
        sentence=" ".join([sentence, *_dangers(start, probes)]),
    )


def _users(probes: Sequence[Probe]) -> str:
    return f"{min(probe.measured.users for probe in probes):,} users' lists"


def _gain(goal: Goal, probe: Probe) -> tuple[float, float, float, float] | None:
    """Value before, difference, and its interval; None where there is no interval."""
    for name in (per_user(goal), goal.metric):
        one = probe.measured.gain(name)
        if one is not None and one.low is not None and one.high is not None:
            return one.before, one.difference, one.low, one.high
    return None


def _moves(goal: Goal, probe: Probe) -> bool:
    """Whether the goal is surely another one."""
    found = _gain(goal, probe)
    return found is not None and (found[2] > 0 or found[3] < 0)


def _flat(goal: Goal, probe: Probe) -> bool:
    """Whether the goal is surely the same, but for what nobody would act on."""
    found = _gain(goal, probe)
    if found is None:
        return False
    margin = SAME * abs(found[0])
    return -margin <= found[2] and found[3] <= margin


def _goal_words(goal: Goal, probes: Sequence[Probe]) -> str:
    told = [
        (probe.value, found[1]) for probe in probes if _moves(goal, probe) and (found := _gain(goal, probe))
    ]
    return ", ".join(
        f"the mean behind {goal.label} moved by {moved:+.4f} at {value}" for value, moved in told
    )


def _dangers(start: Measured | None, probes: Sequence[Probe]) -> Iterator[str]:
    """Say which guardrails that the start keeps a probe breaks; what was not measured breaks nothing.

    Of a part of the users only what is sure counts, and what is counted over all lists together is told as an estimate.
    """
    kept = {(one.check, one.case) for one in (start.held if start else ()) if one.holds}
    for probe in probes:
        found = probe.measured
        broken = [one for one in found.held if _breaks(one) and (one.check, one.case) in kept]
        sure = [one for one in broken if found.users == found.of or _surely(one, found)]
        if sure:
            yield f"Dangerous: at {probe.value} it breaks {_named(sure)}."
        if seems := [one for one in broken if one not in sure and not one.case]:
            yield f"At {probe.value}, on {found.users:,} of {found.of:,} users, it seems to break {_named(seems)}."


def _surely(one: Held, found: Measured) -> bool:
    """Whether a segment's loss is beyond what is allowed over the whole of its interval."""
    gain = found.gain(ALWAYS, one.case) if one.check == HARM else None
    return gain is not None and gain.high is not None and gain.high < -one.threshold * gain.before


def _named(found: Sequence[Held]) -> str:
    return first_few([f"{one.label} [{one.case}]" if one.case else one.label for one in found], NAMED)


def _breaks(one: Held) -> bool:
    return one.margin is not None and not one.holds
