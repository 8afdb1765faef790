"""How our rules, overrides and items are told from other people's."""

from __future__ import annotations

from datetime import datetime

from pytest_recsim.service.contract.records import Override, Rule

CREATOR = "recsim"
NAME_PREFIX = "recsim:"
SURFACE_PREFIX = "recsim-"


def is_our_rule(rule: Rule) -> bool:
    return rule.name.startswith(NAME_PREFIX) or rule.surface.startswith(SURFACE_PREFIX)


def is_our_override(override: Override) -> bool:
    return override.created_by == CREATOR or override.surface.startswith(SURFACE_PREFIX)


def is_live_rule(rule: Rule, now: datetime) -> bool:
    """Whether the rule is in force, or will be."""
    return rule.enabled and (rule.valid_until is None or rule.valid_until >= now)


def is_live_override(override: Override, now: datetime) -> bool:
    return override.status == "active" and (override.expires_at is None or override.expires_at >= now)
