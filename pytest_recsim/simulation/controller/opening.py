"""Opening a simulation: a bundle that says `started`, a service that answers, an interlock that agrees."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

import msgspec

from pytest_recsim.apply.hold import holder
from pytest_recsim.apply.reach import environment
from pytest_recsim.clock import monotonic, utc_now
from pytest_recsim.compare.sides import read_run
from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.urls import normalise
from pytest_recsim.service.launcher import StandIn, launch
from pytest_recsim.service.safety.interlock import guard, inspect, recognise
from pytest_recsim.service.safety.preflight import ServiceFacts, preflight
from pytest_recsim.simulation.session.opened import Opened
from pytest_recsim.simulation.session.run import RunContext, Secret
from pytest_recsim.simulation.session.simulation import Simulation


def new_run_id() -> str:
    """Short, unique, and fit for item ids and rule names."""
    return f"{utc_now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def new_token() -> Secret:
    """Something that nobody else on this machine can guess."""
    return Secret(secrets.token_urlsafe(32))


def planned(
    plan: Plan, fixture: Fixture | None, *, run_id: str, now: datetime, scratch: Path, token: Secret
) -> Opened:
    """Return a simulation of which nothing has been opened yet."""
    context = RunContext(
        plan=plan, run_id=run_id, now=now, url="", bundle_dir="", scratch=str(scratch), token=token
    )
    return Opened(Simulation(context, fixture))


def place_of(plan: Plan) -> str:
    """Name a running service's namespace, as the lock on it is named."""
    return f"{plan.address} org {plan.org_id.value} namespace {plan.namespace.value}"


def open_service(opened: Opened) -> None:
    """Start or reach the service and make sure that it may be written to; only reads are sent.

    Whoever opens a running service holds the lock on the namespace. Of variants that share one the first is opened first, and
    looks at its rows for all of them.

    Raises:
        InputError: no service (a stand-in that has ended is told with its last words), no Recsys, key refused, a namespace that
            is not ours, or a run to compare with that cannot be read.
        ServiceError: a service that is not well behind its door.
    """
    plan, context, began = opened.plan, opened.sim.context, monotonic()
    if plan.compare_to:
        read_run(Path(plan.compare_to))  # found out now and not after an hour
    stand_in = _stand_in(plan, context.now, context.token) if plan.stand_in else None
    try:
        url = stand_in.url if stand_in else normalise(plan.base_url.value, plan.base_url.origin)
        ours = "" if stand_in else context.holder or holder(place_of(plan))
        opened.sim.context = msgspec.structs.replace(context, url=url, holder=ours)
        with Service(opened.sim.endpoint) as service:  # one of its own: this may be another thread
            opened.tallies.append(service.tally)
            facts = preflight(service)
            opened.found = inspect(service)
            if not plan.reads_only and (plan.variant is None or plan.variant.number == 1):
                opened.found = recognise(service, opened.found)
                now = context.now if stand_in else service.clock()
                _guard(opened, now)
    except BaseException as error:
        ended = stand_in.ended() if stand_in and isinstance(error, InputError | ServiceError) else ""
        if stand_in is not None:
            stand_in.stop()
        if ended:
            raise InputError(Problem("stand-in", ended)) from None
        raise
    know(opened, facts)
    opened.stand_in, opened.seconds = stand_in, monotonic() - began


def know(opened: Opened, facts: ServiceFacts) -> None:
    """Take in what the service said about itself, for this process and for all that get the context."""
    opened.facts = facts
    opened.sim.context = msgspec.structs.replace(
        opened.sim.context, influences=facts.warnings, capabilities=facts.capabilities
    )


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


def _guard(opened: Opened, now: datetime) -> None:
    plan, context, found = opened.plan, opened.sim.context, opened.found
    assert found is not None  # inspected just before
    guard(
        found,
        namespace=plan.namespace.value,
        allow_reset=plan.allow_reset or None,
        run_id=context.run_id,
        now=now,
        holder=context.holder,
    )


def _stand_in(plan: Plan, now: datetime, token: Secret) -> StandIn:
    """Start the stand-in: with the plan's knobs, or with the packaged prod ones in the other apply modes."""
    if plan.mode.stand_in_only:
        knobs = environment(plan)
    else:
        knobs = load_profile(packaged_profiles() / "prod.env").environment
    return launch(knobs, now=now, latency_ms=plan.latency_ms, token=token.text)
