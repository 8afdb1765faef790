"""The knobs that a check names, with their values in this run and where those come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_recsim.data.findings import quoted
from pytest_recsim.data.knobs import KNOBS
from pytest_recsim.plan.model import Plan
from pytest_recsim.simulation.effect import KnobRow

MOST = 8
_WORD = re.compile(r"[A-Z][A-Z0-9_]*\*?|(?<=/ )_[A-Z0-9_]+")


def knobs_named(text: str, plan: Plan) -> list[str]:
    """Return the knobs that a text such as ``BLEND_ALPHA / _BETA, NEW_USER_*`` names; ``*`` only those that are set."""
    return list(dict.fromkeys(name for name in _names(text, plan) if name in KNOBS))


def _names(text: str, plan: Plan) -> Iterator[str]:
    last = ""
    for word in _WORD.findall(text):
        if word.endswith("*"):
            yield from (name for name in sorted(plan.knobs) if name.startswith(word[:-1]))
            continue
        last = last.rpartition("_")[0] + word if word.startswith("_") else word
        yield last


def values_of(text: str, plan: Plan, rows: tuple[KnobRow, ...]) -> str:
    """Return the named knobs as ``MMR_LAMBDA=0.3 (prod.env:7)``, what is not set as such."""
    seen = {row.knob: row for row in rows}
    names = knobs_named(text, plan)
    told = ", ".join(_told(name, plan, seen.get(name)) for name in names[:MOST])
    return told + (f" and {len(names) - MOST} more" if len(names) > MOST else "")


def _told(name: str, plan: Plan, row: KnobRow | None) -> str:
    setting = plan.knobs.get(name)
    if setting is None:
        default = KNOBS[name].default
        return f"{name} not set" + (f" (the service assumes {default})" if default else "")
    told = f"{name}={quoted(setting.text) or '(empty)'} ({setting.origin})"
    if row is not None and row.status in ("not in effect", "differs"):
        told += f", but {row.in_effect} in effect"
    return told
