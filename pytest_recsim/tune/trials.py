"""From a starting plan to that of a trial: other knobs, the tuning slice, and nothing that changes a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from pytest_recsim.data.fixtures.columns import Columns, columns
from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.fixtures.slices import TUNING, before_verdict, tuning_split
from pytest_recsim.data.fixtures.split import Split, split_events
from pytest_recsim.data.input.instants import from_us
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.knobs import KNOBS, parse_value
from pytest_recsim.plan.model import KnobSetting, Plan
from pytest_recsim.plan.modes import BY_DEFAULT, ON_STAND_IN
from pytest_recsim.plan.profile import plain
from pytest_recsim.record.asked import Chosen
from pytest_recsim.record.trial import Dimension
from pytest_recsim.record.tune import Slice

HERE = "recsim tune"
MODE = "--recsim-apply"
"""As pytest names it; what is said to people names it as they typed it."""
Name = Literal["seeded", "tuning", "verdict"]
Ints = npt.NDArray[np.int64]


def tuning_plan(plan: Plan) -> Plan:
    """Return the starting plan on the tuning slice, in a mode that changes no service.

    A mode that somebody named for this study is heeded or refused; one that stands in a file is for other runs.

    Raises:
        InputError: it leaves out what tuning cannot do without, or the mode that was named is none that trials can travel with.
    """
    possible = tuple(mode.name for mode in ((BY_DEFAULT, ON_STAND_IN) if plan.stand_in else (BY_DEFAULT,)))
    if plan.apply.origin == MODE and plan.apply.value not in possible:
        what = f"`{plan.apply.value}` is no mode that trials can travel with; must be {' or '.join(possible)}"
        raise InputError(Problem(MODE, what))
    if plan.seed_only or {"reset", "seed", "quality"} & set(plan.skip):
        raise InputError(
            Problem(
                HERE, "seeds the tuning slice and judges lists; leave out neither reset, seed nor quality"
            )
        )
    mode = plan.mode
    if not plan.stand_in:
        mode = BY_DEFAULT
    elif not mode.sent:
        mode = ON_STAND_IN
    apply = plan.apply if mode.name == plan.apply.value else Chosen(mode.name, HERE)
    return replace(plan, slice=TUNING, apply=apply, compare_to="", compare_note="", show_users=False)


def laid_over(plan: Plan, values: Mapping[str, str]) -> Plan:
    """Return a plan with other values for some knobs.

    Raises:
        InputError: there is no such knob, or it takes no such value.
    """
    knobs = dict(plan.knobs)
    for name, text in values.items():
        known = knobs.get(name)
        if known is None or known.text != text:
            knobs[name] = _setting(name, text)
    return replace(plan, knobs=knobs)


def _setting(name: str, text: str) -> KnobSetting:
    if name not in KNOBS:
        raise InputError(Problem(HERE, f"`{name}` is no knob"))
    try:
        return KnobSetting(text, plain(parse_value(KNOBS[name], text)), HERE, overridden=True)
    except ValueError as error:
        raise InputError(Problem(HERE, str(error))) from None


def tryable(plan: Plan, space: Iterable[Dimension]) -> tuple[tuple[Dimension, ...], dict[str, str]]:
    """Return the dimensions that trials can try in the plan's mode, and why the others cannot be, by knob."""
    kept: list[Dimension] = []
    left_out: dict[str, str] = {}
    for one in space:
        travels, why = _travels(one)
        if why and not plan.mode.stand_in_only:
            left_out[one.knob] = why
        else:
            kept.append(replace(one, travels=travels))
    return tuple(kept), left_out


def _travels(one: Dimension) -> tuple[bool, str]:
    """Whether every value of it reaches a service with a request, and why not."""
    knob = KNOBS[one.knob]
    if knob.override_key is None:
        return False, (
            f"{one.knob} reaches a service with its configuration only, which tuning never changes; tune it on the stand-in"
        )
    numbers = [one.low, one.step] if one.kind == "float" else []
    texts = [*one.choices, *(str(number) for number in numbers if number is not None or one.kind == "float")]
    if knob.override_integer and not all(_whole(text) for text in texts):
        return (
            False,
            f"{one.knob} travels with a request as a whole number only; give it a whole step, such as 1",
        )
    return True, ""


def _whole(text: str) -> bool:
    try:
        return float(text).is_integer()
    except ValueError:
        return False


def slices_of(fixture: Fixture, plan: Plan) -> tuple[Slice, ...]:
    """Return the three slices of a data set in time.

    Raises:
        InputError: see ``tuning_split``.
    """
    whole, rest = columns(fixture), columns(before_verdict(fixture, plan.split, plan.window_days))
    ordinary = split_events(whole, plan.split, plan.window_days)
    inner = tuning_split(whole, rest, plan.split, plan.window_days)
    first, last = _instant(inner), _instant(ordinary)

    def piece(name: Name, after: str | None, until: str | None, events: Ints, table: Columns) -> Slice:
        users = len(np.unique(table.user[events]))
        return Slice(name=name, after=after, until=until, events=len(events), users=users)

    return (
        piece("seeded", None, first, inner.seeded, rest),
        piece("tuning", first, last, inner.holdout, rest),
        piece("verdict", last, None, ordinary.holdout, whole),
    )


def _instant(split: Split) -> str | None:
    """The last instant of what is seeded."""
    return None if split.cut_us is None else from_us(split.cut_us).isoformat()
