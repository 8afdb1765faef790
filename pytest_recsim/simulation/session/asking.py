"""Asking for lists: once or until a change shows, on surfaces of a scenario's own, under rules and boosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock

from pytest_recsim.clock import monotonic
from pytest_recsim.observe.store import load, save
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.safety.undo import (
    OverrideHandle,
    RuleHandle,
    await_effect,
    override,
    overrides,
    rule,
)
from pytest_recsim.simulation.session.session import Session
from pytest_recsim.simulation.truth.response_checks import surface_of, surface_without_rules

LIMIT_S = 10.0
STAND_IN_LIMIT_S = 0.5  # it has no replicas and caches nothing: what does not show at once never will


class Asking(Session):
    """The questions that a scenario may ask of a prepared namespace."""

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
        return _by_user(self.ask(asks))

    def recommend_each(self, questions: Mapping[str, Mapping[str, Any]]) -> dict[str, Exchange]:
        """Ask every user a question of their own, all at once.

        Args:
            questions: user -> what :meth:`recommend` takes besides users.
        """
        asks = [ask for user, question in questions.items() for ask in self._asks([user], **question)]
        return _by_user(self.ask(asks))

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

        ``predicate`` has to hold of the first three users' lists, asked one after another, 10 s are waited at most;
        so the users for whom the change shows for sure come first. The wait is recorded. After a time-out the last
        answers are returned and the check fails with them.
        """
        limit = STAND_IN_LIMIT_S if self.plan.stand_in else LIMIT_S
        asks = self._asks(users, surface=surface, **question)
        exchanges, waited = await_effect(self.service, asks, predicate, limit)
        self.ledger.waited(surface, waited)
        return _by_user(exchanges)

    def settled_each(
        self,
        questions: Mapping[str, Mapping[str, Any]],
        predicates: Mapping[str, Callable[[Exchange], bool]],
    ) -> dict[str, Exchange]:
        """As :meth:`settled`, for users who each have a surface of their own; all are asked at once first.

        Args:
            questions: user -> what :meth:`recommend` takes besides users; every one names its surface.
            predicates: user -> what has to hold of the list.
        """
        began = monotonic()
        found = self.recommend_each(questions)
        waited = monotonic() - began
        for user, question in questions.items():
            if predicates[user](found[user]):
                self.ledger.waited(question["surface"], waited)
            else:
                found |= self.settled([user], predicate=predicates[user], **question)
        return found

    def once(self, name: str, users: Iterable[str], **question: Any) -> dict[str, Exchange]:
        """``recommend``, asked once per run however many checks, processes and variants of a sweep want these lists.

        The surface is one of its own on which nobody makes rules, so that whoever comes first may ask.

        Args:
            name: of these lists; it says whose surface they are asked on. Other users or another question are other lists.
            users: whom to ask for.
            question: as for :meth:`recommend`, without a surface.
        """
        asks = self._asks(users, surface=surface_without_rules(name), **question)
        key = sha256(
            b"".join(ask.key for ask in asks)
        ).hexdigest()  # the surface, hence the name, is part of it
        path = self._sharing / f"once-{key}.msgpack"
        return _by_user(self._shared(path, asks))

    @property
    def _sharing(self) -> Path:
        """Where answers are shared: among variants of a sweep too that only read one service about the same rows.

        Whatever knob a variant sends is part of the question, so that equal questions are of variants which differ in
        nothing that this question leaves open. Where something of other people's is in force, nobody knows that.
        """
        context = self.context
        one_service = context.plan.variant is not None and not context.plan.stand_in
        return context.seeding_folder if one_service and not context.influences else context.folder

    def _shared(self, path: Path, asks: Sequence[Ask]) -> list[Exchange]:
        """Ask or read what another check has asked; where there is no room to share answers, keep them to ourselves.

        What another variant has asked for is checked in passing here too, once.
        """
        answers, seen = None, self.context.folder / path.with_suffix(".seen").name
        try:
            with FileLock(path.with_suffix(".lock")):
                if not path.exists():
                    answers = self.ask(asks)
                    save(path, answers)
                found = self._load(path, asks)
                if answers is None and not seen.exists() and self.service.see is not None:
                    for exchange in found:
                        self.service.see(exchange)
                seen.touch()
                return found
        except OSError:  # that the record is not complete is told where it is written
            return self.ask(asks) if answers is None else answers

    def surface(self, name: str) -> str:
        """Return a surface of the scenario's own, so that its rules touch no other scenario."""
        return surface_of(self.plan, name)

    def rule(self, surface: str, name: str, **fields: Any) -> AbstractContextManager[RuleHandle]:
        """A rule for the length of a ``with`` block; disabled afterwards whatever happens.

        Raises:
            NotOffered: the service has no rules, so the check is not measured.
        """
        self.capabilities.insist("rules")
        return rule(self.service, surface=surface, name=name, **fields)

    def boost(self, surface: str, item_id: str, boost_value: float) -> AbstractContextManager[OverrideHandle]:
        """A manual boost for the length of a ``with`` block; cancelled afterwards whatever happens.

        Raises:
            NotOffered: the service has no manual overrides, so the check is not measured.
        """
        self.capabilities.insist("overrides")
        return override(
            self.service, surface=surface, item_id=item_id, action="boost", boost_value=boost_value
        )

    def boosts(
        self, wanted: Sequence[tuple[str, str, float]]
    ) -> AbstractContextManager[list[OverrideHandle]]:
        """Several manual boosts (surface, item, value) for the length of a ``with`` block, made at once.

        Raises:
            NotOffered: the service has no manual overrides, so the check is not measured.
        """
        self.capabilities.insist("overrides")
        fields = [
            {"surface": surface, "item_id": item, "action": "boost", "boost_value": value}
            for surface, item, value in wanted
        ]
        return overrides(self.service, fields)

    def _load(self, path: Path, asks: Sequence[Ask]) -> list[Exchange]:
        return load(
            path,
            asks,
            url=f"{self.context.url}/v1/recommendations",
            org_id=self.plan.org_id.value,
            namespace=self.plan.namespace.value,
            keyed=self.api_key is not None,
        )


def _by_user(exchanges: Iterable[Exchange]) -> dict[str, Exchange]:
    return {exchange.ask.user_id: exchange for exchange in exchanges}
