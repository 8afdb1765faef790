"""Cleaning up what an earlier run of ours left behind when it was killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from pytest_recsim.service.errors import ServiceError
from pytest_recsim.service.face import Service
from pytest_recsim.service.ours import PROBE_PREFIX, is_our_override, is_our_rule
from pytest_recsim.service.records import Override, Rule

T = TypeVar("T")


def clean_leftovers(service: Service, *, probes: bool = True) -> list[str]:
    """Cancel our overrides, disable our rules, delete our probe items; return a sentence for each.

    Those too that have ended by our clock: the service goes by its own. What fails does not keep the rest
    from being taken back. Only after the interlock has let the run pass. ``probes=False`` saves reading the
    catalogue when a reset follows anyway.

    Raises:
        ServiceError: the first thing that could not be taken back, after everything has been tried.
    """
    return _all([_overrides, _rules, *([_probes] if probes else [])], lambda step: step(service))


def _all(things: Iterable[T], work: Callable[[T], list[str]]) -> list[str]:
    """Do the work on everything, whatever fails, and raise the first failure afterwards.

    Nobody there is nobody there: then nothing further is tried.
    """
    told: list[str] = []
    failures: list[ServiceError] = []
    for thing in things:
        try:
            told += work(thing)
        except ServiceError as error:
            failures.append(error)
            if error.code == "unreachable":
                break
    if failures:
        raise failures[0]
    return told


def disabled(service: Service, rule: Rule) -> Rule:
    """Switch a stored rule off and keep the rest of it as it is."""
    return service.put_rule(
        rule.rule_id,
        surface=rule.surface,
        name=rule.name,
        action=rule.action,
        target_type=rule.target_type,
        target_key=rule.target_key,
        item_ids=rule.item_ids or None,
        boost_value=rule.boost_value,
        max_pins=rule.max_pins,
        segment_id=rule.segment_id,
        description=rule.description,
        priority=rule.priority,
        enabled=False,
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
    )


def _overrides(service: Service) -> list[str]:
    def cancel(found: Override) -> list[str]:
        service.cancel_override(found.override_id)
        return [f"cancelled a leftover override of `{found.item_id}` on surface `{found.surface}`."]

    return _all(filter(is_our_override, service.list_overrides(status="active")), cancel)


def _rules(service: Service) -> list[str]:
    def disable(rule: Rule) -> list[str]:
        disabled(service, rule)
        return [f"disabled the leftover rule `{rule.name}` on surface `{rule.surface}`."]

    return _all([rule for rule in service.list_rules() if is_our_rule(rule) and rule.enabled], disable)


def _probes(service: Service) -> list[str]:
    def delete(item_id: str) -> list[str]:
        service.delete_items(item_id=item_id)
        return [f"deleted the leftover probe item `{item_id}`."]

    ids = [item.item_id for item in service.all_items() if item.item_id.startswith(PROBE_PREFIX)]
    return _all(ids, delete)
