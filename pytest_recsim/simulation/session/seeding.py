"""Reset and seed: once for a simulation, and once for all variants of a sweep together."""

from __future__ import annotations

from contextlib import AbstractContextManager

import msgspec
from filelock import FileLock
from msgspec.structs import replace

from pytest_recsim.data.input.files import unwritable
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.pace import paced
from pytest_recsim.prepare.manifest import seed_manifest, seed_segments
from pytest_recsim.prepare.seed import Seeded, prepare
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.service.api.writing import BATCH
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.safety.interlock import Counts
from pytest_recsim.simulation.session.session import Session

OUTCOME, ROWS = "seeded.msgpack", "rows"


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the seeding that all variants share; ``by`` is the one that was due first."""

    by: str
    seeded: Seeded | None = None
    failure: str = ""


def seed(sim: Session) -> Seeded:
    """Reset and seed, or take over what another variant has seeded, and write both manifests.

    Raises:
        InputError: see ``prepare``, or the manifests cannot be written.
        ServiceError: a request failed for good.
        OSError: variants cannot share their seeding.
    """
    seeded = _seed(sim) if sim.plan.variant is None else _shared(sim)
    context, bundle = sim.context, sim.context.bundle
    try:
        bundle.write("seed_manifest.json", seed_manifest(sim.plan, sim.material, seeded, context.run_id))
        bundle.write("seed_segments.json", seed_segments(sim.material))
    except OSError as error:
        raise InputError(Problem("", unwritable(bundle.root, error))) from None
    return seeded


def _seed(sim: Session) -> Seeded:
    context, material = sim.context, sim.material
    with _seeding(sim):
        return prepare(
            sim.service,
            sim.plan,
            material,
            now=context.now,
            run_id=context.run_id,
            holder=context.holder,
            can=sim.capabilities,
        )


def _shared(sim: Session) -> Seeded:
    """Seed for all variants, whichever is due first, and take over its rows in all others.

    On a running service they are where it left them; a stand-in belongs to one variant and is handed them in a file.
    A process that dies while it seeds lets the next one in, which starts over with a reset.
    """
    folder, mine = sim.context.seeding_folder, sim.plan.id
    folder.mkdir(parents=True, exist_ok=True)
    outcome = folder / OUTCOME
    with FileLock(folder / "seeding.lock"):
        if outcome.exists():
            found = msgspec.msgpack.decode(outcome.read_bytes(), type=Shared)
        else:
            found = _first(sim)
            write_atomic(outcome, msgspec.msgpack.encode(found))
    if found.seeded is None:
        raise InputError(Problem("", found.failure))
    if found.by == mine:
        return found.seeded
    if sim.plan.stand_in:
        sim.service.load_rows(folder / ROWS)
    note = (
        f"The rows are those that {found.by} seeded in this run: nothing was reset or sent for this variant."
    )
    return replace(found.seeded, by=found.by, sent=Counts(0, 0, 0), notes=(note,), seconds=0.0)


def _first(sim: Session) -> Shared:
    try:
        seeded = _seed(sim)
        if sim.plan.stand_in:
            sim.service.save_rows(sim.context.seeding_folder / ROWS)
    except (InputError, ServiceError) as error:
        return Shared(by=sim.plan.id, failure=str(error))
    return Shared(by=sim.plan.id, seeded=seeded)


def _seeding(sim: Session) -> AbstractContextManager[None]:
    """Report rows as they are sent."""
    material, tally = sim.material, sim.service.tally
    rows = len(sim.fixture.items) + len(sim.fixture.users) + len(material.split.seeded)
    return paced(sim.progress, f"{sim.plan.id}: seeding", rows, lambda: tally.written * BATCH)
