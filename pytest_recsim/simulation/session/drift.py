"""Whether the namespace is, at the end of a run, what it was after seeding: others may have been at work in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from pytest_recsim.prepare.seed import Seeded
from pytest_recsim.service.api.capabilities import EVERYTHING, Capabilities
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.safety.interlock import NamespaceState, inspect, recognise
from pytest_recsim.service.safety.preflight import influences


def drift(
    service: Service,
    seeded: Seeded,
    *,
    run_id: str,
    before: Collection[str],
    can: Capabilities = EVERYTHING,
    rows: bool = False,
) -> list[str]:
    """Return sentences about what has changed since seeding, none when nothing has; about eight reads.

    Args:
        service: where to look.
        seeded: what seeding left there.
        run_id: this run, whose marker it should carry.
        before: what ``influences`` said in the pre-flight, by the clock of this machine.
        can: what the service has.
        rows: look at the rows too, a request for every thousand: others may have replaced some.
    """
    ours = service.clock() - timedelta(microseconds=seeded.skew_us)
    state = inspect(service)
    return [
        *_rows(recognise(service, state) if rows and not seeded.reused else state, seeded, run_id),
        *_steered(set(before), set(influences(service, ours, can))),
    ]


def _rows(state: NamespaceState, seeded: Seeded, run_id: str) -> Iterator[str]:
    if state.empty:
        yield (
            f"it is empty and held {seeded.held}: the service has lost its data (a restart?), "
            "or somebody has wiped it"
        )
        return
    if state.held != seeded.held:
        yield f"it holds {state.held} and held {seeded.held}: somebody else writes to it"
    if seeded.reused:
        return
    if state.marker is None:
        yield "our marker is gone"
    elif state.marker.run_id != run_id:
        yield f"run {state.marker.run_id} has seeded it meanwhile"
    elif state.strangers:
        yield f"others have written to it: {state.strangers}"


def _steered(before: set[str], now: set[str]) -> Iterator[str]:
    yield from (f"since the run began: {sentence.rstrip('.')}" for sentence in sorted(now - before))
    yield from (f"no longer true: {sentence.rstrip('.')}" for sentence in sorted(before - now))
