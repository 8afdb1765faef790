"""A simulation of a run as its controller knows it, with a bundle on disk and nothing asked of any service."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from truth_answers import NOW

from pytest_recsim.prepare.seed import Seeded
from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.service.safety.interlock import Counts
from pytest_recsim.simulation.session.opened import Opened
from pytest_recsim.simulation.session.preparation import OUTCOME
from pytest_recsim.simulation.session.run import RunContext
from pytest_recsim.simulation.session.simulation import Simulation

NOTHING = Counts(items=0, users=0, events=0)


def opened_run(plan, folder, *, started=NOW, **facts):
    """Open a simulation with its report folder below ``folder``; ``facts`` are those of Opened."""
    bundle = open_bundle(folder / "reports", plan.id, started)
    context = RunContext(
        plan=plan,
        run_id="r1",
        now=started,
        url="http://x",
        bundle_dir=str(bundle.root),
        scratch=str(folder / f"scratch-{bundle.root.name}"),
    )
    context.folder.mkdir(parents=True)
    return Opened(Simulation(context), **facts)


def prepared_as(opened, prepared):
    """Leave the outcome of preparation where every process of the run looks for it."""
    path = opened.sim.context.folder / OUTCOME
    path.write_bytes(msgspec.msgpack.encode(prepared))


def seeded(**facts):
    place = {"newest": "", "oldest": "", "probe_id": None, "probe_source": None}
    counts = {"counts": NOTHING, "held": NOTHING, "sent": NOTHING}
    rest = {"shift_us": 0, "reused": False, "leak": "", "notes": (), "seconds": 1.0}
    return Seeded(**place | counts | rest | facts)


def later(hours):
    return NOW + timedelta(hours=hours)
