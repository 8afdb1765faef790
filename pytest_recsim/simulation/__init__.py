"""Prepare, observe and judge one plan, without pytest."""

from pytest_recsim.simulation.run import RunContext
from pytest_recsim.simulation.simulation import Simulation

__all__ = ["RunContext", "Simulation"]
