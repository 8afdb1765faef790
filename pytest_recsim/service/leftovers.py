"""Cleaning up what an earlier run of ours left behind when it was killed."""

from __future__ import annotations

from pytest_recsim.service.face import Service
from pytest_recsim.service.ours import PROBE_PREFIX, is_our_override, is_our_rule
from pytest_recsim.service.records import Rule


def clean_leftovers(service: Service, *, probes: bool = True) -> list[str]:
    """Cancel our overrides, disable our rules, delete our probe items; return a sentence for each.

    Those too that have ended by our clock: the service goes by its own.

    Only after the interlock has let the run pass. ``probes=False`` saves reading the catalogue when a reset
    follows anyway.
    """
    told = [*_overrides(service), *_rules(service)]
    return told + (_probes(service) if probes else [])


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
    ours = [found for found in service.list_overrides(status="active") if is_our_override(found)]
    for found in ours:
        service.cancel_override(found.override_id)
    return [
        f"cancelled a leftover override of `{found.item_id}` on surface `{found.surface}`." for found in ours
    ]


def _rules(service: Service) -> list[str]:
    ours = [rule for rule in service.list_rules() if is_our_rule(rule) and rule.enabled]
    for rule in ours:
        disabled(service, rule)
    return [f"disabled the leftover rule `{rule.name}` on surface `{rule.surface}`." for rule in ours]


def _probes(service: Service) -> list[str]:
    ids = [item.item_id for item in service.all_items() if item.item_id.startswith(PROBE_PREFIX)]
    for item_id in ids:
        service.delete_items(item_id=item_id)
    return [f"deleted the leftover probe item `{item_id}`." for item_id in ids]
