"""What must hold for every answer whatever was asked: the profile is in effect, the contract is kept.

Every answer that passed through the client was checked in passing; these checks judge what was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.simulation.checks import standing

if TYPE_CHECKING:
    from pytest_recsim import Check, Simulation


@pytest.mark.guardrail("profile")
def test_profile_is_in_effect(sim: Simulation, check: Check) -> None:
    """Every knob that was sent is in effect, as far as the service lets us see it."""
    standing.profile(sim, check)


@pytest.mark.guardrail("contract")
def test_contract(sim: Simulation, check: Check) -> None:
    """No answer broke the service's contract, and nobody else changed what was measured."""
    standing.contract(sim, check)


@pytest.mark.guardrail("availability")
def test_availability(sim: Simulation, check: Check) -> None:
    """Only known, available items are shown."""
    standing.availability(sim, check)
