"""What comes after the trials: what the knobs do, whole runs of the best, and the verdict on the untouched slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from pytest_recsim.clock import monotonic, utc_now
from pytest_recsim.compare.compare import compare
from pytest_recsim.compare.sides import read_run
from pytest_recsim.data.input.files import said_by
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.looks import NAME as LOOKS
from pytest_recsim.record.looks import Look, add_look
from pytest_recsim.record.trial import Gain
from pytest_recsim.record.tune import Study, Suite, Verdict, write_study
from pytest_recsim.report.html.tune import render_study
from pytest_recsim.tune.bench import Bench
from pytest_recsim.tune.decide import against, chosen, decide, finalists, gains_of, optimism_of
from pytest_recsim.tune.effects import Probe, effects_of, probes_of
from pytest_recsim.tune.moving import moved_of
from pytest_recsim.tune.suites import Ask, run_suite, suite_of
from pytest_recsim.tune.tuned import write_tuned

START = "start"


@dataclass(frozen=True)
class Place:
    """Where a study lives.

    Attributes:
        folder: the study's, ``reports/CUSTOMER/tune_<time>``.
        root: the workspace, with ``profiles/``.
        ask: how whole runs are asked for.
    """

    folder: Path
    root: Path
    ask: Ask


def finish(
    study: Study,
    plan: Plan,
    place: Place,
    *,
    say: Callable[[str], object] = lambda _: None,
    progress: Progress = silent,
) -> Study:
    """Bring a study whose trials are made to its end, and write its record and pages.

    ``tell_of_knobs`` comes before it; else what knobs do is what the trials alone tell. The whole suite runs with the
    best trials on the tuning slice until one is ready; that one and the starting profile are run once each on the verdict
    slice, and compared user by user. Where the verdict is ``change``, the tuned profile is written.

    ``study.json`` is written after every step. After Ctrl-C, or a kill, the same call goes on: whole runs that had finished
    are not repeated, the look at the verdict slice is counted once, and a profile is written once. A run that is going on
    hears Ctrl-C once, puts back what it changed, and is made anew the next time. KeyboardInterrupt goes on to the caller.

    Args:
        study: with its trials, goals, slices and start.
        plan: the starting profile on the customer's ordinary split.
        place: where everything lies.
        say: hears what somebody who waits wants to know.
        progress: hears how far long work is.

    Returns:
        The study, complete.

    Raises:
        InputError: something cannot be read or written, or a whole run left no record.
    """
    made = _Finish(study, plan, place, say, progress)
    try:
        if not study.effects:
            made.effects(None)
        made.finalists()
        made.verdict()
        made.tuned()
        made.keep(status="complete")
        render_study(place.folder)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(
            Problem(str(place.folder), f"the study cannot be kept or read: {said_by(error)}")
        ) from None
    return made.study


def tell_of_knobs(
    study: Study,
    plan: Plan,
    bench: Bench,
    place: Place,
    *,
    say: Callable[[str], object] = lambda _: None,
    progress: Progress = silent,
) -> Study:
    """Move each knob alone on the tuning slice, unless that has been done, and return the study with what they do.

    Of its own because whole runs need the service for themselves: first this, then the bench is closed, then ``finish``.

    Args:
        study: as in ``finish``.
        plan: likewise.
        bench: the tuning slice, still open.
        place: likewise.
        say: likewise.
        progress: likewise.
    """
    made = _Finish(study, plan, place, say, progress)
    if not study.effects:
        made.effects(bench)
    return made.study


class _Finish:
    """The steps after the trials, each kept as soon as it is made."""

    def __init__(
        self, study: Study, plan: Plan, place: Place, say: Callable[[str], object], progress: Progress
    ) -> None:
        self._plan, self._place, self._say, self._progress = plan, place, say, progress
        self._began, self._before = monotonic(), study.seconds
        space = tuple(
            replace(one, meaning=one.meaning or (KNOBS[one.knob].meaning if one.knob in KNOBS else ""))
            for one in study.space
        )
        self.study = replace(study, space=space)

    def keep(self, **changes: object) -> None:
        """Write the study with these changes."""
        seconds = round(self._before + monotonic() - self._began, 1)
        self.study = replace(self.study, **{"seconds": seconds, **changes})
        write_study(self._place.folder, self.study)

    def effects(self, bench: Bench | None) -> None:
        """Say what each knob does; without a bench only what the trials tell."""
        study, requests, probes = self.study, self.study.requests, list[Probe]()
        if bench is not None:
            before = _sum(bench.requests)
            start = {one.knob: one.start for one in study.space if one.start}
            with paced(self._progress, "moving each knob alone"):
                probes = list(probes_of(bench, start, study.expected))
            requests = _plus(requests, "knobs moved alone", _sum(bench.requests) - before)
        found = effects_of(study.goals[0], study.space, study.start, study.trials, probes)
        self.keep(effects=found, requests=requests)
        dead = [one.knob for one in found if one.kind == "dead"]
        if dead:
            self._say(f"without effect on these data: {', '.join(dead)}")

    def finalists(self) -> None:
        """Run the whole suite with the best trials on the tuning slice, until one is ready; where none is, the nearest wins."""
        for trial in finalists(self.study):
            suite = next((one for one in self.study.finalists if one.who == str(trial.number)), None)
            if suite is None:
                suite = self._suite(str(trial.number), "tuning", trial.values)
                self.keep(finalists=(*self.study.finalists, suite))
            if not against(self.study, suite):
                break
        winner = chosen(self.study)
        if winner is not None and self.study.winner is None:
            self.keep(winner=int(winner.who), notes=(*self.study.notes, *_missing(winner)))

    def verdict(self) -> None:
        """Judge the winner and the start on the verdict slice, or say why nothing went there."""
        study = self.study
        if study.verdict is not None:
            return
        if study.winner is None:
            self.keep(verdict=Verdict(decision="keep", sentence=_nobody(study), looks=0))
            return
        trial = study.trial(study.winner)
        looks = self._look()
        suites = (self._suite(START, "verdict", {}), self._suite(str(trial.number), "verdict", trial.values))
        whole = Bundle(self._place.folder / suites[1].run)
        gains = self._gains(suites)
        decision, sentence = decide(study.goals[0], suites[1], gains, study.harm)
        self.keep(
            verdict=Verdict(
                decision=decision,
                sentence=sentence,
                looks=looks,
                suites=suites,
                gains=gains,
                optimism=optimism_of(study.goals, trial, gains),
                moved=moved_of(trial.measured, whole.results()),
            )
        )

    def tuned(self) -> None:
        """Write the tuned profile, once, where the verdict says so."""
        study = self.study
        if study.verdict is not None and study.verdict.decision == "change" and study.tuned is None:
            path = write_tuned(study, self._plan, self._place.root, self._place.folder.name)
            self.keep(tuned=path.stem)

    def _look(self) -> int:
        cut = next((one.after for one in self.study.slices if one.name == "verdict"), None)
        look = Look(
            study=self._place.folder.name,
            data_sha256=self._plan.fixture.sha256,
            cut=cut or "",
            at=utc_now().isoformat(),
        )
        return add_look(self._place.folder.parent / LOOKS, look)

    def _suite(self, who: str, where: str, values: dict[str, str]) -> Suite:
        folder = self._place.folder
        bundle = run_suite(self._place.ask, folder, who, where, values, self._progress)
        suite = suite_of(folder, who, where, bundle)
        asked = _asked(bundle)
        self.study = replace(self.study, requests=_plus(self.study.requests, "whole runs", asked))
        self._say(
            f"{'profile ' + self.study.profile if who == START else 'trial ' + who}, {where} slice: {suite.verdict}"
        )
        return suite

    def _gains(self, suites: tuple[Suite, Suite]) -> tuple[Gain, ...]:
        runs = [read_run(self._place.folder / one.run) for one in suites]
        least = self._plan.limit
        found = compare(runs[0], runs[1], lambda segment: int(least("min_segment_users", segment).value))
        if found.notes:
            self.study = replace(self.study, notes=(*self.study.notes, *found.notes))
        return gains_of(found, self.study.goals)


def _missing(winner: Suite) -> list[str]:
    """Say what the winner missed on the tuning slice, where it missed anything."""
    if winner.ready:
        return []
    failing = ", ".join(winner.failing) or winner.verdict
    near = f"trial {winner.who} came nearest to keeping everything on the tuning slice and missed {failing} there"
    why = "where the service knows less of the past and people have less to find than in a run"
    return [f"{near}, {why}; whether it holds is for the verdict slice to say"]


def _nobody(study: Study) -> str:
    """Why no trial went to the verdict slice."""
    tried = f"{len(study.trials)} trial{'s' if len(study.trials) != 1 else ''}"
    return (
        f"Of {tried} none was better by {study.goals[0].label} than the starting profile and kept more of what has to "
        "hold on the tuning slice, so nothing went to the verdict slice."
    )


def _asked(bundle: Bundle) -> int:
    """Recommendation requests that a run has sent."""
    found = (bundle.read_metadata().get("requests") or {}).get("recommendations", 0)
    return found if isinstance(found, int) else 0


def _plus(requests: dict[str, int], what: str, count: int) -> dict[str, int]:
    more = {what: requests.get(what, 0) + count, "total": requests.get("total", 0) + count}
    return {**requests, **more}


def _sum(requests: Mapping[str, int]) -> int:
    return requests.get("total", sum(requests.values()))
