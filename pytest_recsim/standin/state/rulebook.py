"""Merchandising rules: what a rule is, and which ones are active (contract 8.1, 8.5)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

BLOCK, PIN, BOOST = "BLOCK", "PIN", "BOOST"
ACTIONS = (BLOCK, PIN, BOOST)
ITEM, TAG, BRAND, CATEGORY = "ITEM", "TAG", "BRAND", "CATEGORY"
TARGETS = (ITEM, TAG, BRAND, CATEGORY)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A stored rule; times are microseconds, ``serial`` is the order of creation."""

    rule_id: str
    namespace: str
    surface: str
    name: str
    description: str
    action: str
    target_type: str
    target_key: str
    item_ids: tuple[str, ...]
    boost_value: float | None
    max_pins: int | None
    segment_id: str
    priority: int
    enabled: bool
    valid_from: int | None
    valid_until: int | None
    created: int
    updated: int
    serial: int
    override_id: str = ""

    def active(self, now: int) -> bool:
        """Tell whether the rule is on and its window, both ends included, holds ``now``."""
        begun = self.valid_from is None or self.valid_from <= now
        return self.enabled and begun and (self.valid_until is None or now <= self.valid_until)


def _first_by_priority(rule: Rule) -> tuple[int, int, int]:
    return (-rule.priority, rule.created, rule.serial)


class RuleBook:
    """All rules of all tenants."""

    def __init__(self) -> None:
        self._rules: dict[str, dict[str, Rule]] = {}

    def put(self, org: str, rule: Rule) -> None:
        self._rules.setdefault(org, {})[rule.rule_id] = rule

    def get(self, org: str, rule_id: str) -> Rule | None:
        return self._rules.get(org, {}).get(rule_id)

    def everything(self) -> Iterator[tuple[str, Rule]]:
        """Yield every rule with its org."""
        return ((org, rule) for org, rules in self._rules.items() for rule in rules.values())

    def of(self, org: str, namespace: str) -> list[Rule]:
        """Return a namespace's rules, highest priority first, then oldest first."""
        rules = (rule for rule in self._rules.get(org, {}).values() if rule.namespace == namespace)
        return sorted(rules, key=_first_by_priority)

    def active(self, org: str, namespace: str, surface: str, segment_id: str, now: int) -> list[Rule]:
        """Return the rules that a request on this surface is subject to, in the order of evaluation."""
        if org not in self._rules:
            return []
        return [
            rule
            for rule in self.of(org, namespace)
            if rule.surface == surface and rule.segment_id in ("", segment_id) and rule.active(now)
        ]
