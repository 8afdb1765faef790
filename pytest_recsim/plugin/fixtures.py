"""The fixtures that scenarios use, shipped ones and users' own; documented in docs/own-scenarios.md."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_recsim.clock import monotonic
from pytest_recsim.plugin.identity import identify
from pytest_recsim.plugin.junit import NO_SERVICE, PREPARING
from pytest_recsim.plugin.state import STATE
from pytest_recsim.simulation import Simulation
from pytest_recsim.simulation.checks.check import Check
from pytest_recsim.simulation.session.simulation import SimulationFailed


@pytest.fixture
def sim(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """One customer's simulation: seeded, quality lists observed, the service at hand."""
    began = monotonic()
    try:
        simulation = request.config.stash[STATE].simulation(request.param)
        try:
            _ = simulation.prepared
            if "quality" not in simulation.plan.skip:
                _ = simulation.own
            request.node.stash[PREPARING] = monotonic() - began
        finally:
            simulation.flush()
        failure = simulation.trouble
    except SimulationFailed as error:
        request.node.stash[PREPARING] = monotonic() - began
        failure = f"could not be prepared: {error}"
    if failure:
        request.node.stash[NO_SERVICE] = True
        pytest.fail(failure, pytrace=False)
    yield simulation
    simulation.flush()
    if simulation.trouble:
        pytest.fail(simulation.trouble, pytrace=False)


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Check:
    """Collects the measures of this check; the plugin concludes after the function."""
    identity = identify(request.node)
    return Check(title=identity.title if identity else request.node.name)
