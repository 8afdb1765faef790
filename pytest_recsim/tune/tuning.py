"""A study from the wish to the verdict: begun, or gone on with where it was cut off."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pytest_recsim.clock import utc_now
from pytest_recsim.data.input.files import shown, unwritable
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.plan.keywords import keyword_words, plan_for
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.tune import Study, write_study
from pytest_recsim.tune.bench import Bench
from pytest_recsim.tune.calibrating import expecting
from pytest_recsim.tune.finish import Place, finish, tell_of_knobs
from pytest_recsim.tune.folders import LOCK, alone, new_folder, opened
from pytest_recsim.tune.learning import learn, note_of, teachers
from pytest_recsim.tune.opening import open_bench
from pytest_recsim.tune.sampling import SAMPLERS, optuna_for
from pytest_recsim.tune.showing import best_line
from pytest_recsim.tune.space import space_of
from pytest_recsim.tune.study import go_on, without_last_failed
from pytest_recsim.tune.suites import Ask
from pytest_recsim.tune.trials import tuning_plan
from pytest_recsim.tune.wishes import read_space, typed

HERE = "recsim tune"
MOST_TRIALS, MOST_JOBS = 5000, 32
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a study is to be.

    Attributes:
        customer: whose.
        space: name of a shipped space or path of a file, empty for none.
        knobs: as typed, ``MMR_LAMBDA=0.1..1``; one that the space has as well is taken from here.
        goals: metrics, the first one decides; empty for what the space names, else the lift of NDCG.
        harm: most that a segment may lose, as a share of its mean.
        trials, jobs, sampler, seed: how it is searched.
        root: the workspace.
        reports: the reports folder.
        learn_from: folders of other customers' studies, or with such below them.
        options: of ``plan_for``.
        command: what was typed, empty where a program asks.
    """

    customer: str
    space: str = ""
    knobs: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    harm: float = 0.05
    trials: int = 60
    jobs: int = 1
    sampler: str = "gp"
    seed: int = 0
    root: Path = Path()
    reports: Path = Path("reports")
    learn_from: tuple[Path, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""


def tune(wanted: Wanted, *, say: Say = lambda _: None, progress: Progress = silent) -> tuple[Path, Study]:
    """Make a study; return its folder and the study with its verdict.

    After Ctrl-C or a kill the folder is left with everything that was measured: see ``resume``.

    Args:
        wanted: what it is to be.
        say: hears what somebody who waits wants to know.
        progress: hears how far it is.

    Raises:
        InputError: with everything that is wrong on paper; or the service cannot be used, or nothing can be written.
    """
    _check(wanted)
    optuna_for(HERE)
    plan = plan_for(wanted.customer, root=wanted.root, **wanted.options)
    file = read_space(wanted.space) if wanted.space else None
    wishes = [*(file.wishes if file else ()), *typed(wanted.knobs)]
    space, notes = space_of(wishes, {name: one.text for name, one in plan.knobs.items()})
    goals = wanted.goals or (file.goals if file else ())
    known = teachers(wanted.learn_from, plan)
    began = utc_now()
    with ExitStack() as stack:
        bench = stack.enter_context(
            open_bench(
                plan,
                space,
                goals=goals,
                harm=wanted.harm,
                say=say,
                progress=progress,
            )
        )
        learned = learn(known, bench.space, wanted.trials) if known else None
        if learned:
            notes.append(note_of(learned))
        for text in (*notes, *bench.left_out.values()):
            say(f"note: {text}")
        if bench.start.goals[bench.goals[0].metric] is None:
            what = "the starting profile shows none on the tuning slice (too few users?), so nothing could be better"
            raise InputError(
                Problem("--goal", f"{bench.goals[0].label}: {what}; must be one that can be measured")
            )
        folder = new_folder(wanted.reports, plan.id, began)
        say(f"study: {shown(folder)}")
        study = expecting(replace(_begun(wanted, plan, bench, notes, began), learned=learned))
        place = _place(folder, wanted, plan)
        with _resumable(folder, say):
            study = _measured(place, study, plan, bench, say=say, progress=progress)
            stack.close()  # whole runs need the service for themselves
            return folder, finish(study, plan, place, say=say, progress=progress)


def _begun(wanted: Wanted, plan: Plan, bench: Bench, notes: list[str], began: datetime) -> Study:
    return Study(
        status="running",
        customer=plan.customer,
        simulation=plan.id,
        profile=plan.profile.value,
        service=plan.address or "the embedded stand-in",
        started_at=began.isoformat(),
        sampler=wanted.sampler,
        seed=wanted.seed,
        jobs=wanted.jobs,
        wanted=wanted.trials,
        harm=wanted.harm,
        goals=bench.goals,
        space=bench.space,
        left_out=dict(bench.left_out),
        slices=bench.slices,
        start=bench.start,
        notes=tuple(notes),
        command=wanted.command,
        data_sha256=plan.fixture.sha256,
    )


def resume(folder: Path, wanted: Wanted, *, say: Say = lambda _: None, progress: Progress = silent) -> Study:
    """Go on with a study that was cut off; the outcome is that of one which was not.

    Args:
        folder: the study's.
        wanted: as it was begun; only customer, root, options and trials count, the rest stands in its record.
        say: as in ``tune``.
        progress: likewise.

    Raises:
        InputError: as in ``tune``; or it is complete, somebody is at work on it, or it is of another customer.
    """
    _check(wanted)
    optuna_for(HERE)
    study = _unfinished(folder)
    plan = plan_for(wanted.customer, root=wanted.root, **wanted.options)
    if plan.id != study.simulation:
        raise InputError(Problem(shown(folder), f"is a study of {study.simulation}, not of {plan.id}"))
    place = _place(folder, wanted, plan)
    with _resumable(folder, say):
        study = without_last_failed(_unfinished(folder))
        if not study.effects:
            metrics = tuple(goal.metric for goal in study.goals)
            with open_bench(
                plan,
                study.space,
                goals=metrics,
                harm=study.harm,
                say=say,
                progress=progress,
            ) as bench:
                more = max(wanted.trials, len(study.trials))
                study = replace(_same(study, bench, say), wanted=more)
                say(f"study: {shown(folder)}, {len(study.trials)} of {more} trials are there already")
                study = _measured(place, study, plan, bench, say=say, progress=progress)
        return finish(study, plan, place, say=say, progress=progress)


def _unfinished(folder: Path) -> Study:
    study = opened(folder)
    if study.status == "complete":
        what = f"the study is complete; `recsim tune {shlex.quote(shown(folder))} --show` tells how it ended"
        raise InputError(Problem(shown(folder), what))
    return study


def _measured(place: Place, study: Study, plan: Plan, bench: Bench, *, say: Say, progress: Progress) -> Study:
    """Measure what is missing and what each knob does, keeping everything."""
    keeper = _Keeper(place.folder, study, say)
    keeper(study)  # so that one that is cut off in its first trial can go on as well
    with paced(progress, f"{study.customer}: trials", study.wanted - len(study.trials), keeper.done):
        study = go_on(study, bench, keeper)
    return tell_of_knobs(study, plan, bench, place, say=say, progress=progress)


@contextmanager
def _resumable(folder: Path, say: Say) -> Iterator[None]:
    """Keep others away from the study, and say how to go on where this is interrupted."""
    with alone(folder):
        try:
            yield
        except KeyboardInterrupt:
            say(
                f"everything measured so far is kept; to go on: recsim tune {shlex.quote(shown(folder))} --resume"
            )
            raise
    with suppress(OSError):
        (folder / LOCK).unlink()


def _place(folder: Path, wanted: Wanted, plan: Plan) -> Place:
    """Whole runs reach the service as trials do, whatever mode was typed or stands in an ini file: none changes it."""
    options = {**wanted.options, "apply": tuning_plan(plan).apply.value}
    return Place(folder, wanted.root, Ask(wanted.root.absolute(), keyword_words(wanted.customer, options)))


class _Keeper:
    """Writes a study down after every trial, and tells of a new best one."""

    def __init__(self, folder: Path, study: Study, say: Say) -> None:
        self._folder, self._say = folder, say
        self._before, self._now = len(study.trials), len(study.trials)
        self._best = best_line(study)
        self._lock = threading.Lock()

    def done(self) -> int:
        return self._now - self._before

    def __call__(self, study: Study) -> None:
        with self._lock:
            try:
                write_study(self._folder, study)
            except OSError as error:
                raise InputError(Problem("--reports-dir", unwritable(self._folder, error))) from None
            self._now = len(study.trials)
            best = best_line(study)
            if best != self._best:
                self._say(best)
                self._best = best


def _nothing() -> Problem:
    return Problem(
        HERE,
        "nothing is to be tried; must have --space FILE or NAME, or --knob KNOB=LOW..HIGH (see `recsim tune --spaces`)",
    )


def _same(study: Study, bench: Bench, say: Say) -> Study:
    """Say so where the start does not measure as it did: service or data have changed, and trials are not quite comparable."""
    assert study.start is not None  # written before the first trial
    was, now = study.start.goals, bench.start.goals
    if was == now:
        return study
    told = ", ".join(f"{name} {was.get(name)} then and {now.get(name)} now" for name in was)
    what = f"the starting profile does not measure as when the study began ({told}); later trials are held against today's"
    say(f"note: {what}")
    return replace(study, notes=tuple(dict.fromkeys((*study.notes, what))))


def _check(wanted: Wanted) -> None:
    """Raise InputError for everything that is wrong with how it is to be searched."""
    wrong = []
    if not (wanted.space or wanted.knobs):
        wrong.append(_nothing())
    if wanted.sampler not in SAMPLERS:
        must = f"`{wanted.sampler}`: must be one of {', '.join(SAMPLERS)}{nearest(wanted.sampler, SAMPLERS)}"
        wrong.append(Problem("--sampler", must))
    for option, value, most in (
        ("--trials", wanted.trials, MOST_TRIALS),
        ("--jobs", wanted.jobs, MOST_JOBS),
    ):
        if not 1 <= value <= most:
            wrong.append(Problem(option, f"{value}: must be 1 to {most}"))
    if not 0 <= wanted.harm <= 1:
        wrong.append(Problem("--harm", f"{wanted.harm:g}: must be a share, 0 to 1"))
    if wrong:
        raise InputError(wrong)
