"""Prepare, observe and judge one plan, without pytest."""

from pytest_recsim.simulation.session.run import RunContext
from pytest_recsim.simulation.session.simulation import Simulation

__all__ = ["RunContext", "Simulation"]
