"""The fixtures that scenarios use, shipped ones and users' own; documented in docs/own-scenarios.md."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_recsim.plugin.check import Check
from pytest_recsim.plugin.identity import identify
from pytest_recsim.plugin.state import STATE
from pytest_recsim.simulation import Simulation
from pytest_recsim.simulation.simulation import SimulationFailed


@pytest.fixture
def sim(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """One customer's simulation: seeded, quality lists observed, the service at hand."""
    simulation = request.config.stash[STATE].simulation(request.param)
    failure = ""
    try:
        _ = simulation.prepared
        if "quality" not in simulation.plan.skip:
            _ = simulation.own
    except SimulationFailed as error:
        failure = f"could not be prepared: {error}"
    finally:
        simulation.flush()
    if failure:
        pytest.fail(failure, pytrace=False)
    yield simulation
    simulation.flush()


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Check:
    """Collects the measures of this check; the plugin concludes after the function."""
    identity = identify(request.node)
    return Check(title=identity.title if identity else request.node.name)
