"""The tuning slice, opened: seeded once, the start measured in full, trials measured until it is closed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
from msgspec.structs import replace

from pytest_recsim.clock import monotonic
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.pace import Progress, silent
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.record import secrets
from pytest_recsim.record.masking import learn
from pytest_recsim.record.trial import Dimension, Goal, Measured, Trial
from pytest_recsim.record.tune import Expected, Slice
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.controller.evaluate import put_back, scratch_folder
from pytest_recsim.simulation.controller.fleet import Fleet
from pytest_recsim.simulation.session.simulation import Simulation
from pytest_recsim.simulation.truth.slates import Slates
from pytest_recsim.tune import racing
from pytest_recsim.tune.estimating import goals_of
from pytest_recsim.tune.guards import PRICE, Guard, guards_of
from pytest_recsim.tune.places import Answers, Places, Shared, StandIns
from pytest_recsim.tune.pricing import KNOB, LISTS_FOR_THE_PRICE, plain_lists
from pytest_recsim.tune.questions import Questions, in_proportion, rungs
from pytest_recsim.tune.reading import Reading
from pytest_recsim.tune.trials import HERE, laid_over, slices_of, tryable, tuning_plan
from pytest_recsim.tune.trying import EVIDENCE, Attempt, Ground, heard_of, positions

ROWS = "rows"
START, TRIALS, TOTAL = "start", "trials", "total"


PROBE = "a probe asks for the first rung only"


class OpenBench:
    """A tuning slice that is open for trials, see ``Bench``.

    Args:
        ground: what all trials stand on.
        places: where they are asked.
        start: the start, measured.
        sent: recommendation requests that it took.
        slices, space, left_out: see ``Bench``.
    """

    def __init__(
        self,
        ground: Ground,
        places: Places,
        start: Measured,
        slices: tuple[Slice, ...],
        space: tuple[Dimension, ...],
        left_out: Mapping[str, str],
    ) -> None:
        self.start, self.goals = start, ground.goals
        self.slices, self.space, self.left_out = slices, space, dict(left_out)
        self._ground, self._places = ground, places
        self._asked, self._lock = 0, Lock()
        self._best: tuple[int, Reading] | None = None
        self._best_lock = Lock()

    @property
    def requests(self) -> Mapping[str, int]:
        with self._lock:
            asked = self._asked
        return {START: self.start.asked, TRIALS: asked, TOTAL: self.start.asked + asked}

    def trial(
        self,
        number: int,
        values: Mapping[str, str],
        beat: Trial | None,
        *,
        room: bool = True,
        expected: Sequence[Expected] = (),
    ) -> Trial:
        """See ``Bench``; values that no profile may have, and a service that fails, are a trial that failed."""
        found = Trial(number=number, values=dict(values), state="failed")
        try:
            attempt = Attempt(self._ground, laid_over(self._ground.plan, values), expected)
        except InputError as error:
            return replace(found, reason=str(error))
        try:
            return self._raced(found, attempt, beat, room=room)
        except (InputError, ServiceError) as error:
            return replace(found, reason=str(error))
        finally:
            with self._lock:
                self._asked += attempt.asked

    def _raced(self, found: Trial, attempt: Attempt, beat: Trial | None, *, room: bool) -> Trial:
        """Ask and measure rung by rung until all users were asked, or it is clear what would come of it."""
        ends, goal = self._ground.ends, self.goals[0]
        near = self._near(beat)
        with self._places.place(attempt.plan) as asker:
            for rung, end in enumerate(ends):
                attempt.ask(end, asker)
                attempt.ask_price(asker)
                measured, held, figure = attempt.measured(attempt.contrast(near))
                if end == ends[-1]:
                    break
                why = PROBE
                if found.number >= 0:
                    why = racing.verdict(rung, held, goal, figure, beat.measured if beat else None, room=room)
                if why:
                    why = f"after {end:,} of {ends[-1]:,} users: {why}"
                    return replace(found, state="stopped", measured=measured, reason=why)
        return replace(found, state="complete", measured=measured)

    def _near(self, beat: Trial | None) -> Reading:
        """All lists of the best so far. A trial's are more like them than like the start's, so that few users tell more of the difference.

        Its answers are known; those from before a study was resumed are asked for again.
        """
        if beat is None or not beat.values:
            return self._ground.start
        with self._best_lock:
            if self._best is None or self._best[0] != beat.number:
                again = Attempt(self._ground, laid_over(self._ground.plan, beat.values))
                with self._places.place(again.plan) as asker:
                    again.ask(self._ground.ends[-1], asker)
                with self._lock:
                    self._asked += again.asked
                self._best = beat.number, again.contrast().now
            return self._best[1]


@contextmanager
def open_bench(
    plan: Plan,
    space: Sequence[Dimension],
    *,
    goals: Sequence[str] = (),
    harm: float = 0.05,
    say: Callable[[str], None] = lambda _: None,
    progress: Progress = silent,
) -> Iterator[OpenBench]:
    """Seed the tuning slice, measure the start, and let trials be measured until the block ends.

    Nothing that happened after the ordinary cut is seeded, asked for, judged or counted. A running service is seeded once,
    never configured, and left clean however the block ends; without one, stand-ins are started, one per trial that is asked
    at the moment.

    Args:
        plan: the starting profile on the customer's ordinary split.
        space: what may be tried; what cannot be on this service is in ``left_out``.
        goals: names of metrics, the first one is what racing goes by; empty for the overall lift of NDCG@10.
        harm: most that a segment may lose of NDCG@10 against the start, as a share of its mean.
        say: hears what somebody who waits wants to know.
        progress: hears how far seeding and asking for the start are.

    Raises:
        InputError: wrong input, a namespace that must not be written to, or a space of which nothing can be tried.
        ServiceError, SimulationFailed: the service did not do what was needed.
    """
    tuning = tuning_plan(plan)
    found_goals = goals_of(goals, tuning)
    kept, left_out = tryable(tuning, space)
    if not kept:
        why = "; ".join(left_out.values()) or "the space is empty"
        raise InputError(Problem(HERE, f"nothing can be tried: {why}"))
    fixture = load_fixture(Path(plan.fixture.file))
    slices = slices_of(fixture, plan)
    learn([*secrets.of_variables(os.environ), *secrets.of_command(plan.restart_command)])
    with scratch_folder() as folder:
        fleet = Fleet(Resolved([tuning], fixture), folder / "reports", folder, complain=say, html=False)
        places: Places | None = None
        try:
            sim, plain, rows = _prepared(fleet, tuning, folder, say, progress)
            ground, start = _ground(sim, plain, kept, found_goals, harm)
            places = StandIns(sim.context, sim.endpoint, rows) if rows else Shared(sim.endpoint)
            yield OpenBench(ground, places, start, slices, kept, left_out)
        except BaseException as error:
            for sentence in put_back(fleet, tuning):
                error.add_note(sentence)
            raise
        finally:
            if places is not None:
                places.close()
        put_back(fleet, tuning)


def _prepared(
    fleet: Fleet, plan: Plan, folder: Path, say: Callable[[str], None], progress: Progress
) -> tuple[Simulation, Mapping[str, Exchange], Path | None]:
    """Open the service, seed it and ask for the start's lists, those at plain relevance as well.

    With the file of a stand-in's rows, which then has ended.
    """
    opened = fleet.opened[plan.id]
    fleet.start(say)
    fleet.turn_to(plan.id)
    opened.sim.progress = progress
    _ = opened.sim.prepared, opened.sim.lists
    plain = plain_lists(opened.sim, _guards(opened.sim))
    if not plan.mode.stand_in_only or opened.stand_in is None:
        return opened.sim, plain, None
    opened.sim.service.save_rows(folder / ROWS)
    opened.stand_in.stop()
    return opened.sim, plain, folder / ROWS


def _nobody(_: Sequence[Ask]) -> Answers:
    """Of the start everything is known."""
    return [], 0


def _guards(sim: Simulation) -> list[Guard]:
    return guards_of(sim.plan, sim.context.now.date().isoformat())


def _ground(
    sim: Simulation,
    plain: Mapping[str, Exchange],
    space: Sequence[Dimension],
    goals: tuple[Goal, ...],
    harm: float,
) -> tuple[Ground, Measured]:
    """What all trials stand on, and the start measured as trials are."""
    began, plan, world = monotonic(), sim.plan, sim.world
    segments: dict[str, list[str]] = {}
    for user in sim.lists:
        segments.setdefault(sim.users[user].segment, []).append(user)
    if not segments:
        what = "nobody has both events before the tuning slice and something to find in it, so no trial could be measured"
        raise InputError(Problem("--fixture-path", f"{what}; must have events that are spread over time"))
    users = in_proportion(segments, plan.rng("trials"))
    answers = [sim.lists[user] for user in users]
    table = Slates(
        world,
        tuple(world.fixture.user_index[user] for user in users),
        np.stack([positions(world, answer) for answer in answers]),
    )
    established = {answer.ask.user_id: world.established_answer(answer) for answer in answers}
    questions = Questions([one.knob for one in space], plan, established)
    for place, (key, answer) in enumerate(zip(questions.keys(plan, users), answers, strict=True)):
        questions.remember(key, heard_of(world, answer, everything=place < EVIDENCE))
    for key, answer in zip(questions.keys(plan, plain, KNOB), plain.values(), strict=True):
        questions.remember(key, heard_of(world, answer, everything=False))
    ground = Ground(
        plan=plan,
        world=world,
        admin=sim.prepared.admin,
        rules=None if plan.stand_in else sim.service.rules_evaluated(),
        users=tuple(users),
        ends=rungs(map(len, segments.values()), LISTS_FOR_THE_PRICE * len(plain)),
        start=Reading(table, int(sim.prepared.admin.get("max_k") or 0), sim.applied),
        questions=questions,
        plain=tuple(plain),
        goals=goals,
        guards=tuple(one for one in _guards(sim) if plain or one.check != PRICE),
        harm=harm,
    )
    attempt = Attempt(ground, plan)
    attempt.ask(len(users), _nobody)
    attempt.ask_price(_nobody)
    measured, _, _ = attempt.measured(attempt.contrast())
    sent = sim.service.tally.recommendation_requests
    return ground, replace(measured, asked=sent, shared=0, seconds=round(monotonic() - began, 3))
