"""Opening a simulation: a bundle that says `started`, a service that answers, an interlock that agrees."""

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
from pytest_recsim.service.face import Service
from pytest_recsim.service.interlock import NamespaceState, guard, inspect
from pytest_recsim.service.launcher import StandIn, launch
from pytest_recsim.service.preflight import ServiceFacts, preflight
from pytest_recsim.service.tally import Tally
from pytest_recsim.service.urls import normalise
from pytest_recsim.simulation.run import RunContext
from pytest_recsim.simulation.simulation import Simulation


@dataclass
class Opened:
    """A simulation of this run as the controller knows it.

    Attributes:
        sim: this process's view of it; its context has no URL before the service is opened.
        stand_in: None on a real service, and while there is none yet.
        facts, found: what service and namespace were like before anything was written; None until then.
        notes: sentences for the record.
        tallies: of requests that the controller sent on its behalf with clients of their own.
        spoiled: why nothing that was measured can be relied on; empty when it can.
    """

    sim: Simulation
    stand_in: StandIn | None = None
    facts: ServiceFacts | None = None
    found: NamespaceState | None = None
    notes: list[str] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    spoiled: str = ""

    @property
    def plan(self) -> Plan:
        return self.sim.plan


def new_run_id() -> str:
    """Short, unique, and fit for item ids and rule names."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def planned(plan: Plan, fixture: Fixture | None, *, run_id: str, now: datetime, scratch: Path) -> Opened:
    """Return a simulation of which nothing has been opened yet."""
    context = RunContext(plan=plan, run_id=run_id, now=now, url="", bundle_dir="", scratch=str(scratch))
    return Opened(Simulation(context, fixture))


def open_service(opened: Opened) -> None:
    """Start or reach the service and make sure that it may be written to; only reads are sent.

    Raises:
        InputError: no service, no Recsys, key refused, or a namespace that is not ours.
        ServiceError: a service that is not well behind its door.
    """
    plan, context = opened.plan, opened.sim.context
    stand_in = _stand_in(plan, context.now) if plan.stand_in else None
    try:
        url = stand_in.url if stand_in else normalise(plan.base_url.value, plan.base_url.origin)
        opened.sim.context = msgspec.structs.replace(context, url=url)
        with Service(opened.sim.endpoint) as service:  # one of its own: this may be another thread
            opened.tallies.append(service.tally)
            opened.facts = preflight(service)
            opened.found = inspect(service)
            if not plan.reads_only:
                now = context.now if stand_in else service.clock()
                _guard(plan, opened.found, context.run_id, now)
    except BaseException:
        if stand_in is not None:
            stand_in.stop()
        raise
    opened.sim.context = msgspec.structs.replace(opened.sim.context, influences=opened.facts.warnings)
    opened.stand_in = stand_in


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
    opened.sim.context = msgspec.structs.replace(context, bundle_dir=str(bundle.root))


def _guard(plan: Plan, found: NamespaceState, run_id: str, now: datetime) -> None:
    guard(found, namespace=plan.namespace.value, allow_reset=plan.allow_reset or None, run_id=run_id, now=now)


def _stand_in(plan: Plan, now: datetime) -> StandIn:
    """Start the stand-in: with the plan's knobs, or with the packaged prod ones in the other apply modes."""
    if plan.apply.value == "env":
        knobs = environment(plan)
    else:
        knobs = load_profile(packaged_profiles() / "prod.env").environment
    return launch(knobs, now=now, latency_ms=plan.latency_ms)
