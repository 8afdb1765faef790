"""Rules and overrides that are taken back whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep
from typing import Any, Unpack

from pytest_recsim.service.ask import Ask, Exchange
from pytest_recsim.service.face import Service
from pytest_recsim.service.leftovers import disabled
from pytest_recsim.service.ours import CREATOR, NAME_PREFIX
from pytest_recsim.service.records import Override
from pytest_recsim.service.steering import RuleFields, RuleTerms

LIFETIME = timedelta(hours=2)
"""Even if nobody is left to take it back, a rule or override of ours ends after this."""
IN_A_ROW = 3
POLL_S = 0.2


class RuleHandle:
    """A rule in force; every change is a full replacement, valid for two hours from then.

    Attributes:
        rule_id: as the service knows it.
        enabled: whether it may be in force.
    """

    def __init__(self, service: Service, rule_id: str | None, fields: RuleFields) -> None:
        self._service = service
        self._fields = fields
        self.enabled = True
        sent = self._sent(enabled=True)
        rule = service.put_rule(rule_id, **sent) if rule_id else service.create_rule(**sent)
        self.rule_id = rule.rule_id

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

    def _put(self, *, enabled: bool) -> None:
        self.enabled = self.enabled or enabled  # before the request: an interrupt must not make us forget it
        self._service.put_rule(self.rule_id, **self._sent(enabled=enabled))
        self.enabled = enabled

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
    stored = [found for found in service.list_rules(surface) if found.name == name]
    handle = None
    try:
        handle = RuleHandle(service, stored[0].rule_id if stored else None, wanted)
        yield handle
    finally:
        if handle is None:
            _disable_by_name(service, surface, name)
        elif handle.enabled:
            handle.disable()


def _disable_by_name(service: Service, surface: str, name: str) -> None:
    """Find the rule whose creation was interrupted after the service acted and before we knew the id."""
    for found in service.list_rules(surface):
        if found.name == name and found.enabled:
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

    ``fields`` are those of ``Service.create_override``: action, boost_value, notes, priority.
    """
    fields = {**fields, "created_by": CREATOR, "expires_at": service.clock() + LIFETIME}
    handle = None
    try:
        record = service.create_override(surface=surface, item_id=item_id, **fields)
        handle = OverrideHandle(service, record)
        yield handle
    finally:
        if handle is None:
            _cancel_by_item(service, surface, item_id)
        else:
            handle.cancel()


def _cancel_by_item(service: Service, surface: str, item_id: str) -> None:
    for found in service.list_overrides(status="active"):
        if (found.surface, found.item_id, found.created_by) == (surface, item_id, CREATOR):
            service.cancel_override(found.override_id)


def await_effect(
    service: Service, asks: Sequence[Ask], predicate: Callable[[Exchange], bool], limit_s: float = 10.0
) -> tuple[list[Exchange], float]:
    """Wait until a change shows, then ask everything.

    Replicas cache rules, so the first question is polled until three answers in a row satisfy the predicate.
    When they do not within the limit, the answers are returned all the same: the caller's own check fails on
    them and can say how long was waited.

    Returns:
        The exchanges in the order of ``asks`` (the last poll is the first of them), and the seconds waited.
    """
    started, shown = monotonic(), 0
    while True:
        (first,) = service.recommend(asks[:1])
        shown = shown + 1 if predicate(first) else 0
        waited = monotonic() - started
        if shown >= IN_A_ROW or waited >= limit_s:
            return [first, *service.recommend(asks[1:])], waited
        if not shown:
            sleep(POLL_S)
