"""A simulation that this run has opened, as its controller and the record know it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_recsim.plan.model import Plan
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.launcher import StandIn
from pytest_recsim.service.safety.interlock import NamespaceState
from pytest_recsim.service.safety.preflight import ServiceFacts
from pytest_recsim.simulation.session.simulation import Simulation


@dataclass
class Opened:
    """A simulation of this run as the controller knows it.

    Attributes:
        sim: this process's view of it; its context has no URL before the service is opened.
        stand_in: None on a real service, and while there is none yet.
        facts, found: what service and namespace were like before anything was written; None until then.
        notes: sentences for the record.
        tallies: of requests that the controller sent on its behalf with clients of their own.
        spoiled: why nothing that was measured can be relied on; empty when it can.
        seconds: what starting or reaching the service, and looking at it, took.
        away: whether another process opens and closes it, so that nothing is sent from here.
    """

    sim: Simulation
    stand_in: StandIn | None = None
    facts: ServiceFacts | None = None
    found: NamespaceState | None = None
    notes: list[str] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    spoiled: str = ""
    seconds: float = 0.0
    away: bool = False

    @property
    def plan(self) -> Plan:
        return self.sim.plan
