"""One simulation in one process: the service, what was prepared, and the questions scenarios ask."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

from pytest_recsim.data.columns import columns
from pytest_recsim.data.fixture import load_fixture
from pytest_recsim.data.model import Fixture
from pytest_recsim.data.split import split_events
from pytest_recsim.observe.quality import quality_asks
from pytest_recsim.observe.store import load
from pytest_recsim.plan.model import Limit, Plan
from pytest_recsim.prepare.clock import to_us
from pytest_recsim.prepare.seed import Material, Seeded
from pytest_recsim.service.apply import request_overrides
from pytest_recsim.service.ask import Ask, Exchange
from pytest_recsim.service.endpoint import Endpoint
from pytest_recsim.service.face import Service
from pytest_recsim.service.undo import OverrideHandle, RuleHandle, await_effect, override, rule
from pytest_recsim.service.violations import WatchSummary
from pytest_recsim.service.watch import Watch
from pytest_recsim.simulation.catalogue import Catalogue
from pytest_recsim.simulation.effect import Effective
from pytest_recsim.simulation.ledger import Ledger, entries
from pytest_recsim.simulation.quality import Quality
from pytest_recsim.simulation.run import RunContext
from pytest_recsim.simulation.stage import Prepared, prepare_once
from pytest_recsim.simulation.truth import Truth
from pytest_recsim.simulation.watching import watch_for
from pytest_recsim.simulation.world import World


class SimulationFailed(Exception):  # noqa: N818 - told to the user as it is
    """The namespace could not be prepared; carries the one sentence that says why."""


class Simulation(Catalogue, Truth):
    """What scenarios see as ``sim``. Look-ups are in :class:`Catalogue`, relevance in :class:`Truth`.

    Attributes:
        context: the plan, the run's clock and folders.
        ledger: what this process asked and waited for, written beside the record.
    """

    def __init__(self, context: RunContext, fixture: Fixture | None = None) -> None:
        self.context = context
        self.ledger = Ledger(context.folder / f"ledger-{os.getpid()}.json")
        self._given = fixture
        self._watch: Watch | None = None
        self._world: World | None = None
        self._answers: dict[Ask, Exchange] = {}

    # --- what there is ---

    @property
    def plan(self) -> Plan:
        return self.context.plan

    @cached_property
    def fixture(self) -> Fixture:
        return self._given or load_fixture(Path(self.plan.fixture.path))

    @cached_property
    def material(self) -> Material:
        table = columns(self.fixture)
        return Material(self.fixture, table, split_events(table, self.plan.split, self.plan.window_days))

    @cached_property
    def service(self) -> Service:
        """The service, opened on first use; the API key comes from RECSYS_API_KEY only."""
        plan, context = self.plan, self.context
        endpoint = Endpoint(
            base_url=context.url,
            org_id=plan.org_id.value,
            namespace=plan.namespace.value,
            api_key=None if plan.stand_in else os.environ.get("RECSYS_API_KEY"),
            timeout=plan.timeout,
            concurrency=plan.concurrency,
            trust_env=not plan.stand_in,
        )
        return Service(endpoint, clock=lambda: context.now) if plan.stand_in else Service(endpoint)

    @cached_property
    def prepared(self) -> Prepared:
        """The outcome of preparation; whoever comes first does the work.

        Raises:
            SimulationFailed: preparation failed, here or in another process of this run.
        """
        prepared = prepare_once(self)
        if prepared.failure or prepared.seeded is None:
            raise SimulationFailed(prepared.failure)
        self.learn(prepared.seeded, prepared.admin)
        return prepared

    def learn(self, seeded: Seeded, admin: Mapping[str, Any]) -> None:
        """Take in what preparation found; from here on every answer is checked in passing."""
        if self._world is None:
            effective = Effective(self.plan, admin)
            now = to_us(self.context.now if self.plan.stand_in else self.service.clock())
            self._world = World(self.plan, self.material, effective, seeded.shift_us, now)
            self._watch = watch_for(self._world, seeded)
            self.service.see = self._watch.see

    @property
    def world(self) -> World:
        if self._world is None:
            _ = self.prepared
        assert self._world is not None  # learned by `prepared`
        return self._world

    @property
    def watch(self) -> Watch:
        _ = self.world
        assert self._watch is not None  # comes with the world
        return self._watch

    @property
    def quality(self) -> Quality:
        quality = self.prepared.quality
        assert quality is not None  # prepared without failure
        return quality

    @cached_property
    def overrides(self) -> dict[str, Any]:
        """The profile's per-request overrides; empty unless the apply mode is ``request``."""
        return request_overrides(self.plan)

    @cached_property
    def lists(self) -> dict[str, Exchange]:
        """The quality lists by user id."""
        users = list(self.prepared.users)
        asks = quality_asks(self.plan, users, self.overrides)
        place = {
            "url": f"{self.context.url}/v1/recommendations",
            "org_id": self.plan.org_id.value,
            "namespace": self.plan.namespace.value,
        }
        exchanges = load(self.context.folder / "lists.msgpack", asks, **place)
        return dict(zip(users, exchanges, strict=True))

    def limit(self, key: str, segment: str | None = None) -> Limit:
        return self.plan.limit(key, segment)

    def knob(self, name: str) -> Any:
        return self.plan.knob(name)

    def rng(self, name: str) -> random.Random:
        return self.plan.rng(name)

    @property
    def probe_id(self) -> str | None:
        seeded = self.prepared.seeded
        return seeded.probe_id if seeded else None

    @property
    def probe_source(self) -> str | None:
        seeded = self.prepared.seeded
        return seeded.probe_source if seeded else None

    # --- asking ---

    def ask(self, asks: Sequence[Ask]) -> list[Exchange]:
        """Send questions, several in flight; the answers come in the order of the questions."""
        return self.service.recommend(asks)

    def recommend(
        self,
        users: Iterable[str],
        *,
        k: int = 20,
        surface: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        constraints: Mapping[str, Any] | None = None,
        explain: str = "numeric",
        blend: Mapping[str, Any] | None = None,
    ) -> dict[str, Exchange]:
        """Ask for one list per user; the profile's per-request overrides lie under ``overrides``."""
        merged = self.overrides | dict(overrides or {})
        asks = [
            Ask(
                user_id=user,
                k=k,
                surface=self.plan.surface if surface is None else surface,
                include_reasons=True,
                explain_level=explain,
                constraints=constraints,
                overrides=merged or None,
                blend=blend,
            )
            for user in dict.fromkeys(users)
        ]
        return {ask.user_id: exchange for ask, exchange in zip(asks, self.ask(asks), strict=True)}

    def settled(
        self,
        users: Sequence[str],
        surface: str,
        predicate: Callable[[Exchange], bool],
        **question: Any,
    ) -> dict[str, Exchange]:
        """Wait until a change of rules shows, then ask for every user.

        The first user is polled until ``predicate`` held three times in a row, 10 s at most; the wait is
        recorded. After a time-out the last answer is returned and the check fails with it.
        """
        merged = self.overrides | dict(question.pop("overrides", None) or {})
        explain = question.pop("explain", "numeric")
        first, rest = users[0], list(users[1:])
        ask = Ask(user_id=first, surface=surface, explain_level=explain, overrides=merged or None, **question)
        exchanges, waited = await_effect(self.service, [ask], predicate)
        self.ledger.waited(surface, waited)
        answers = {first: exchanges[-1]}
        if rest:
            answers |= self.recommend(rest, surface=surface, overrides=merged, explain=explain, **question)
        return answers

    def surface(self, name: str) -> str:
        """Return a surface of the scenario's own, so that its rules touch no other scenario."""
        return f"recsim-{name}"

    def rule(self, surface: str, name: str, **fields: Any) -> AbstractContextManager[RuleHandle]:
        """A rule for the length of a ``with`` block; disabled afterwards whatever happens."""
        return rule(self.service, surface=surface, name=name, **fields)

    def boost(self, surface: str, item_id: str, boost_value: float) -> AbstractContextManager[OverrideHandle]:
        """A manual boost for the length of a ``with`` block; cancelled afterwards whatever happens."""
        return override(
            self.service, surface=surface, item_id=item_id, action="boost", boost_value=boost_value
        )

    def everything_seen(self) -> WatchSummary:
        """What the checks in passing saw so far, in all processes of this run."""
        self.flush()
        seen = [entry.watch for entry in entries(self.context.folder) if entry.watch is not None]
        return reduce(WatchSummary.merged, seen, WatchSummary())

    def flush(self) -> None:
        """Write this process's tally and what the watch saw, so that the controller can add them up."""
        if "service" in self.__dict__:
            seen = self._watch.summary() if self._watch is not None else None
            self.ledger.write(self.service.tally, seen, time.time())

    def close(self) -> None:
        if "service" in self.__dict__:
            self.flush()
            self.service.close()
