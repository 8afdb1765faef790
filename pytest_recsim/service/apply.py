"""How a profile reaches a service: the stand-in's environment, or overrides on every request."""

from __future__ import annotations

from typing import Any

from pytest_recsim.data.knobs import KNOBS
from pytest_recsim.plan.model import KnobSetting, Plan


def stand_in_environment(plan: Plan) -> dict[str, str]:
    """Return the environment that starts the stand-in with the plan's profile (apply mode ``env``)."""
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


def sendable(name: str, setting: KnobSetting) -> bool:
    """Whether a knob's value fits a per-request override: whole-day keys take no fraction of a day."""
    knob = KNOBS[name]
    if knob.override_key is None:
        return False
    return not knob.override_integer or float(setting.value).is_integer()
