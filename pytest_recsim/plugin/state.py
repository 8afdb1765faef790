"""What the hooks of one process share, kept in a typed stash key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from pytest_recsim.data.model import Fixture
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.own import Announced
from pytest_recsim.simulation import RunContext, Simulation


@dataclass
class State:
    """Simulations of this process.

    Attributes:
        plans: by simulation id, known from the start; parametrisation needs nothing else.
        contexts: filled on the controller once services answer, on workers from the controller.
        worker: ``gw0``, ... or an empty string on the controller.
        metrics: the user's own ones, name -> (file, metric).
    """

    plans: Mapping[str, Plan]
    fixtures: Mapping[str, Fixture] = field(default_factory=dict)
    contexts: dict[str, RunContext] = field(default_factory=dict)
    worker: str = ""
    metrics: Announced = field(default_factory=dict)
    _simulations: dict[str, Simulation] = field(default_factory=dict)

    def simulation(self, name: str) -> Simulation:
        """Return this process's simulation, made on first use."""
        if name not in self._simulations:
            self._simulations[name] = Simulation(self.contexts[name], self.fixtures.get(name))
        simulation = self._simulations[name]
        simulation.metrics = [metric for _, metric in self.metrics.values()]
        return simulation

    def adopt(self, simulation: Simulation) -> None:
        """Take over a simulation that the controller has opened."""
        name = simulation.plan.id
        self.contexts[name] = simulation.context
        self._simulations[name] = simulation

    def opened(self) -> list[Simulation]:
        """Return the simulations that this process has used."""
        return list(self._simulations.values())


STATE = pytest.StashKey[State]()
