"""What is worked out from the quality lists, once per simulation however many checks want it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from pytest_recsim.service.contract.ask import Exchange
    from pytest_recsim.simulation.session.simulation import Simulation

T = TypeVar("T")


class OfLists(Generic[T]):
    """Something that hangs on a simulation's quality lists, made when it is first wanted, and anew for other lists."""

    def __init__(self, make: Callable[[Simulation], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[Simulation, tuple[Mapping[str, Exchange], T]] = WeakKeyDictionary()

    def __call__(self, sim: Simulation) -> T:
        held = self._made.get(sim)
        if held is None or held[0] is not sim.lists:
            held = self._made[sim] = (sim.lists, self._make(sim))
        return held[1]
