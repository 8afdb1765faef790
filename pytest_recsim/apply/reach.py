"""Which knobs of a plan an apply mode carries to the service, and in what form."""

from __future__ import annotations

from typing import Any

from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.plan.model import KnobSetting, Plan

WHOLE = frozenset({"env", "env-file"})
"""Modes in which the service starts with the profile, so that every knob of it arrives."""


def reaches(plan: Plan, name: str) -> bool:
    """Whether the plan's apply mode carries this knob of the profile to the service."""
    mode = plan.apply.value
    if mode in WHOLE:
        return True
    if mode == "request":
        return sendable(name, plan.knobs[name])
    return mode == "admin" and settable(name)


def sendable(name: str, setting: KnobSetting) -> bool:
    """Whether a knob's value fits a per-request override: whole-day keys take no fraction of a day."""
    knob = KNOBS[name]
    if knob.override_key is None:
        return False
    return not knob.override_integer or float(setting.value).is_integer()


def settable(name: str) -> bool:
    """Whether ranking follows this knob's key of the admin config document."""
    knob = KNOBS[name]
    return knob.ranks and knob.admin_key is not None and not knob.admin_echo


def environment(plan: Plan) -> dict[str, str]:
    """Return the profile as environment variables (apply modes ``env`` and ``env-file``)."""
    return {name: setting.text for name, setting in plan.knobs.items()}


def request_overrides(plan: Plan) -> dict[str, Any]:
    """Return the overrides that every recommendation carries: those of mode ``request``, else none."""
    if plan.apply.value != "request":
        return {}
    sent = {}
    for name, setting in plan.knobs.items():
        key = KNOBS[name].override_key
        if key is not None and sendable(name, setting):
            sent[key] = int(setting.value) if KNOBS[name].override_integer else setting.value
    return sent


def admin_values(plan: Plan) -> dict[str, Any]:
    """Return the members of the admin config document that the profile asks for (contract 9.1)."""
    return {
        str(KNOBS[name].admin_key): setting.value for name, setting in plan.knobs.items() if settable(name)
    }
