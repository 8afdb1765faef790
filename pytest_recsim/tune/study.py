"""Driving a study: batches of trials are proposed, measured and kept; what has been kept is never measured again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial

import msgspec

from pytest_recsim.clock import monotonic
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.trial import ALIKE, Measured, Trial, missed_by, risk_of
from pytest_recsim.record.tune import Study
from pytest_recsim.report.tune_front import front
from pytest_recsim.tune.bench import Bench
from pytest_recsim.tune.calibrating import calibrated
from pytest_recsim.tune.guided import exploring
from pytest_recsim.tune.racing import has_room
from pytest_recsim.tune.sampling import Proposer
from pytest_recsim.tune.values import changed, finite

MOST_FAILED = 5
"""Trials in a row that could not be measured; then it is not the knobs, and going on would use up the study."""
START = -1
"""The start's number where it is looked at as a trial."""
Keep = Callable[[Study], object]
"""Hears the whole study after every trial; what it has written down is where a study goes on."""


def go_on(study: Study, bench: Bench, keep: Keep) -> Study:
    """Measure the trials that are still wanted, and return the study with them.

    The result depends on the seed, the number of jobs and the measurements alone, and not on how often the study was cut off.

    Args:
        study: with the start, the goals and the space; its trials are those of earlier attempts.
        bench: where trials are measured, as many at once as the study has jobs.
        keep: is given the study after every trial.

    Raises:
        InputError: Optuna is not installed, or trial after trial cannot be measured.
    """
    before = study.learned.sets if study.learned else ()
    began, requests, seconds = monotonic(), study.requests, study.seconds

    def kept(trial: Trial | None = None) -> Study:
        found = study.trials if trial is None else (*study.trials, trial)
        now = msgspec.structs.replace(
            study,
            trials=tuple(sorted(found, key=lambda one: one.number)),
            requests=added(requests, bench.requests),
            seconds=seconds + monotonic() - began,
        )
        keep(now)
        return now

    first = 0
    while first < study.wanted:
        count = min(study.jobs, study.wanted - first)
        done = {one.number for one in study.trials}
        if not done.issuperset(range(first, first + count)):
            study = calibrated(study, first)
            told = [one for one in study.trials if one.number < first]
            asked = dict(enumerate(_proposer(study).batch(told, first, count), start=first))
            if not asked:
                what = f"all {len(study.trials):,} sets of values that differ from the start have been tried"
                study = msgspec.structs.replace(study, notes=(*study.notes, what))
                break
            beat, room = incumbent(study, told), has_room(told, exploring(study.space), len(before))
            missing = {number: values for number, values in asked.items() if number not in done}
            measure = partial(bench.trial, beat=beat, room=room, expected=study.expected)
            for trial in _measured(missing, measure, study.jobs):
                study = kept(trial)
            _refuse_to_fail_on(study)
        first += count
    study = calibrated(study, len(study.trials))
    return kept()


def _proposer(study: Study) -> Proposer:
    assert study.start is not None  # who opens the bench writes it down
    before = study.learned.sets if study.learned else ()
    return Proposer(  # made for each batch: what is expected of the start may have changed
        study.space, study.goals, sampler=study.sampler, seed=study.seed, start=study.start, before=before
    )


def _measured(
    asked: Mapping[int, dict[str, str]], trial: Callable[[int, dict[str, str]], Trial], jobs: int
) -> Iterator[Trial]:
    """Measure a batch, yielding every trial as soon as it is done."""
    if jobs == 1:  # in this thread, so that Ctrl-C ends it at once
        for number, values in asked.items():
            yield trial(number, values)
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="recsim-trial")
    try:
        waiting = [pool.submit(trial, number, values) for number, values in asked.items()]
        for one in as_completed(waiting):
            yield one.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _refuse_to_fail_on(study: Study) -> None:
    last = study.trials[-MOST_FAILED:]
    if len(last) == MOST_FAILED and all(one.state == "failed" for one in last):
        what = f"the last {MOST_FAILED} trials could not be measured ({last[-1].reason}); `--resume` tries them again"
        raise InputError(Problem("recsim tune", what))


def without_last_failed(study: Study) -> Study:
    """Return a study without the failed trials at its end: what made them fail may be over."""
    kept = list(study.trials)
    while kept and kept[-1].state == "failed":
        kept.pop()
    return msgspec.structs.replace(study, trials=tuple(kept))


def added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Return the sum of two counts."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}


def candidates(study: Study) -> list[Trial]:
    """Return the trials that may be recommended, best first: what others are hardly expected to miss, then whatever they miss least of.

    Of those that are as safe the ones that no other one beats come first, and the first goal counts; of equal ones fewer changed
    knobs, then the earlier. A trial that could not be measured in full is not among them.
    """
    whole = [one for one in study.trials if one.recommendable and _figure(study, one.measured) is not None]
    leading = {one.number for one in front(study)}
    return sorted(
        whole, key=lambda one: (risk_of(one.measured), one.number not in leading, *_rank(study, one))
    )


def nearest_to_holding(study: Study) -> list[Trial]:
    """Return the trials that were measured in full and miss less of what must hold than the start, least first.

    Thresholds may be out of reach on a slice with less history than the verdict's; what could not be measured is not among them.
    """
    least = missed_by(study.start)
    whole = [
        one
        for one in study.trials
        if one.state == "complete" and one.measured is not None and _figure(study, one.measured) is not None
    ]
    near = [one for one in whole if missed_by(one.measured) < least]
    return sorted(near, key=lambda one: (missed_by(one.measured) // ALIKE, *_rank(study, one)))


def incumbent(study: Study, told: Sequence[Trial]) -> Trial | None:
    """Return what the next trial has to beat: the best of the start and the trials, where nothing holds yet whatever misses least.

    The start is a trial without values.
    """
    before = msgspec.structs.replace(study, trials=tuple(told))
    start = study.start
    if start is not None and start.feasible:
        # What is safer than such a start, but no better, is nothing to beat.
        found = improving(study, candidates(before))
    else:
        found = candidates(before) or nearest_to_holding(before)
    nothing = None if start is None else Trial(number=START, values={}, state="complete", measured=start)
    return next(iter(found), nothing)


def improving(study: Study, trials: Iterable[Trial]) -> list[Trial]:
    """Return those that are better than the start in the first goal; where the start's is unknown, all that have one."""
    before = _figure(study, study.start)
    known = [(one, _figure(study, one.measured)) for one in trials]
    return [one for one, now in known if now is not None and (before is None or now > before)]


def _rank(study: Study, trial: Trial) -> tuple[float, int, int]:
    figure = _figure(study, trial.measured)
    return (-(figure if figure is not None else 0.0), changed(study.space, trial.values), trial.number)


def _figure(study: Study, measured: Measured | None) -> float | None:
    """The first goal, turned so that more is better."""
    goal = study.goals[0]
    value = finite(measured.goals.get(goal.metric)) if measured else None
    return value if value is None or goal.better == "higher" else -value
