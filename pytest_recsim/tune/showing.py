"""What is told of a study in a terminal, while it runs and afterwards."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from pytest_recsim.record.trial import Trial
from pytest_recsim.record.tune import Study
from pytest_recsim.tune.study import candidates, improving
from pytest_recsim.tune.values import same

MINUTE = 60


def lines_of(study: Study, folder: str, *, working: bool) -> Iterator[str]:
    """Yield what there is to say, most important first.

    Args:
        study: as far as it is.
        folder: its path as people read it.
        working: whether a process is at work on it.
    """
    yield f"{study.customer}, profile {study.profile}, on {study.service}: {_status(study, working=working)}"
    if study.verdict is not None:
        yield study.verdict.sentence
    yield best_line(study)
    if study.tuned:
        yield f"profile: profiles/{study.tuned}.env"
    if left := seconds_left(study) if working else 0.0:
        yield f"the other trials take about {_time(left)}"
    if study.status == "running" and not working:
        yield f"to go on: recsim tune {shlex.quote(folder)} --resume"
    yield f"page: recsim {'open' if study.status == 'complete' else 'report'} {shlex.quote(folder)}"


def _status(study: Study, *, working: bool) -> str:
    done, stopped = len(study.trials), sum(one.state == "stopped" for one in study.trials)
    failed = sum(one.state == "failed" for one in study.trials)
    state = "complete" if study.status == "complete" else "running" if working else "interrupted"
    told = [f"{done} of {study.wanted} trials"]
    told += [f"{stopped} stopped early"] if stopped else []
    told += [f"{failed} not measured"] if failed else []
    return f"{state}, {', '.join(told)}, {study.requests.get('total', 0):,} requests"


def best_line(study: Study) -> str:
    """Return a sentence about the best trial on the tuning slice, so far where the study still runs."""
    better = improving(study, candidates(study))
    if not better:
        told = "no trial" if study.status == "complete" else "no trial so far"
        return f"{told} is better than the start on the tuning slice and keeps everything that has to hold"
    return f"best on the tuning slice: {trial_words(study, better[0])}"


def trial_words(study: Study, trial: Trial) -> str:
    """Return a trial's goals against the start's, and what it changes."""
    goals = [
        f"{goal.label} {_figure(trial.measured.goals.get(goal.metric))} (start {_figure(study.start.goals.get(goal.metric))})"
        for goal in study.goals
        if trial.measured and study.start
    ]
    moved = [
        f"{one.knob}={trial.values[one.knob]}"
        for one in study.space
        if one.knob in trial.values and not same(one.knob, trial.values[one.knob], one.start)
    ]
    return f"trial {trial.number}, {', '.join(goals)}, with {' '.join(moved) or 'nothing changed'}"


def seconds_left(study: Study) -> float:
    """Return about how long the trials that are still to be made take; 0 where that cannot be said."""
    spent = [one.measured.seconds for one in study.trials if one.measured]
    open_ones = study.wanted - len(study.trials)
    return sum(spent) / len(spent) * open_ones / study.jobs if spent else 0.0


def _figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4g}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * MINUTE else f"{seconds / MINUTE:.0f} min"
