"""The running services of one pytest run: held against others, changed for the run, given back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pytest_recsim.apply.change import Change
from pytest_recsim.apply.hold import Hold
from pytest_recsim.apply.undone import Undone
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.urls import normalise
from pytest_recsim.service.safety.preflight import preflight
from pytest_recsim.simulation.controller.opening import know, place_of
from pytest_recsim.simulation.session.opened import Opened


def check_addresses(plans: Iterable[Plan]) -> None:
    """Refuse base URLs that cannot be used, or that hold a password.

    Raises:
        InputError: there is one.
    """
    for plan in plans:
        if not plan.stand_in:
            normalise(plan.base_url.value, plan.base_url.origin)


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
        check_addresses(self._running)  # before anything waits
        alone: dict[str, bool] = {}
        for plan in self._running:
            alone[plan.address] = alone.get(plan.address, False) or plan.mode.changes
            alone[place_of(plan)] = True
        for place in sorted(alone):  # everybody in the same order, so that no two wait for each other
            hold = Hold(place, alone=alone[place])
            self._holds.append(hold)
            hold.acquire(tell)
        for plan in self._running:
            self._outlive_workers(place_of(plan), tell)

    def _outlive_workers(self, place: str, tell: Callable[[str], None]) -> None:
        """Wait until the workers of a killed run have noticed its end; until then they may write."""
        hold = Hold(workers_at(place), alone=True)
        try:
            hold.acquire(tell)
        finally:
            hold.release()

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
            if one.plan.mode.restarts:  # it was restarted and may be another build
                know(one, preflight(one.sim.service))

    def turn_to(self, one: Opened, run_id: str) -> None:
        """Bring the service of a simulation to what its plan asks for, if that is not so already.

        Raises:
            InputError, ServiceError: it cannot be done.
        """
        plan, url = one.plan, _where(one)
        profile, earlier = self._changes.get(url, ("", None))
        if earlier is not None and (profile == plan.profile_sha256 or not plan.mode.changes):
            return
        if earlier is not None:
            undone = earlier.undo()
            one.notes += (*undone.notes, *undone.left)
        service = Service(one.sim.endpoint)  # of its own: it outlives the simulation's
        self._talk.append(service)
        one.tallies.append(service.tally)
        change = Change(service, plan, one.sim.context.folder if plan.stand_in else self._reports)
        self._changes[url] = ("", change)  # known from here on, so that whatever it does can be taken back
        change.make(run_id)
        self._changes[url] = (plan.profile_sha256, change)
        one.notes += change.notes

    def leave(self, one: Opened) -> None:
        """Let go of a stand-in, which ends with its simulation; the next one may be given its address."""
        if one.plan.stand_in:
            _, change = self._changes.pop(_where(one), ("", None))
            if change is not None:
                self._talk.remove(change.service)
                change.service.close()

    @property
    def _all(self) -> tuple[tuple[str, Change], ...]:
        """As they are now: a stand-in that a worker asks for adds its own in another thread."""
        return tuple(self._changes.values())

    @property
    def pending(self) -> bool:
        """Whether a note says that a service is not, or may not be, what it was."""
        return any(change.pending for _, change in self._all)

    @property
    def restoring(self) -> list[str]:
        """The commands that put such services back."""
        return [change.restoring for _, change in self._all if change.restoring]

    @property
    def strange(self) -> list[str]:
        """What there is to say about notes on the terminal."""
        return [sentence for _, change in self._all for sentence in change.strange]

    @property
    def touched(self) -> bool:
        """Whether an env file may have been changed, if only to change it back; requests are counted elsewhere."""
        return any(change.touched and not change.stand_in for _, change in self._all)

    def undo(self) -> Undone:
        """Give every running service its configuration back, any number of times."""
        undone = Undone()
        for _, change in self._all:
            if not change.stand_in:
                undone = undone.and_then(change.undo())
        return undone

    def release(self) -> None:
        """Let other runs in."""
        for service in self._talk:
            service.close()
        for hold in self._holds:
            hold.release()
        self._holds.clear()


def workers_at(place: str) -> str:
    """Name the lock that workers of a run share in a namespace."""
    return f"{place} workers"


def hold_as_worker(plan: Plan) -> Hold | None:
    """Let the next run in this namespace wait for this worker, should its controller be killed."""
    if plan.stand_in:
        return None
    hold = Hold(workers_at(place_of(plan)), alone=False)
    hold.acquire(lambda _: None)
    return hold


def _where(one: Opened) -> str:
    """Name the service of a simulation: a running one by its address, a stand-in of its own by its URL."""
    return one.plan.address or one.sim.context.url


def quarrel(plans: Iterable[Plan]) -> bool:
    """Whether two simulations need different configurations of one running service, so that they must take turns."""
    seen: dict[str, str] = {}
    return any(
        seen.setdefault(plan.address, plan.profile_sha256) != plan.profile_sha256
        for plan in plans
        if plan.mode.changes and not plan.stand_in
    )
