"""What scenarios see as ``sim``: a prepared simulation and the questions one may ask of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from pytest_recsim.apply.admin import differing
from pytest_recsim.data.instants import to_us
from pytest_recsim.observe.quality import quality_asks
from pytest_recsim.observe.store import load, save
from pytest_recsim.plan.model import Limit
from pytest_recsim.plan.own import OwnMetric
from pytest_recsim.service.ask import Ask, Exchange
from pytest_recsim.service.undo import OverrideHandle, RuleHandle, await_effect, override, rule
from pytest_recsim.simulation.catalogue import Catalogue
from pytest_recsim.simulation.drift import drift
from pytest_recsim.simulation.ledger import entries, total_tally
from pytest_recsim.simulation.own import OwnFigure, measure_once
from pytest_recsim.simulation.quality import Figure, Quality
from pytest_recsim.simulation.session import Session
from pytest_recsim.simulation.signals import Signals
from pytest_recsim.simulation.stage import Prepared, prepare_once
from pytest_recsim.simulation.traffic import error_figure, p95_figure
from pytest_recsim.simulation.truth import Truth
from pytest_recsim.simulation.watching import surface_of
from pytest_recsim.simulation.world import World

LIMIT_S = 10.0
STAND_IN_LIMIT_S = 0.5  # it has no replicas and caches nothing: what does not show at once never will


class SimulationFailed(Exception):  # noqa: N818 - told to the user as it is
    """The namespace could not be prepared; carries the one sentence that says why."""


class Simulation(Session, Catalogue, Truth):
    """A session with its preparation. Look-ups are in :class:`Catalogue`, relevance in :class:`Truth`.

    Attributes:
        metrics: the user's own ones, announced by hooks.
    """

    metrics: Sequence[OwnMetric] = ()

    @cached_property
    def _outcome(self) -> Prepared:
        return prepare_once(self)

    @property
    def prepared(self) -> Prepared:
        """The outcome of preparation; whoever comes first does the work.

        Raises:
            SimulationFailed: preparation failed, here or in another process of this run.
        """
        prepared = self._outcome
        if prepared.failure or prepared.seeded is None:
            raise SimulationFailed(prepared.failure)
        self.learn(prepared.seeded, prepared.admin)
        return prepared

    @property
    def world(self) -> World:
        prepared = self.prepared
        assert prepared.seeded is not None  # prepared without failure
        return self.learn(prepared.seeded, prepared.admin)

    @property
    def quality(self) -> Quality:
        quality = self.prepared.quality
        assert quality is not None  # prepared without failure
        return quality

    @cached_property
    def lists(self) -> dict[str, Exchange]:
        """The quality lists by user id."""
        users = list(self.prepared.users)
        asks = quality_asks(self.plan, users, self.overrides)
        return dict(zip(users, self._load(self.context.folder / "lists.msgpack", asks), strict=True))

    def _load(self, path: Path, asks: Sequence[Ask]) -> list[Exchange]:
        return load(
            path,
            asks,
            url=f"{self.context.url}/v1/recommendations",
            org_id=self.plan.org_id.value,
            namespace=self.plan.namespace.value,
            keyed=self.api_key is not None,
        )

    @property
    def signals(self) -> Signals | None:
        """What raw signals have to follow from the seeded events; None when those are not all that there is."""
        seeded = self.prepared.seeded
        if seeded is None or seeded.leak:
            return None
        return Signals(self.world, tuple(self.service.event_types()), to_us(self.service.clock()))

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
        asks = self._asks(
            users,
            k=k,
            surface=surface,
            overrides=overrides,
            constraints=constraints,
            explain=explain,
            blend=blend,
        )
        return {ask.user_id: exchange for ask, exchange in zip(asks, self.ask(asks), strict=True)}

    def _asks(
        self,
        users: Iterable[str],
        *,
        k: int = 20,
        surface: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        constraints: Mapping[str, Any] | None = None,
        explain: str = "numeric",
        blend: Mapping[str, Any] | None = None,
    ) -> list[Ask]:
        merged = self.overrides | dict(overrides or {})
        return [
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
        limit = STAND_IN_LIMIT_S if self.plan.stand_in else LIMIT_S
        ask = Ask(user_id=first, surface=surface, explain_level=explain, overrides=merged or None, **question)
        exchanges, waited = await_effect(self.service, [ask], predicate, limit)
        self.ledger.waited(surface, waited)
        answers = {first: exchanges[-1]}
        if rest:
            answers |= self.recommend(rest, surface=surface, overrides=merged, explain=explain, **question)
        return answers

    def once(self, name: str, users: Iterable[str], **question: Any) -> dict[str, Exchange]:
        """``recommend``, asked once per run however many checks (and processes) want these lists.

        The surface is one of its own on which nobody makes rules, so that whoever comes first may ask.

        Args:
            name: of these lists; the same name has to stand for the same users and question everywhere.
            users: whom to ask for.
            question: as for :meth:`recommend`, without a surface.
        """
        asked = list(dict.fromkeys(users))
        surface, path = self.surface(name), self.context.folder / f"once-{name}.msgpack"
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                save(path, self.recommend(asked, surface=surface, **question).values())
            asks = self._asks(asked, surface=surface, **question)
            return dict(zip(asked, self._load(path, asks), strict=True))

    def repeated(self, users: Sequence[str], times: int) -> dict[str, list[Exchange]]:
        """Ask the quality lists' question again, ``times`` times one after the other; the first list leads each."""
        again = [self.recommend(users) for _ in range(times)]
        return {user: [self.lists[user], *(lists[user] for lists in again)] for user in users}

    @cached_property
    def own(self) -> dict[str, OwnFigure]:
        """The figures of the user's own metrics, measured once per run.

        Raises:
            SimulationFailed: preparation failed.
        """
        _ = self.prepared
        return measure_once(self, self.metrics)

    def answer_times(self, segment: str = "") -> Figure:
        """The 95th percentile of the quality lists' answer times in ms, of a segment or of everybody."""
        return p95_figure(self.plan, self.prepared.answer_times, segment)

    def failed_attempts(self) -> Figure:
        """The share of failed attempts among all recommendation requests of this run so far, in all processes."""
        self.flush()
        return error_figure(total_tally(entries(self.context.folder)))

    def changed_configuration(self) -> list[str]:
        """Return the members of the service's configuration that differ from what it was after seeding."""
        return sorted(differing(self.prepared.admin, self.service.admin_config()))

    def changed_namespace(self) -> list[str]:
        """Return sentences about what others have changed in the namespace since it was seeded."""
        seeded = self.prepared.seeded
        assert seeded is not None  # prepared without failure
        context = self.context
        return drift(self.service, seeded, run_id=context.run_id, before=context.influences)

    def surface(self, name: str) -> str:
        """Return a surface of the scenario's own, so that its rules touch no other scenario."""
        return surface_of(name)

    def rule(self, surface: str, name: str, **fields: Any) -> AbstractContextManager[RuleHandle]:
        """A rule for the length of a ``with`` block; disabled afterwards whatever happens."""
        return rule(self.service, surface=surface, name=name, **fields)

    def boost(self, surface: str, item_id: str, boost_value: float) -> AbstractContextManager[OverrideHandle]:
        """A manual boost for the length of a ``with`` block; cancelled afterwards whatever happens."""
        return override(
            self.service, surface=surface, item_id=item_id, action="boost", boost_value=boost_value
        )
