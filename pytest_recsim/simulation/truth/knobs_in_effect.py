"""Which knobs are in effect: asked for against what explain blocks, the trace and the admin config show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from pytest_recsim.apply.reach import reaches
from pytest_recsim.data.profiles.documents import close, equal
from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.modes import ON_SERVICES, ONE_WAY
from pytest_recsim.record.metadata import KnobRow, KnobStatus
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.truth.inferred import Signs, UserClass, asked_of_sparse, inferred
from pytest_recsim.simulation.truth.moves import MOVES, WORDS

NOT_SET = "(not set)"
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


@dataclass(frozen=True)
class KnobsInEffect:
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

    def known(self, name: str) -> bool:
        """Whether the value in effect is known; an empty one may be."""
        knob = KNOBS[name]
        if self.plan.mode.stand_in_only or (name in self.plan.knobs and reaches(self.plan, name)):
            return True
        return knob.admin_key is not None and not knob.admin_echo and knob.admin_key in self.admin

    @property
    def min_events(self) -> int:
        """Distinct recent items below which the service calls a user sparse."""
        value = self.value("PROFILE_MIN_EVENTS_FOR_BOOST")
        return int(value) if value is not None else int(KNOBS["PROFILE_MIN_EVENTS_FOR_BOOST"].default or 0)


def knob_table(
    plan: Plan,
    admin: Mapping[str, Any],
    seen: Mapping[UserClass, Iterable[Exchange]],
    signs: Signs | None = None,
) -> list[KnobRow]:
    """Compare every ranking knob of the profile with what the service shows.

    A knob that the profile leaves out has a row when the service shows a value of its own that takes the place of
    one which the profile sets: the weights, lambda and fanout of sparse and new users.

    Args:
        plan: what is asked for.
        admin: the service's configuration document.
        seen: answers with explain blocks, grouped by user class; only reads, nothing is asked here.
        signs: what else answers have to be held against.
    """
    signs = signs or Signs()
    visible = _visible(plan, seen)
    if not _scoped(plan):
        visible |= inferred(KnobsInEffect(plan, admin), seen, signs)
    if admin.get("rules_enabled") is False:
        visible[ONE_WAY] = (False, "admin config")
    elif signs.rules is not None:
        visible[ONE_WAY] = (signs.rules, "dry run of the rules")
    rows = [_row(plan, admin, name, visible) for name in sorted(plan.knobs) if KNOBS[name].ranks]
    whole = sorted([*rows, *_instead(plan, visible)], key=lambda row: row.knob)
    return [
        msgspec.structs.replace(
            row, moves=WORDS[MOVES.get(row.knob, "everybody")], carried_by=tuple(_carriers(plan, row.knob))
        )
        for row in whole
    ]


def _row(plan: Plan, admin: Mapping[str, Any], name: str, visible: Mapping[str, tuple[Any, str]]) -> KnobRow:
    setting, sent = plan.knobs[name], sends(plan, name)
    seen = visible.get(name) or _documented(plan, admin, name)
    if seen is None:
        status: KnobStatus = "unknown"
        if sent:
            status = "started with it" if plan.mode.started else "sent, not visible"
        return KnobRow(name, setting.text, setting.origin, "", status, "")
    got, where = seen
    if _same(setting.value, got):
        status = "in effect" if sent else "same"
    else:
        status = "not in effect" if sent else "differs"
    return KnobRow(name, setting.text, setting.origin, _shown(got), status, where)


def sends(plan: Plan, name: str) -> bool:
    """Whether the apply mode brings a knob of the profile into effect."""
    return plan.mode.takes(KNOBS[name], plan.knobs[name].value)


def _carriers(plan: Plan, name: str) -> Iterator[str]:
    """Apply modes for a running service that bring a knob of the profile into effect; none for one left out."""
    setting = plan.knobs.get(name)
    if setting is None:
        return
    yield from (mode.name for mode in ON_SERVICES if mode.takes(KNOBS[name], setting.value))


def _instead(plan: Plan, visible: Mapping[str, tuple[Any, str]]) -> Iterator[KnobRow]:
    """Rows of knobs that the profile leaves out, and that the service has set in place of one it does set."""
    status: KnobStatus = "not in effect" if plan.mode.stand_in_only else "differs"
    for name, (got, where) in visible.items():
        if name in plan.knobs:
            continue
        rules_are_off = name == ONE_WAY and got is False
        if rules_are_off or (name in INSTEAD_OF and not _same(_meant(plan, name), got)):
            yield KnobRow(name, NOT_SET, "", _shown(got), status, where)


def _meant(plan: Plan, name: str) -> Any:
    """The value that the profile means sparse and new users to have in a knob of their own, set or not."""
    if name == "NEW_USER_POP_FANOUT":
        return asked_of_sparse(plan)
    setting = plan.knobs.get(name) or plan.knobs.get(INSTEAD_OF[name])
    return setting.value if setting is not None else None


def _documented(plan: Plan, admin: Mapping[str, Any], name: str) -> tuple[Any, str] | None:
    """What the admin config says of a knob, None where it says nothing that ranking is sure to follow."""
    knob, mode = KNOBS[name], plan.mode
    got = admin.get(knob.admin_key) if knob.admin_key and not knob.admin_echo else None
    if got is None or (mode.sent and reaches(plan, name)):  # overrides never show in the document
        return None
    if mode.posted and name == ONE_WAY and got:
        return None
    return got, "admin config"


def _visible(plan: Plan, seen: Mapping[UserClass, Iterable[Exchange]]) -> dict[str, tuple[Any, str]]:
    """Read knobs out of explain blocks; a value that disagrees wins over one that agrees.

    What sparse and new users show belongs to the knob of their own, whether the profile sets it or not.
    """
    if _scoped(plan):
        return {}  # weights then differ by namespace or segment: one number per class would mislead
    found: dict[str, tuple[Any, str]] = {}
    for user_class, exchanges in seen.items():
        for exchange in exchanges:
            for part, value in explained(exchange).items():
                name = CLASS_KNOBS[user_class][part][0]
                setting = plan.knobs.get(name) or plan.knobs.get(CLASS_KNOBS[user_class][part][-1])
                if setting is None or (name in found and _same(setting.value, value)):
                    continue
                found[name] = (value, f"explain, {user_class} users")
    return found


INSTEAD_OF = {names[0]: names[1] for names in CLASS_KNOBS["sparse"].values()} | {
    "NEW_USER_POP_FANOUT": "POPULARITY_FANOUT"
}
"""Knobs of sparse and new users that take the place of another one where they are set (contract 12.2)."""
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
    """Whether the service shows what was asked for; its lists are sets and come in any order (contract 18)."""
    if isinstance(asked, bool) or isinstance(got, bool) or not isinstance(asked, int | float):
        return equal(asked, got)
    return isinstance(got, int | float) and close(asked, got, 1e-12)


def _shown(value: Any) -> str:
    """A value as an env file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
