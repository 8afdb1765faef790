"""Prepared once per run, whichever process comes first: reset, seed, quality lists, judged quality."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from filelock import FileLock

from pytest_recsim.data.files import unwritable
from pytest_recsim.data.problems import InputError, Problem
from pytest_recsim.observe.quality import evaluated_users, quality_asks
from pytest_recsim.observe.store import dump, save
from pytest_recsim.prepare.manifest import seed_manifest, seed_segments
from pytest_recsim.prepare.seed import Seeded, prepare
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.service.ask import Exchange
from pytest_recsim.service.errors import ServiceError
from pytest_recsim.simulation.effect import KnobRow, knob_table
from pytest_recsim.simulation.inferred import UserClass
from pytest_recsim.simulation.quality import Quality
from pytest_recsim.simulation.scoring import score
from pytest_recsim.simulation.session import Session
from pytest_recsim.simulation.traffic import AnswerTimes, answer_times
from pytest_recsim.simulation.world import World

OUTCOME = "prepared.msgpack"
SEEN_PER_CLASS = 50


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of preparation, shared by all processes of the run; a failure is shared too.

    Attributes:
        admin: the service's configuration document as read after seeding.
        users: the evaluated users, in the order of the stored lists.
        knobs: the table of asked-for and in-effect knobs.
        failure: one sentence when preparation failed; nothing else is set then.
        answer_times: of the quality lists, per segment and, under "", of all.
        timings: seconds per step.
    """

    seeded: Seeded | None = None
    admin: dict[str, Any] = {}
    users: tuple[str, ...] = ()
    knobs: tuple[KnobRow, ...] = ()
    quality: Quality | None = None
    failure: str = ""
    answer_times: dict[str, AnswerTimes] = {}
    timings: dict[str, float] = {}


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


def seed(sim: Session) -> Seeded:
    """Reset and seed, and write both manifests.

    Raises:
        InputError: see ``prepare``, or the manifests cannot be written.
        ServiceError: a request failed for good.
    """
    context, material = sim.context, sim.material
    seeded = prepare(sim.service, sim.plan, material, now=context.now, run_id=context.run_id)
    bundle = context.bundle
    try:
        bundle.write("seed_manifest.json", seed_manifest(sim.plan, material, seeded, context.run_id))
        bundle.write("seed_segments.json", seed_segments(material))
    except OSError as error:
        raise InputError(Problem("", unwritable(bundle.root, error))) from None
    return seeded


def _work(sim: Session) -> Prepared:
    clock = _Laps()
    seeded = seed(sim)
    admin = sim.service.admin_config()
    world = sim.learn(seeded, admin)
    clock.lap("seed")
    users = evaluated_users(sim.plan, sim.fixture, sim.material.columns, sim.material.split)
    exchanges = sim.ask(quality_asks(sim.plan, users, sim.overrides))
    save(sim.context.folder / "lists.msgpack", exchanges)
    dump(sim.context.bundle.artifacts / "recommendation_dump.jsonl.gz", exchanges)
    clock.lap("observe")
    quality = score(world, exchanges, clamped=_clamp(admin))
    sim.context.bundle.write("quality_metrics.json", msgspec.to_builtins(quality))
    clock.lap("judge")
    popular = int((world.available & (world.seeded_weights > 0)).sum())
    knobs = knob_table(sim.plan, admin, _by_class(world, exchanges), popular)
    return Prepared(
        seeded=seeded,
        admin=admin,
        users=tuple(users),
        knobs=tuple(knobs),
        quality=quality,
        answer_times=answer_times({user.user_id: user.segment for user in sim.fixture.users}, exchanges),
        timings=clock.seconds,
    )


def _by_class(world: World, exchanges: Sequence[Exchange]) -> dict[UserClass, list[Exchange]]:
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
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now
