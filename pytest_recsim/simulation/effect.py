"""Which knobs are in effect: asked for against what explain blocks, the trace and the admin config show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from pytest_recsim.apply.reach import WHOLE, reaches
from pytest_recsim.data.knobs import KNOBS
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.ask import Exchange
from pytest_recsim.simulation.inferred import UserClass, inferred

Status = Literal[
    "in effect", "not in effect", "sent, not visible", "started with it", "same", "differs", "unknown"
]
CLASS_KNOBS: dict[UserClass, dict[str, tuple[str, ...]]] = {
    "established": {
        "alpha": ("BLEND_ALPHA",),
        "beta": ("BLEND_BETA",),
        "gamma": ("BLEND_GAMMA",),
        "lambda": ("MMR_LAMBDA",),
    },
    "sparse": {
        "alpha": ("NEW_USER_BLEND_ALPHA", "BLEND_ALPHA"),
        "beta": ("NEW_USER_BLEND_BETA", "BLEND_BETA"),
        "gamma": ("NEW_USER_BLEND_GAMMA", "BLEND_GAMMA"),
        "lambda": ("NEW_USER_MMR_LAMBDA", "MMR_LAMBDA"),
    },
}


class KnobRow(msgspec.Struct, frozen=True):
    """One line of the table: what was asked for, what is in effect, how that is known."""

    knob: str
    asked: str
    origin: str
    in_effect: str
    status: Status
    seen_in: str


@dataclass(frozen=True)
class Effective:
    """The knobs that rule the answers: the plan's where they reach the service, else the service's own."""

    plan: Plan
    admin: Mapping[str, Any]

    def value(self, name: str) -> Any:
        """Return the value in effect as far as it is known, None when it is not."""
        setting = self.plan.knobs.get(name)
        if setting is not None and reaches(self.plan, name):
            return setting.value
        knob = KNOBS[name]
        return None if knob.admin_key is None or knob.admin_echo else self.admin.get(knob.admin_key)

    @property
    def min_events(self) -> int:
        """Distinct recent items below which the service calls a user sparse."""
        value = self.value("PROFILE_MIN_EVENTS_FOR_BOOST")
        return int(value) if value is not None else int(KNOBS["PROFILE_MIN_EVENTS_FOR_BOOST"].default or 0)


def knob_table(
    plan: Plan,
    admin: Mapping[str, Any],
    seen: Mapping[UserClass, Iterable[Exchange]],
    popular: int | None = None,
) -> list[KnobRow]:
    """Compare every ranking knob of the profile with what the service shows.

    Args:
        plan: what is asked for.
        admin: the service's configuration document.
        seen: answers with explain blocks, grouped by user class; only reads, nothing is asked here.
        popular: how many items popularity can offer, None if unknown.
    """
    visible = _visible(plan, seen)
    if not _scoped(plan):
        visible |= inferred(plan, seen, popular)
    return [_row(plan, admin, name, visible) for name in sorted(plan.knobs) if KNOBS[name].ranks]


def _row(plan: Plan, admin: Mapping[str, Any], name: str, visible: Mapping[str, tuple[Any, str]]) -> KnobRow:
    setting, sent = plan.knobs[name], reaches(plan, name)
    seen = visible.get(name) or _documented(plan, admin, name)
    if seen is None:
        status: Status = "unknown"
        if sent:
            status = "started with it" if plan.apply.value in WHOLE else "sent, not visible"
        return KnobRow(name, setting.text, setting.origin, "", status, "")
    got, where = seen
    if _same(setting.value, got):
        status = "in effect" if sent else "same"
    else:
        status = "not in effect" if sent else "differs"
    shown = f"{got:g}" if isinstance(got, float) else str(got)
    return KnobRow(name, setting.text, setting.origin, shown, status, where)


def _documented(plan: Plan, admin: Mapping[str, Any], name: str) -> tuple[Any, str] | None:
    """What the admin config says of a knob, None where it says nothing that ranking is sure to follow."""
    knob, mode = KNOBS[name], plan.apply.value
    got = admin.get(knob.admin_key) if knob.admin_key and not knob.admin_echo else None
    if got is None or (mode == "request" and reaches(plan, name)):  # overrides never show in the document
        return None
    if mode == "admin" and name == ONE_WAY and got:
        return None
    return got, "admin config"


def _visible(plan: Plan, seen: Mapping[UserClass, Iterable[Exchange]]) -> dict[str, tuple[Any, str]]:
    """Read knobs out of explain blocks; a value that disagrees wins over one that agrees."""
    if _scoped(plan):
        return {}  # weights then differ by namespace or segment: one number per class would mislead
    found: dict[str, tuple[Any, str]] = {}
    for user_class, exchanges in seen.items():
        for exchange in exchanges:
            for part, value in explained(exchange).items():
                name = next((knob for knob in CLASS_KNOBS[user_class][part] if knob in plan.knobs), None)
                if name is None or (name in found and _same(plan.knobs[name].value, value)):
                    continue
                found[name] = (value, f"explain, {user_class} users")
    return found


ONE_WAY = "RULES_ENABLE"
"""The document can switch rules off, not on (contract 8.5): true in it proves nothing that was not so before."""
_SCOPED = ("BLEND_WEIGHTS_OVERRIDES", "BLEND_SEGMENT_OVERRIDES")


def _scoped(plan: Plan) -> bool:
    return any(plan.knobs.get(name) and plan.knobs[name].text for name in _SCOPED)


def explained(exchange: Exchange) -> dict[str, float]:
    """Return blend weights and lambda of one answer; a zero is left out of explain blocks and means 0."""
    for item in exchange.answer.items:
        if item.explain is not None and item.explain.blend is not None:
            blend = item.explain.blend
            parts = {"alpha": blend.alpha, "beta": blend.beta, "gamma": blend.gamma}
            return parts | ({"lambda": item.explain.mmr.lambda_} if item.explain.mmr is not None else {})
    return {}


def _same(asked: Any, got: Any) -> bool:
    if isinstance(asked, bool) or isinstance(got, bool) or not isinstance(asked, int | float):
        return bool(_plain(asked) == _plain(got))
    return isinstance(got, int | float) and math.isclose(asked, got, rel_tol=1e-9, abs_tol=1e-12)


def _plain(value: Any) -> Any:
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
