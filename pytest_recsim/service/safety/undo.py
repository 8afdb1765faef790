"""Rules and overrides that are taken back whatever happens in between."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from time import sleep
from typing import Any, Unpack

from pytest_recsim.clock import monotonic
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.api.making import made_once, unanswered
from pytest_recsim.service.api.steering import RuleFields, RuleTerms
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.records import Override, Rule
from pytest_recsim.service.safety.leftovers import disabled
from pytest_recsim.service.safety.ownership import CREATOR, NAME_PREFIX

LIFETIME = timedelta(hours=2)
"""Even if nobody is left to take it back, a rule or override of ours ends after this."""
IN_A_ROW = 3
POLL_S, LONGEST_POLL_S = 0.2, 1.0
"""Between two looks; the wait doubles, because a rule that does not show at once takes seconds (contract 8.5)."""


class RuleHandle:
    """A rule in force; every change is a full replacement, valid for two hours from then.

    Attributes:
        rule_id: as the service knows it.
        enabled: whether it may be in force.
    """

    def __init__(self, service: Service, rule_id: str | None, fields: RuleFields) -> None:
        self._service = service
        self._fields = fields
        self._twins = False
        self.enabled = True
        self.rule_id = (self._replaced(rule_id) if rule_id else self._made()).rule_id

    def set(self, **changes: Unpack[RuleTerms]) -> None:
        """Change terms, e.g. ``set(boost_value=0.4)``; the others stay."""
        self._fields = {**self._fields, **changes}
        self._put(enabled=self.enabled)

    def expire(self) -> None:
        """Let its time be over, by a second, and leave it switched on."""
        sent = self._sent(enabled=True)
        sent["valid_until"] = self._service.clock() - timedelta(seconds=1)
        self._service.put_rule(self.rule_id, **sent)

    def disable(self) -> None:
        self._put(enabled=False)

    def enable(self) -> None:
        self._put(enabled=True)

    def release(self) -> None:
        """Switch it off unless it is; one that the service has forgotten is not in force either."""
        if self._twins:
            _disable_by_name(self._service, self._fields)
        elif self.enabled:
            try:
                self.disable()
            except ServiceError as error:
                if error.code != "rule_not_found":
                    raise

    def _put(self, *, enabled: bool) -> None:
        self.enabled = self.enabled or enabled  # before the request: an interrupt must not make us forget it
        self._service.put_rule(self.rule_id, **self._sent(enabled=enabled))
        self.enabled = enabled
        if self._twins:
            _disable_by_name(self._service, self._fields, but=self.rule_id)

    def _made(self) -> Rule:
        service, fields = self._service, self._sent(enabled=True)

        def stored() -> Rule | None:
            found = _by_name(service, fields)
            return self._replaced(found[0].rule_id) if found else None

        made, self._twins = made_once(service, lambda: service.create_rule(**fields), stored)
        return made

    def _replaced(self, rule_id: str) -> Rule:
        return self._service.put_rule(rule_id, **self._sent(enabled=True))

    def _sent(self, *, enabled: bool) -> RuleFields:
        until = self._service.clock() + LIFETIME
        return {**self._fields, "enabled": enabled, "valid_until": until}


@contextmanager
def rule(service: Service, *, surface: str, name: str, **terms: Unpack[RuleTerms]) -> Iterator[RuleHandle]:
    """Hold a rule in force: reused by name (rules cannot be deleted), switched off at the end.

    Args:
        service: whose rules to change.
        surface: where it applies.
        name: recognisable; gets the prefix ``recsim:`` when it lacks it.
        terms: see ``RuleTerms``; ``target_type`` defaults to ITEM.
    """
    name = name if name.startswith(NAME_PREFIX) else NAME_PREFIX + name
    wanted: RuleFields = {"target_type": "ITEM", **terms, "surface": surface, "name": name}
    stored = _by_name(service, wanted)
    handle = None
    try:
        handle = RuleHandle(service, stored[0].rule_id if stored else None, wanted)
        yield handle
    finally:
        if handle is None:  # cut short, maybe after the service acted and before we knew the id
            _disable_by_name(service, wanted)
        else:
            handle.release()


def _by_name(service: Service, fields: RuleFields) -> list[Rule]:
    return [found for found in service.list_rules(fields["surface"]) if found.name == fields["name"]]


def _disable_by_name(service: Service, fields: RuleFields, but: str = "") -> None:
    for found in _by_name(service, fields):
        if found.enabled and found.rule_id != but:
            disabled(service, found)


class OverrideHandle:
    """A manual override in force."""

    def __init__(self, service: Service, record: Override) -> None:
        self._service = service
        self.record = record

    @property
    def override_id(self) -> str:
        return self.record.override_id

    def cancel(self) -> None:
        """Cancel it now; doing so again at the end of the context does no harm."""
        self._service.cancel_override(self.override_id)


@contextmanager
def override(service: Service, *, surface: str, item_id: str, **fields: Any) -> Iterator[OverrideHandle]:
    """Hold a manual override in force for two hours at most; cancelled at the end.

    ``fields`` are those of ``Service.create_override``: action, boost_value, priority. Its note is a word
    that no other override carries: when the answer gets lost, that tells it from those of other people.
    """
    wanted = _ours(service, {**fields, "surface": surface, "item_id": item_id})
    word = wanted["notes"]
    sure, handle = False, None
    try:
        record, twins = made_once(
            service,
            lambda: service.create_override(**wanted),
            lambda: next(iter(_by_note(service, word)), None),
        )
        sure, handle = not twins, OverrideHandle(service, record)
        yield handle
    finally:
        if handle is not None and sure:
            handle.cancel()
        else:
            for found in _by_note(service, word):
                service.cancel_override(found.override_id)


@contextmanager
def overrides(service: Service, wanted: Sequence[Mapping[str, Any]]) -> Iterator[list[OverrideHandle]]:
    """Hold several as :func:`override` holds one, made and cancelled a few at a time.

    Args:
        service: whose overrides to change.
        wanted: of each the surface, the ``item_id`` and the fields that ``override`` takes.
    """
    fields = [_ours(service, one) for one in wanted]
    held: list[Override] = []
    sure = False
    try:
        held, sure = _all_made(service, fields)
        yield [OverrideHandle(service, one) for one in held]
    finally:
        if not sure:  # some may have come into being, or may yet
            words = {one["notes"] for one in fields}
            held = [found for found in service.list_overrides(status="active") if found.notes in words]
        service.cancel_overrides([one.override_id for one in held])


def _all_made(service: Service, fields: Sequence[Mapping[str, Any]]) -> tuple[list[Override], bool]:
    """Make them; where an answer gets lost, look which are there and make the others one after another."""
    try:
        return service.create_overrides(fields), True
    except ServiceError as error:
        if not unanswered(error):
            raise
        service.tally.retries[str(error.status or error.code)] += 1
    there = {found.notes: found for found in service.list_overrides(status="active")}
    return [there.get(one["notes"]) or _one_made(service, one) for one in fields], False


def _one_made(service: Service, fields: Mapping[str, Any]) -> Override:
    def stored() -> Override | None:
        return next(iter(_by_note(service, fields["notes"])), None)

    return made_once(service, lambda: service.create_override(**fields), stored)[0]


def _ours(service: Service, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an override that ends by itself, with a note that no other one carries."""
    word = f"{CREATOR} {secrets.token_hex(6)}"
    return {**fields, "notes": word, "created_by": CREATOR, "expires_at": service.clock() + LIFETIME}


def _by_note(service: Service, word: str) -> list[Override]:
    return [found for found in service.list_overrides(status="active") if found.notes == word]


def await_effect(
    service: Service, asks: Sequence[Ask], predicate: Callable[[Exchange], bool], limit_s: float = 10.0
) -> tuple[list[Exchange], float]:
    """Ask everything once a change shows.

    Replicas cache rules, so the first three questions (all, where there are fewer) are asked one after another until
    all of them are answered as the predicate demands; nothing is asked merely to wait. A single question is its own
    proof: its answer shows the change. When they do not within the limit, the answers are returned all the same: the
    caller's own check fails on them and can say how long was waited.

    Returns:
        The exchanges in the order of ``asks``, and the seconds waited.
    """
    started, pause = monotonic(), POLL_S
    while True:
        found: list[Exchange] = []
        for ask in asks[:IN_A_ROW]:
            found += service.recommend([ask])
            if not predicate(found[-1]):
                break
        else:
            return [*found, *service.recommend(asks[len(found) :])], monotonic() - started
        waited = monotonic() - started
        if waited >= limit_s:
            return [*found, *service.recommend(asks[len(found) :])], waited
        sleep(pause)
        pause = min(2 * pause, LONGEST_POLL_S)
