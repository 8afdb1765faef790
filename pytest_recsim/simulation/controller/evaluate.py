"""One plan evaluated without pytest: seeded once, judged, put back, returned as a value. For sweeps, engines, notebooks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import asdict

from pytest_recsim.data.input.problems import InputError, Problem, RecsimError
from pytest_recsim.pace import Progress, silent
from pytest_recsim.plan.model import OwnFacts, Plan
from pytest_recsim.plan.own import METRICS, Metric, kind
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.record import secrets
from pytest_recsim.record.masking import learn
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.simulation.controller import scratch
from pytest_recsim.simulation.controller.fleet import Fleet
from pytest_recsim.simulation.controller.judging import due, judged
from pytest_recsim.simulation.controller.run_record import RunRecord
from pytest_recsim.simulation.controller.services import check_addresses

HERE = "evaluate"
LEFT_OUT = ("the scenarios",)
"""They are tests, so they need pytest."""


class NotPutBack(RecsimError):  # noqa: N818 - told to the user as it is
    """What was measured stands, and something that had been changed could not be taken back.

    Attributes:
        record: what was measured.
    """

    def __init__(self, sentences: Sequence[str], record: RunRecord) -> None:
        super().__init__("\n".join(sentences))
        self.record = record


def evaluate(
    plan: Plan,
    *,
    metrics: Sequence[Metric] = (),
    reports: Path | str | None = None,
    say: Callable[[str], None] = lambda _: None,
    progress: Progress = silent,
) -> RunRecord:
    """Seed a customer's data once, observe, judge quality and guardrails, and put everything back.

    Any number of calls in one process, one after the other. A stand-in is started, and ended, where the plan names no
    service. Nothing of a call stays behind, whatever ends it.

    Args:
        plan: from ``plan_for``.
        metrics: custom metrics, the same that ``plan_for`` was given.
        reports: folder for a bundle as a run of pytest leaves it; None keeps none.
        say: hears what somebody who waits wants to know.
        progress: hears how far long work is, twice a second, from another thread: `print` will do.

    Raises:
        InputError: wrong input, or a namespace that must not be written to.
        ServiceError, SimulationFailed: the service did not do what was needed.
        NotPutBack: see there. All of them are ``RecsimError``.
    """
    metrics = tuple(metrics) if isinstance(metrics, Iterable) else metrics
    if wrong := [*_wrong_kinds(plan, metrics, reports, {"say": say, "progress": progress})]:
        raise InputError(wrong)
    _refuse(plan, metrics, reports)
    learn([*secrets.of_variables(os.environ), *secrets.of_command(plan.restart_command)])
    return _evaluated(plan, metrics, reports, say, progress)


def _wrong_kinds(
    plan: object, metrics: object, reports: object, heard: Mapping[str, object]
) -> Iterator[Problem]:
    """Yield a problem for every argument of another kind than it is said to be."""
    if not isinstance(plan, Plan):
        yield Problem(HERE, f"`plan` is {kind(plan)}; must be what plan_for returned")
    if not isinstance(metrics, tuple):
        yield Problem(HERE, f"`metrics` is {kind(metrics)}; must be {METRICS}")
    elif odd := [one for one in metrics if not isinstance(one, Metric)]:
        yield Problem(HERE, f"`metrics` holds {kind(odd[0])}; must be {METRICS}")
    if not isinstance(reports, str | Path | None):
        yield Problem(HERE, f"`reports` is {kind(reports)}; must be text, a path or None")
    for name, function in heard.items():
        if not callable(function):
            yield Problem(HERE, f"`{name}` is {kind(function)}; must be a function")


def _refuse(plan: Plan, metrics: Sequence[Metric], reports: Path | str | None) -> None:
    """Find what is wrong on paper.

    Raises:
        InputError: there is something.
    """
    check_addresses([plan])
    problems = []
    if plan.seed_only or "quality" in plan.skip:
        problems.append(
            Problem("plan", "leaves the quality out, and evaluate does nothing else than judge it")
        )
    if _names(metrics) != _names(plan.own):
        problems.append(Problem("metrics", "must be the ones that plan_for was given"))
    if reports is None and plan.mode.changes and not plan.stand_in:
        what = f"must name a folder: apply mode `{plan.apply.value}` changes the service, and the note that says how"
        problems.append(Problem("reports", f"{what} to put it back has to survive this process"))
    if problems:
        raise InputError(problems)


def _names(metrics: Iterable[Metric | OwnFacts]) -> list[str]:
    """What tells metrics apart, whatever their order; a name may be anything."""
    return sorted(repr((metric.name, metric.per_user)) for metric in metrics)


def _evaluated(
    plan: Plan,
    metrics: Sequence[Metric],
    reports: Path | str | None,
    say: Callable[[str], None],
    progress: Progress,
) -> RunRecord:
    with scratch_folder() as folder:
        kept = folder / "reports" if reports is None else Path(reports)
        fleet = Fleet(Resolved([plan]), kept, folder, complain=say, html=reports is not None)
        try:
            quality = _judged(fleet, plan, metrics, say, progress)
        except BaseException as error:
            for sentence in put_back(fleet, plan):
                error.add_note(sentence)
            raise
        left = put_back(fleet, plan)
        record = _complete(fleet, plan, quality, keep=reports is not None)
        if left:
            raise NotPutBack(left, record)
        return record


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A scratch folder for one call; those of killed runs go first."""
    scratch.sweep()
    try:
        folder, held = scratch.make()
    except OSError as error:
        raise InputError(Problem("", f"no scratch folder can be made: {error.strerror or error}")) from None
    try:
        yield folder
    finally:
        held.close()
        scratch.remove(folder)


def _judged(
    fleet: Fleet, plan: Plan, metrics: Sequence[Metric], say: Callable[[str], None], progress: Progress
) -> QualityMetrics:
    """Open, seed, observe and judge; what was sent, and the verdict, are known at the end only."""
    fleet.start(say)
    fleet.turn_to(plan.id)
    sim = fleet.opened[plan.id].sim
    sim.metrics, sim.progress = metrics, progress
    wanted = due(plan)
    keys = [one.key for one in wanted]
    for result in judged(sim, wanted):
        fleet.add(result, lambda: keys)
    return QualityMetrics(**asdict(sim.quality), noise=sim.noise, own=sim.own)


def put_back(fleet: Fleet, plan: Plan) -> list[str]:
    """Leave the namespace and the service as they were; return what could not be."""
    try:
        if plan.id in fleet.writers and plan.id not in fleet.finished:
            fleet.finish(plan.id, [one.key for one in due(plan)], LEFT_OUT)
    finally:
        try:
            fleet.restore()
        finally:
            fleet.stop()
    return fleet.alarms


def _complete(fleet: Fleet, plan: Plan, quality: QualityMetrics, *, keep: bool) -> RunRecord:
    """The record, when everything has been put back and all of it is known."""
    writer = fleet.writers[plan.id]
    return RunRecord(
        metadata=writer.document,
        quality=quality,
        checks=tuple(writer.results.values()),
        bundle=str(writer.bundle.root) if keep else "",
    )
