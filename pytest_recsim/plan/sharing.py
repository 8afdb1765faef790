"""Plans of a batch say most things in the same words; what is equal is kept once, for there may be a thousand."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec.structs import replace

from pytest_recsim.plan.model import Plan

T = TypeVar("T")


class Once:
    """Knows the parts of the plans that it was given, and puts those into later ones that are equal."""

    def __init__(self) -> None:
        self._known: dict[bytes, object] = {}

    def shared(self, plan: Plan) -> Plan:
        """Return an equal plan; nothing of a plan is ever changed, so that it does not matter whose part it is."""
        parts = {name: getattr(plan, name) for name in plan.__struct_fields__ if name != "limits"}
        limits = {key: self._once(values) for key, values in plan.limits.items()}
        return replace(
            plan, limits=self._once(limits), **{name: self._once(part) for name, part in parts.items()}
        )

    def _once(self, part: T) -> T:
        if isinstance(part, int | float | None):  # as small as what would stand for it, and 1 is no 1.0
            return part
        key = type(part).__name__.encode() + msgspec.msgpack.encode(part)
        return self._known.setdefault(key, part)  # type: ignore[return-value]  # of the same type, as the key says
