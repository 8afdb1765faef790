"""What the hooks of one process share, kept in a typed stash key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.own import Announced
from pytest_recsim.simulation import RunContext, Simulation
from pytest_recsim.simulation.controller import scratch

KEPT = 6
"""Simulations that a worker keeps open; one that is closed too early is opened again, at the cost of a file."""


@dataclass
class State:
    """Simulations of this process.

    Attributes:
        plans: by simulation id, known from the start; parametrisation needs nothing else.
        contexts: filled on the controller once bundles are open, on workers from the controller.
        worker: ``gw0``, ... or an empty string on the controller.
        metrics: the user's own ones, name -> (file, metric).
        find: returns the open simulation of that id, or opens it.
    """

    plans: Mapping[str, Plan]
    contexts: dict[str, RunContext] = field(default_factory=dict)
    worker: str = ""
    metrics: Announced = field(default_factory=dict)
    find: Callable[[str], Simulation] | None = None
    _open: dict[str, Simulation] = field(default_factory=dict)

    def simulation(self, name: str) -> Simulation:
        """Return this process's simulation, opened on first use; the one longest unused is closed for it.

        Raises:
            SimulationFailed: its service cannot be opened.
        """
        assert self.find is not None  # collecting and dry runs ask for no simulation
        found = self._open.pop(name, None) or self.find(name)
        found.metrics = [metric for _, metric in self.metrics.values()]
        self._open[name] = found
        if len(self._open) > KEPT and self.worker:
            self.close(next(iter(self._open)))
        return found

    def close(self, name: str) -> None:
        """Close a simulation if it is open here."""
        simulation = self._open.pop(name, None)
        if simulation is not None:
            simulation.close()

    def close_all(self) -> None:
        for name in list(self._open):
            self.close(name)


STATE = pytest.StashKey[State]()


def scratch_folder(config: pytest.Config) -> Path:
    """Make the folder that all processes of this run share; it goes with the run, and those of killed runs go now."""
    scratch.sweep()
    try:
        folder, held = scratch.make()
    except OSError as error:
        raise pytest.UsageError(f"no scratch folder can be made: {error.strerror or error}") from None
    config.add_cleanup(held.close)
    config.add_cleanup(lambda: scratch.remove(folder))
    return folder
