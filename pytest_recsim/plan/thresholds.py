"""Every threshold and setting of a simulation, resolved once, so that workers need no guardrails file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pytest_recsim.data.guardrail_keys import SETTINGS, THRESHOLDS
from pytest_recsim.data.guardrails import Guardrails
from pytest_recsim.plan.model import Limit, WaiverNote

Limits = dict[str, dict[str, Limit]]


def limits_of(guardrails: Guardrails, customer: str, namespace: str, segments: list[str]) -> Limits:
    """Return key -> segment ("" for the customer as a whole) -> limit."""
    limits: Limits = {}
    for key, facts in THRESHOLDS.items():
        scopes = ("", *segments) if facts.per_segment else ("",)
        limits[key] = {scope: _threshold(guardrails, key, customer, namespace, scope) for scope in scopes}
    for key in SETTINGS:
        setting = guardrails.setting(key, customer=customer, namespace=namespace)
        limits[key] = {"": Limit(key, _plain(setting.value), "block", setting.origin)}
    return limits


def _threshold(guardrails: Guardrails, key: str, customer: str, namespace: str, segment: str) -> Limit:
    found = guardrails.threshold(key, customer=customer, namespace=namespace, segment=segment or None)
    return Limit(key, found.value, "warn" if found.severity == "warn" else "block", found.origin)


def _plain(value: Any) -> Any:
    """A value that survives JSON; an instant becomes its RFC 3339 text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if hasattr(value, "items") else value


def waivers_of(guardrails: Guardrails, customer: str) -> tuple[WaiverNote, ...]:
    """Return the customer's waivers, expired ones included: the report names those too."""
    entry = guardrails.customer(customer)
    return tuple(
        WaiverNote(
            check=waiver.check,
            reason=waiver.reason,
            origin=waiver.origin,
            segment=waiver.segment or "",
            until=waiver.until.isoformat() if waiver.until else "",
        )
        for waiver in (entry.waivers if entry else ())
    )
