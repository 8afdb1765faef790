"""Prepared once per run, whichever process comes first: reset, seed, quality lists, judged quality."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock
from msgspec.structs import asdict, replace

from pytest_recsim.clock import perf_counter
from pytest_recsim.compare.compare import compare
from pytest_recsim.compare.sides import read_run
from pytest_recsim.data.input.files import unwritable
from pytest_recsim.data.input.instants import to_us
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.documents import without_secrets
from pytest_recsim.observe.quality import evaluated_users, quality_asks
from pytest_recsim.observe.store import dump, save
from pytest_recsim.pace import paced
from pytest_recsim.prepare.seed import Seeded
from pytest_recsim.record.comparison import NAME as COMPARISON
from pytest_recsim.record.comparison import Comparison
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.metadata import AnswerTimes, KnobRow, WarmUp
from pytest_recsim.record.people import NAME as PEOPLE
from pytest_recsim.record.per_user import NAME as PER_USER
from pytest_recsim.record.per_user import write_lines
from pytest_recsim.record.quality import Noise, Quality, QualityMetrics
from pytest_recsim.record.suspicion import Suspicion
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.records import EventType
from pytest_recsim.simulation.measure.noise import ask_again, measure_noise, sampled_users
from pytest_recsim.simulation.measure.people import people_of
from pytest_recsim.simulation.measure.per_user import user_lines
from pytest_recsim.simulation.measure.scoring import basis_of, score
from pytest_recsim.simulation.measure.traffic import answer_times
from pytest_recsim.simulation.session.early import Answered, ask_early
from pytest_recsim.simulation.session.seeding import seed
from pytest_recsim.simulation.session.session import Session
from pytest_recsim.simulation.session.warming import first_users, warmed
from pytest_recsim.simulation.truth.applied import Applied, applied
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.inferred import Signs, UserClass
from pytest_recsim.simulation.truth.knobs_in_effect import knob_table
from pytest_recsim.simulation.truth.oddities import oddities
from pytest_recsim.simulation.truth.tastes import Tastes

OUTCOME = "prepared.msgpack"
REPEATS_FILE = "repeats.msgpack"
SEEN_PER_CLASS = 50


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of preparation, shared by all processes of the run; a failure is shared too.

    Attributes:
        admin: the service's configuration document as read after seeding.
        types: the service's event types in effect, empty where it does not list them.
        users: the evaluated users, in the order of the stored lists.
        knobs: the table of asked-for and in-effect knobs.
        applied: for whom the profile is in effect.
        comparison: with the run that was named, None where none was.
        failure: one sentence when preparation failed; nothing else is set then.
        answer_times: of the quality lists, per segment and, under "", of all.
        noise: how equal answers to equal questions are, per user class.
        asked_again: the users behind ``noise``, in the order of the stored repeats.
        timings: seconds per step.
        warm_up: how long the first answers took; None where nobody waited for them.
        oddities: what looks odd in the data.
    """

    seeded: Seeded | None = None
    admin: dict[str, Any] = {}
    types: tuple[EventType, ...] = ()
    users: tuple[str, ...] = ()
    knobs: tuple[KnobRow, ...] = ()
    applied: Applied = Applied()
    quality: Quality | None = None
    comparison: Comparison | None = None
    failure: str = ""
    answer_times: dict[str, AnswerTimes] = {}
    noise: dict[str, Noise] = {}
    asked_again: tuple[str, ...] = ()
    timings: dict[str, float] = {}
    warm_up: WarmUp | None = None
    oddities: tuple[Suspicion, ...] = ()


def prepare_once(sim: Session) -> Prepared:
    """Prepare the namespace or read what another process of this run prepared.

    The lock is the operating system's: a process that dies while holding it lets the next one in, which
    finds no outcome and starts over with a reset.
    """
    try:
        return _shared(sim)
    except OSError as error:  # not even the failure can be shared
        return Prepared(failure=unwritable(sim.context.folder, error))


def _shared(sim: Session) -> Prepared:
    folder = sim.context.folder
    folder.mkdir(parents=True, exist_ok=True)
    outcome = folder / OUTCOME
    with FileLock(folder / "prepare.lock"):
        if outcome.exists():
            return msgspec.msgpack.decode(outcome.read_bytes(), type=Prepared)
        with (folder / "seeders.txt").open("a", encoding="utf-8") as stream:
            stream.write(f"{os.getpid()}\n")
        try:
            prepared = _work(sim)
        except (InputError, ServiceError) as error:
            prepared = Prepared(failure=str(error))
        except OSError as error:
            prepared = Prepared(failure=unwritable(sim.context.bundle.root, error))
        except Exception as error:  # a fault of ours: told once with its traceback, never repeated per check
            failure = f"internal error in pytest-recsim: {type(error).__name__}: {error}"
            write_atomic(outcome, msgspec.msgpack.encode(Prepared(failure=failure)))
            raise
        write_atomic(outcome, msgspec.msgpack.encode(prepared))
        return prepared


def _asking(sim: Session, asks: Sequence[Ask]) -> AbstractContextManager[None]:
    """Report lists as they come."""
    tally, before = sim.service.tally, sim.service.tally.recommendations
    what = f"{sim.plan.id}: asking for lists"
    return paced(sim.progress, what, len(asks), lambda: tally.recommendations - before)


def _work(sim: Session) -> Prepared:
    clock = _Laps()
    seeded = seed(sim)
    admin = without_secrets("", sim.service.admin_config())  # a service may show more than knobs
    types = tuple(sim.service.event_types()) if sim.capabilities.event_types else ()
    world = sim.learn(seeded, admin, types)
    clock.lap("seed")
    odd = oddities(world, to_us(sim.context.now))
    clock.lap("look_at_data")
    users = evaluated_users(sim.plan, sim.fixture, sim.material.columns, sim.material.split)
    asks = quality_asks(sim.plan, users, sim.overrides)
    first, warm_up = warmed(sim, first_users(world, users), asks)
    clock.lap("warm_up")
    early = None
    if sim.plan.stop_early:
        early = _asked_early(sim, world, users, admin, first)
        exchanges = early.exchanges
    else:
        exchanges = _asked(sim, asks, first)
    save(sim.context.folder / "lists.msgpack", exchanges)
    sim.asked = exchanges
    dump(sim.context.bundle.artifacts / "recommendation_dump.jsonl.gz", exchanges)
    clock.lap("observe")
    answers = _repeated(sim, world, exchanges)
    noise = measure_noise(world, answers)
    clock.lap("noise")
    knobs = knob_table(sim.plan, admin, by_class(world, exchanges), _signs(sim, world))
    for_whom = applied(world, knobs, exchanges)
    basis = basis_of(world, exchanges, _clamp(admin))
    with paced(sim.progress, f"{sim.plan.id}: judging the lists"):
        quality = score(
            world,
            exchanges,
            clamped=basis.clamped,
            noise=noise,
            applied=for_whom,
            basis=basis,
            looks=early.looks if early else None,
        )
    if early and early.looks is None:
        quality = replace(quality, early=early.facts)
    write_lines(sim.context.bundle.artifacts / PER_USER, user_lines(basis, for_whom))
    sim.context.bundle.write("quality_metrics.json", QualityMetrics(**asdict(quality), noise=noise))
    if sim.plan.show_users:
        sim.context.bundle.write(PEOPLE, people_of(basis, for_whom))
    comparison = _compared(sim)
    clock.lap("judge")
    return Prepared(
        seeded=seeded,
        admin=admin,
        types=types,
        users=tuple(exchange.ask.user_id for exchange in exchanges),
        knobs=tuple(knobs),
        applied=for_whom,
        quality=quality,
        comparison=comparison,
        answer_times=answer_times({user.user_id: user.segment for user in sim.fixture.users}, exchanges),
        noise=noise,
        asked_again=tuple(answers),
        timings=clock.seconds,
        warm_up=warm_up,
        oddities=odd,
    )


def _asked(sim: Session, asks: Sequence[Ask], first: Mapping[Ask, Exchange]) -> list[Exchange]:
    """The answers to these questions, those that are at hand among them."""
    left = [ask for ask in asks if ask not in first]
    with _asking(sim, left):
        rest = iter(sim.ask(left))
    return [first[ask] if ask in first else next(rest) for ask in asks]


def _asked_early(
    sim: Session, world: Dataset, users: Sequence[str], admin: dict[str, Any], first: Mapping[Ask, Exchange]
) -> Answered:
    """The quality lists of as many users as it takes."""

    def ask(some: Sequence[str]) -> list[Exchange]:
        return _asked(sim, quality_asks(sim.plan, list(some), sim.overrides), first)

    def in_effect(exchanges: list[Exchange]) -> bool:
        knobs = knob_table(sim.plan, admin, by_class(world, exchanges), _signs(sim, world))
        return not applied(world, knobs, exchanges).groups

    return ask_early(world, users, ask, in_effect)


def _signs(sim: Session, world: Dataset) -> Signs:
    return Signs(
        popular=(int(world.offered.sum()), int(world.offerable.sum())),
        boostable=Tastes(world).boostable,
        rules=sim.service.rules_evaluated(),
    )


def _compared(sim: Session) -> Comparison | None:
    """Hold this run's numbers against those of the run that was named, and keep what comes of it."""
    if not sim.plan.compare_to:
        return None
    bundle = sim.context.bundle
    found = compare(
        read_run(Path(sim.plan.compare_to)),
        read_run(bundle.root),
        lambda segment: int(sim.plan.limit("min_segment_users", segment).value),
    )
    found = replace(found, now=replace(found.now, verdict=""))  # this run has none yet
    bundle.write(COMPARISON, found)
    return found


def _repeated(sim: Session, world: Dataset, exchanges: Sequence[Exchange]) -> dict[str, list[Exchange]]:
    """Ask a few users of either class their quality question again, and keep the answers for all processes."""
    users = sampled_users(world, exchanges, sim.plan.rng("noise"))
    answers = ask_again({exchange.ask.user_id: exchange for exchange in exchanges}, users, sim.ask)
    save(sim.context.folder / REPEATS_FILE, [again for found in answers.values() for again in found[1:]])
    return answers


def by_class(world: Dataset, exchanges: Sequence[Exchange]) -> dict[UserClass, list[Exchange]]:
    """Up to 50 quality answers of either user class: enough to see the knobs, cheap to read."""
    seen: dict[UserClass, list[Exchange]] = {"established": [], "sparse": []}
    for exchange in exchanges:
        seen["established" if world.established_answer(exchange) else "sparse"].append(exchange)
    return {user_class: answers[:SEEN_PER_CLASS] for user_class, answers in seen.items()}


def _clamp(admin: dict[str, Any]) -> int:
    """The service's own upper bound on k, 0 for none."""
    return int(admin.get("max_k") or 0)


class _Laps:
    """Seconds since the last lap, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, name: str) -> None:
        now = perf_counter()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now
