"""One simulation in one process, as far as preparation needs it: plan, data, service, and what it learned."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pytest_recsim.apply.reach import request_overrides
from pytest_recsim.clock import wall
from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.fixtures.slices import TUNING, before_verdict, tuning_split
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.files import unwritable
from pytest_recsim.data.input.instants import to_us
from pytest_recsim.pace import Progress, silent
from pytest_recsim.plan.model import Plan
from pytest_recsim.prepare.seed import Material, Seeded
from pytest_recsim.record.metadata import CheckCost
from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.records import EventType
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.watch.violations import WatchSummary
from pytest_recsim.service.watch.watch import Watch
from pytest_recsim.simulation.session.late_violations import seen_by_all
from pytest_recsim.simulation.session.ledger import Ledger
from pytest_recsim.simulation.session.run import RunContext
from pytest_recsim.simulation.truth.dataset import EVENT_TYPES, Dataset
from pytest_recsim.simulation.truth.knobs_in_effect import KnobsInEffect
from pytest_recsim.simulation.truth.response_checks import watch_for


class Session:
    """The plan, the data and the open service; what preparation finds is taken in with :meth:`learn`.

    Attributes:
        context: the plan, the run's clock and folders.
        ledger: what this process asked and waited for, written beside the record.
        known: fixture, split and knobs in effect as one value; None until learned.
        trouble: one sentence when the ledger could not be written, else empty.
        asked: the quality lists, where it was this process that asked for them.
        progress: hears how far long work is.
    """

    progress: Progress = staticmethod(silent)

    def __init__(self, context: RunContext, fixture: Fixture | None = None) -> None:
        self.context = context
        self.ledger = Ledger(context.folder)
        self.known: Dataset | None = None
        self.trouble = ""
        self.asked: list[Exchange] = []
        self._given = fixture
        self._watch: Watch | None = None
        self._charge: CheckCost | None = None  # what had been sent when the check that is going on began

    @property
    def plan(self) -> Plan:
        return self.context.plan

    @property
    def capabilities(self) -> Capabilities:
        """What this revision of the service can do and shows."""
        return self.context.capabilities

    @cached_property
    def _whole(self) -> Fixture:
        return self._given or load_fixture(Path(self.plan.fixture.file))

    @cached_property
    def fixture(self) -> Fixture:
        """The data set; of the tuning slice as it was when the verdict slice began."""
        if self.plan.slice != TUNING:
            return self._whole
        return before_verdict(self._whole, self.plan.split, self.plan.window_days)

    @cached_property
    def material(self) -> Material:
        table, at, window = columns(self.fixture), self.plan.split, self.plan.window_days
        if self.plan.slice == TUNING:
            return Material(self.fixture, table, tuning_split(columns(self._whole), table, at, window))
        return Material(self.fixture, table, split_events(table, at, window))

    @cached_property
    def service(self) -> Service:
        """The service, opened on first use; the API key comes from RECSYS_API_KEY only."""
        now = self.context.now
        return Service(self.endpoint, clock=lambda: now) if self.plan.stand_in else Service(self.endpoint)

    @property
    def endpoint(self) -> Endpoint:
        """Where this simulation's requests go."""
        plan = self.plan
        return Endpoint(
            base_url=self.context.url,
            org_id=plan.org_id.value,
            namespace=plan.namespace.value,
            api_key=self.api_key,
            token=self.context.token.text if plan.stand_in else "",
            timeout=plan.timeout,
            concurrency=plan.concurrency,
            trust_env=not plan.stand_in,
            ca_file=Path(plan.ca_file) if plan.ca_file else None,
            slow_s=plan.warm_up,
        )

    @property
    def api_key(self) -> str | None:
        """The key for a real service; the stand-in takes none."""
        return None if self.plan.stand_in else os.environ.get("RECSYS_API_KEY")

    @cached_property
    def overrides(self) -> dict[str, Any]:
        """The profile's per-request overrides; empty unless the apply mode is ``request``."""
        return request_overrides(self.plan)

    def learn(self, seeded: Seeded, admin: Mapping[str, Any], types: Sequence[EventType] = ()) -> Dataset:
        """Take in what preparation found; from here on every answer is checked in passing."""
        if self.known is None:
            effective = KnobsInEffect(self.plan, admin)
            now = to_us(self.context.now) + seeded.skew_us
            self.service.set_clock_ahead(seeded.skew_us / 1e6)
            self.known = Dataset(
                self.plan, self.material, effective, seeded.shift_us, now, tuple(types) or EVENT_TYPES
            )
            self._watch = watch_for(self.known, seeded)
            self.service.see = self._watch.see
        return self.known

    def ask(self, asks: Sequence[Ask]) -> list[Exchange]:
        """Send questions, several in flight; the answers come in the order of the questions."""
        return self.service.recommend(asks)

    @contextmanager
    def charged(self, check: str, case: str = "") -> Iterator[None]:
        """Count what is sent meanwhile as the cost of a check."""
        self._charge = replace(self._sent, check=check, case=case)
        try:
            yield
        finally:
            spent, self._charge = self._spent(), None
            if spent is not None:
                self.ledger.costs.append(spent)

    @property
    def _sent(self) -> CheckCost:
        """All that this process has sent so far, for whatever check."""
        if "service" not in self.__dict__:
            return CheckCost(check="", requests=0, recommendations=0)
        tally = self.service.tally
        return CheckCost(check="", requests=tally.total, recommendations=tally.asked_for_lists)

    def _spent(self) -> CheckCost | None:
        """What the check that is going on has sent so far; None between checks."""
        begun, now = self._charge, self._sent
        if begun is None:
            return None
        return replace(
            begun,
            requests=now.requests - begun.requests,
            recommendations=now.recommendations - begun.recommendations,
        )

    def everything_seen(self) -> WatchSummary:
        """What the checks in passing saw so far, in all processes of this run."""
        self.flush()
        return seen_by_all(self.context.folder)

    def flush(self) -> None:
        """Write this process's tally and what the watch saw, so that the controller can add them up."""
        if "service" in self.__dict__:
            strays = self.service.tally.strays
            seen = self._watch.summary().with_strays(strays) if self._watch is not None else None
            try:
                self.ledger.write(self.service.tally, seen, wall(), self._spent())
            except OSError as error:
                self.trouble = unwritable(self.context.folder, error)

    def close(self) -> None:
        if "service" in self.__dict__:
            self.flush()
            self.service.close()
