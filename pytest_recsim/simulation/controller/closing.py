"""Closing a simulation: leave the namespace clean and the marker finished, whatever happened before."""

from __future__ import annotations

from pytest_recsim.data.input.names import PROBE_PREFIX
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.safety.interlock import finish_marker, read_marker
from pytest_recsim.service.safety.leftovers import Leftover, clean_leftovers
from pytest_recsim.simulation.session.opened import Opened
from pytest_recsim.simulation.session.preparation import OUTCOME
from pytest_recsim.simulation.session.simulation import SimulationFailed


def last_look(opened: Opened) -> str:
    """Return what others have changed in the namespace by the end of the run, empty when nothing.

    The contract check looks too, but another worker may still be measuring then, or it was not selected.
    """
    sim = opened.sim
    if opened.away or opened.plan.stand_in or not (sim.context.folder / OUTCOME).exists():
        return ""
    try:
        changed = sim.changed_namespace()
    except (SimulationFailed, ServiceError):
        return (
            ""  # why there was no preparation stands in every check; a service that is gone, in the clean-up
        )
    return f"the namespace changed while it was measured: {'; '.join(changed)}" if changed else ""


def leave_clean(opened: Opened) -> list[str]:
    """Take back rules, overrides and the probe item, and finish the marker; return what could not be done.

    A stand-in dies with its data, so nothing is sent to it; nor to a namespace that this run only reads, which no
    interlock has let it write to. What scenarios had left behind becomes a note.
    """
    if opened.away or opened.plan.stand_in or opened.plan.reads_only:
        return []
    service = opened.sim.service
    try:
        own = Leftover("probe", f"{PROBE_PREFIX}{opened.sim.context.run_id}")
        opened.notes += [
            found.sentence for found in clean_leftovers(service, opened.sim.capabilities) if found != own
        ]
        marker = read_marker(service)
        if marker is not None and marker.run_id == opened.sim.context.run_id:
            finish_marker(service, marker)
    except (ServiceError, InputError) as error:
        sentence = str(error).rstrip(".")
        return [f"{opened.sim.plan.id}: could not clean up: {sentence}. {_STAYS}"]
    return []


_STAYS = (
    "A rule or override of ours that is still active ends by itself two hours after it was made; the next run "
    "in this namespace (from another machine in 15 minutes, or with --recsim-allow-reset) takes back everything"
)


def stop(opened: Opened) -> None:
    """Close connections and end the stand-in; any number of times."""
    opened.sim.close()
    if opened.stand_in is not None:
        opened.stand_in.stop()
