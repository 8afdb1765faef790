"""Which knobs of a plan an apply mode carries to the service, and in what form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.modes import settable


def reaches(plan: Plan, name: str) -> bool:
    """Whether the plan's apply mode carries this knob of the profile to the service."""
    return plan.mode.carries(KNOBS[name], plan.knobs[name].value)


def environment(plan: Plan) -> dict[str, str]:
    """Return the profile as environment variables (modes in which the service starts with it)."""
    return {name: setting.text for name, setting in plan.knobs.items()}


def request_overrides(plan: Plan) -> dict[str, Any]:
    """Return the overrides that every recommendation carries: the profile's, in a mode that sends it, else none."""
    if not plan.mode.sent:
        return {}
    sent = {}
    for name, setting in plan.knobs.items():
        key = KNOBS[name].override_key
        if key is not None and reaches(plan, name):
            sent[key] = int(setting.value) if KNOBS[name].override_integer else setting.value
    return sent


def admin_values(plan: Plan) -> dict[str, Any]:
    """Return the members of the admin config document that the profile asks for (contract 9.1)."""
    return admin_members({name: setting.value for name, setting in plan.knobs.items()})


def admin_members(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of the admin config document for knobs with these values; knobs that have none are left out."""
    return {
        str(KNOBS[name].admin_key): value for name, value in values.items() if settable(KNOBS[name], value)
    }
