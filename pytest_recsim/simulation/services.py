"""The running services of one pytest run: held against others, changed for the run, given back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pytest_recsim.apply.change import CHANGING, Change
from pytest_recsim.apply.hold import Hold
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.preflight import preflight
from pytest_recsim.service.urls import normalise
from pytest_recsim.simulation.opening import Opened


class Services:
    """A stand-in belongs to one simulation and dies with it: it is changed if need be, neither held nor restored."""

    def __init__(self, plans: Iterable[Plan], reports: Path) -> None:
        self._reports = reports
        self._running = [plan for plan in plans if not plan.stand_in]
        self._holds: dict[str, Hold] = {}
        self._changes: list[Change] = []

    def hold(self, tell: Callable[[str], None]) -> None:
        """Wait until no other run of this machine changes a service that we use, or uses one that we change.

        Raises:
            InputError: that took too long.
        """
        alone: dict[str, bool] = {}
        for plan in self._running:
            url = normalise(plan.base_url.value, plan.base_url.origin)
            alone[url] = alone.get(url, False) or plan.apply.value in CHANGING
        for url in sorted(alone):  # everybody in the same order, so that no two wait for each other
            self._holds[url] = Hold(url, alone=alone[url])
            self._holds[url].acquire(tell)

    def change(self, opened: Iterable[Opened], run_id: str) -> None:
        """Bring each service's configuration to what the plans ask for, once per service.

        Raises:
            InputError, ServiceError: it cannot be done; ``undo`` takes back what was.
        """
        by_url: dict[str, list[Opened]] = {}
        for one in opened:
            by_url.setdefault(one.sim.context.url, []).append(one)
        for together in by_url.values():
            sim = together[0].sim
            change = Change(sim.service, sim.plan, sim.context.folder if sim.plan.stand_in else self._reports)
            if not sim.plan.stand_in:
                self._changes.append(change)
            change.make(run_id)
            for one in together:
                one.notes += change.notes
                if sim.plan.apply.value == "env-file":  # it was restarted and may be another build
                    one.facts = preflight(one.sim.service)

    def undo(self) -> list[str]:
        """Give every service its configuration back, any number of times; return what could not be."""
        return [sentence for change in self._changes for sentence in change.undo()]

    def release(self) -> None:
        """Let other runs in."""
        for hold in self._holds.values():
            hold.release()
        self._holds.clear()
