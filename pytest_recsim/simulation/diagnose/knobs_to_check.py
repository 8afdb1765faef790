"""The knobs that a check names, with their values in this run and where those come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.metadata import KnobRow

MOST = 8


def knobs_of(names: Iterable[str], plan: Plan) -> list[str]:
    """Return each knob once; ``BLEND_*`` stands for those that are set and begin so, what is no knob is left out."""
    return [name for name in dict.fromkeys(_each(names, plan)) if name in KNOBS]


def _each(names: Iterable[str], plan: Plan) -> Iterator[str]:
    for name in names:
        if name.endswith("*"):
            yield from (knob for knob in sorted(plan.knobs) if knob.startswith(name[:-1]))
        else:
            yield name


def values_of(names: Iterable[str], plan: Plan, rows: tuple[KnobRow, ...]) -> str:
    """Return the named knobs as ``MMR_LAMBDA=0.3 (prod.env:7)``, what is not set as such."""
    seen = {row.knob: row for row in rows}
    knobs = knobs_of(names, plan)
    shown = ", ".join(_value(name, plan, seen.get(name)) for name in knobs[:MOST])
    return shown + (f" and {len(knobs) - MOST} more" if len(knobs) > MOST else "")


def _value(name: str, plan: Plan, row: KnobRow | None) -> str:
    setting = plan.knobs.get(name)
    if setting is None:
        default = KNOBS[name].default
        return f"{name} not set" + (f" (the service assumes {default})" if default else "")
    shown = f"{name}={quoted(setting.text) or '(empty)'} ({setting.origin})"
    if row is not None and row.status in ("not in effect", "differs"):
        shown += f", but {row.in_effect} in effect"
    return shown
