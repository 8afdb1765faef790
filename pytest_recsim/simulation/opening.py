"""Opening a simulation: a service that answers, an interlock that agrees, a bundle that says `started`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pytest_recsim.apply.reach import environment
from pytest_recsim.data.files import shown
from pytest_recsim.data.model import Fixture
from pytest_recsim.data.problems import InputError, Problem
from pytest_recsim.data.profiles import load_profile, packaged_profiles
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.service.interlock import NamespaceState, guard, inspect
from pytest_recsim.service.launcher import StandIn, launch
from pytest_recsim.service.preflight import ServiceFacts, preflight
from pytest_recsim.service.urls import normalise
from pytest_recsim.simulation.run import RunContext
from pytest_recsim.simulation.simulation import Simulation

UNOPENED = ""


@dataclass
class Opened:
    """A simulation that may begin.

    Attributes:
        stand_in: None on a real service.
        notes: sentences for the record.
        spoiled: why nothing that was measured can be relied on; empty when it can.
    """

    sim: Simulation
    stand_in: StandIn | None
    facts: ServiceFacts
    found: NamespaceState
    notes: list[str] = field(default_factory=list)
    spoiled: str = ""


def new_run_id() -> str:
    """Short, unique, and fit for item ids and rule names."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def open_simulation(plan: Plan, fixture: Fixture, *, run_id: str, now: datetime, scratch: Path) -> Opened:
    """Start or reach the service and make sure that it may be written to; only reads are sent.

    Raises:
        InputError: no service, no Recsys, key refused, or a namespace that is not ours.
        ServiceError: a service that is not well behind its door.
    """
    stand_in = _stand_in(plan, now) if plan.stand_in else None
    try:
        url = stand_in.url if stand_in else normalise(plan.base_url.value)
        context = RunContext(
            plan=plan, run_id=run_id, now=now, url=url, bundle_dir=UNOPENED, scratch=str(scratch)
        )
        sim = Simulation(context, fixture)
        try:
            facts = preflight(sim.service)
            found = inspect(sim.service)
            if not {"reset", "seed", "scenarios"} <= set(plan.skip):
                _guard(plan, found, run_id, sim.service.clock())
        except BaseException:
            sim.close()
            raise
    except BaseException:
        if stand_in is not None:
            stand_in.stop()
        raise
    return Opened(sim, stand_in, facts, found)


def open_record(opened: Opened, reports: Path) -> None:
    """Make the report folder, once nothing stands against any simulation of this run.

    Raises:
        InputError: the folder cannot be made.
    """
    context = opened.sim.context
    try:
        bundle = open_bundle(reports, context.plan.id, context.now)
    except OSError as error:
        raise InputError(
            Problem(shown(reports), f"no report can be written there: {error.strerror}")
        ) from None
    opened.sim.context = msgspec.structs.replace(
        context, bundle_dir=str(bundle.root), influences=opened.facts.warnings
    )


def _guard(plan: Plan, found: NamespaceState, run_id: str, now: datetime) -> None:
    guard(found, namespace=plan.namespace.value, allow_reset=plan.allow_reset or None, run_id=run_id, now=now)


def _stand_in(plan: Plan, now: datetime) -> StandIn:
    """Start the stand-in: with the plan's knobs, or with the packaged prod ones in the other apply modes."""
    if plan.apply.value == "env":
        return launch(environment(plan), now=now)
    packaged = load_profile(packaged_profiles() / "prod.env")
    return launch({name: setting.text for name, setting in packaged.values.items()}, now=now)
