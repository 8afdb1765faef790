"""Cleaning up what an earlier run of ours left behind when it was killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

from pytest_recsim.data.input.names import PROBE_PREFIX
from pytest_recsim.service.api.capabilities import EVERYTHING, Capabilities
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.records import Override, Rule
from pytest_recsim.service.safety.ownership import is_our_override, is_our_rule

T = TypeVar("T")


@dataclass(frozen=True)
class Leftover:
    """Something of ours that was still there, and is taken back now.

    Attributes:
        kind: what it was.
        name: an item's id, or a rule's name.
        surface: where it held; empty for a probe item.
    """

    kind: Literal["override", "rule", "probe"]
    name: str
    surface: str = ""

    @property
    def sentence(self) -> str:
        """What was done about it."""
        if self.kind == "probe":
            return f"deleted the leftover probe item `{self.name}`."
        done = "cancelled a leftover override of" if self.kind == "override" else "disabled the leftover rule"
        return f"{done} `{self.name}` on surface `{self.surface}`."


def clean_leftovers(service: Service, can: Capabilities = EVERYTHING) -> list[Leftover]:
    """Cancel our overrides, disable our rules, delete our probe items; return what they were.

    Those too that have ended by our clock: the service goes by its own. What fails does not keep the rest
    from being taken back. Only after the interlock has let the run pass. What the service does not have
    cannot have been left there.

    Raises:
        ServiceError: the first thing that could not be taken back, after everything has been tried.
    """
    steps = [*([_overrides] if can.overrides else []), *([_rules] if can.rules else []), _probes]
    return _all(steps, lambda step: step(service))


def _all(things: Iterable[T], work: Callable[[T], list[Leftover]]) -> list[Leftover]:
    """Do the work on everything, whatever fails, and raise the first failure afterwards.

    Nobody there is nobody there: then nothing further is tried.
    """
    found: list[Leftover] = []
    failures: list[ServiceError] = []
    for thing in things:
        try:
            found += work(thing)
        except ServiceError as error:
            failures.append(error)
            if error.code == "unreachable":
                break
    if failures:
        raise failures[0]
    return found


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


def _overrides(service: Service) -> list[Leftover]:
    def cancel(found: Override) -> list[Leftover]:
        service.cancel_override(found.override_id)
        return [Leftover("override", found.item_id, found.surface)]

    return _all(filter(is_our_override, service.list_overrides(status="active")), cancel)


def _rules(service: Service) -> list[Leftover]:
    def disable(rule: Rule) -> list[Leftover]:
        disabled(service, rule)
        return [Leftover("rule", rule.name, rule.surface)]

    return _all([rule for rule in service.list_rules() if is_our_rule(rule) and rule.enabled], disable)


def _probes(service: Service) -> list[Leftover]:
    def delete(item_id: str) -> list[Leftover]:
        service.delete_items(item_id=item_id)
        return [Leftover("probe", item_id)]

    ids = [item.item_id for item in service.all_items() if item.item_id.startswith(PROBE_PREFIX)]
    return _all(ids, delete)
