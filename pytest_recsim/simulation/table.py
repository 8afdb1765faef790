"""The knob table of a simulation, read from the quality lists that are there anyway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_recsim.service.ask import Exchange
from pytest_recsim.simulation.effect import KnobRow, UserClass, knob_table

if TYPE_CHECKING:
    from pytest_recsim.simulation.simulation import Simulation

SEEN_PER_CLASS = 50


def in_effect(sim: Simulation, exchanges: Sequence[Exchange], admin: dict[str, Any]) -> list[KnobRow]:
    """Return the table of knobs, read from up to 50 quality answers of either user class."""
    seen: dict[UserClass, list[Exchange]] = {"established": [], "sparse": []}
    for exchange in exchanges:
        established = sim.established_answer(exchange)
        seen["established" if established else "sparse"].append(exchange)
    return knob_table(sim.plan, admin, {name: answers[:SEEN_PER_CLASS] for name, answers in seen.items()})
