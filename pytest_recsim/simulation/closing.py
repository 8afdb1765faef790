"""Closing a simulation: leave the namespace clean and the marker finished, whatever happened before."""

from __future__ import annotations

from pytest_recsim.data.problems import InputError
from pytest_recsim.service.errors import ServiceError
from pytest_recsim.service.interlock import finish_marker, read_marker
from pytest_recsim.service.leftovers import clean_leftovers
from pytest_recsim.simulation.opening import Opened


def leave_clean(opened: Opened) -> list[str]:
    """Take back rules, overrides and the probe item, and finish the marker; return what went wrong.

    A stand-in dies with its data, so nothing is sent to it.
    """
    if opened.plan.stand_in:
        return []
    service = opened.sim.service
    try:
        told = clean_leftovers(service)
        marker = read_marker(service)
        if marker is not None and marker.run_id == opened.sim.context.run_id:
            finish_marker(service, marker)
    except (ServiceError, InputError) as error:
        return [f"could not clean up: {error}; rules of ours end by themselves after two hours"]
    return [sentence for sentence in told if "probe" not in sentence]


def stop(opened: Opened) -> None:
    """Close connections and end the stand-in; any number of times."""
    opened.sim.close()
    if opened.stand_in is not None:
        opened.stand_in.stop()
