"""The running services of one pytest run: held against others, changed for the run, given back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pytest_recsim.apply.change import CHANGING, Change
from pytest_recsim.apply.hold import Hold
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.face import Service
from pytest_recsim.service.preflight import preflight
from pytest_recsim.service.urls import normalise
from pytest_recsim.simulation.opening import Opened


class Services:
    """A stand-in belongs to one simulation and dies with it: it is changed if need be, neither held nor restored."""

    def __init__(self, plans: Iterable[Plan], reports: Path) -> None:
        self._reports = reports
        self._running = [plan for plan in plans if not plan.stand_in]
        self._holds: list[Hold] = []
        self._talk: list[Service] = []
        self._changes: dict[str, tuple[str, Change]] = {}

    def hold(self, tell: Callable[[str], None]) -> None:
        """Wait until no other run of this machine disturbs us, or would be disturbed.

        That is one that changes a service which we use, uses one that we change, or is in a namespace of ours.

        Raises:
            InputError: that took too long.
        """
        alone: dict[str, bool] = {}
        for plan in self._running:
            normalise(plan.base_url.value, plan.base_url.origin)  # refuses before anything waits
            alone[plan.address] = alone.get(plan.address, False) or plan.apply.value in CHANGING
            alone[f"{plan.address} org {plan.org_id.value} namespace {plan.namespace.value}"] = True
        for place in sorted(alone):  # everybody in the same order, so that no two wait for each other
            hold = Hold(place, alone=alone[place])
            self._holds.append(hold)
            hold.acquire(tell)

    def change(self, opened: Sequence[Opened], run_id: str) -> None:
        """Bring each service's configuration to what the first simulation on it asks for.

        Raises:
            InputError, ServiceError: it cannot be done; ``undo`` takes back what was.
        """
        first: dict[str, Opened] = {}
        for one in opened:
            first.setdefault(_where(one), one)
        for one in first.values():
            self.turn_to(one, run_id)
        for one in opened:
            if one.plan.apply.value == "env-file":  # it was restarted and may be another build
                one.facts = preflight(one.sim.service)

    def turn_to(self, one: Opened, run_id: str) -> None:
        """Bring the service of a simulation to what its plan asks for, if that is not so already.

        Raises:
            InputError, ServiceError: it cannot be done.
        """
        plan, url = one.plan, _where(one)
        profile, earlier = self._changes.get(url, ("", None))
        if earlier is not None and (profile == plan.profile_sha256 or plan.apply.value not in CHANGING):
            return
        if earlier is not None:
            one.notes += earlier.undo()
        service = Service(one.sim.endpoint)  # of its own: it outlives the simulation's
        self._talk.append(service)
        one.tallies.append(service.tally)
        change = Change(service, plan, one.sim.context.folder if plan.stand_in else self._reports)
        self._changes[url] = (plan.profile_sha256, change)
        change.make(run_id)
        one.notes += change.notes

    def undo(self) -> list[str]:
        """Give every running service its configuration back, any number of times; return what could not be."""
        return [
            sentence
            for _, change in self._changes.values()
            if not change.stand_in
            for sentence in change.undo()
        ]

    def release(self) -> None:
        """Let other runs in."""
        for service in self._talk:
            service.close()
        for hold in self._holds:
            hold.release()
        self._holds.clear()


def _where(one: Opened) -> str:
    """Name the service of a simulation: a running one by its address, a stand-in of its own by its URL."""
    return one.plan.address or one.sim.context.url


def quarrel(plans: Iterable[Plan]) -> bool:
    """Whether two simulations need different configurations of one running service, so that they must take turns."""
    seen: dict[str, str] = {}
    return any(
        seen.setdefault(plan.address, plan.profile_sha256) != plan.profile_sha256
        for plan in plans
        if plan.apply.value in CHANGING and not plan.stand_in
    )
