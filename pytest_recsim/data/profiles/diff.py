"""Two profiles side by side, by what they mean: `0.50` is `0.5`, lists are sets, a default that is written out is none."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_recsim.data.profiles.knobs import KNOBS, Knob, Value, default_value
from pytest_recsim.data.profiles.profiles import Profile, Setting


@dataclass(frozen=True)
class Apart:
    """A knob that two profiles do not set to the same value; None where one leaves it out.

    Attributes:
        alike: one leaves it out, and the other sets what the service assumes then.
    """

    knob: Knob
    one: Setting | None
    other: Setting | None
    alike: bool


def diff(one: Profile, other: Profile) -> list[Apart]:
    """Return the knobs in which two profiles differ, in the order of the table of knobs."""
    found = []
    for name, knob in KNOBS.items():
        mine, theirs = one.values.get(name), other.values.get(name)
        if mine is None and theirs is None:
            continue
        if mine is not None and theirs is not None:
            if not same_value(mine.value, theirs.value):
                found.append(Apart(knob, mine, theirs, alike=False))
            continue
        (there,) = (setting for setting in (mine, theirs) if setting is not None)
        assumed = default_value(knob)
        alike = assumed is not None and same_value(there.value, assumed)
        found.append(Apart(knob, mine, theirs, alike))
    return found


def same_value(one: Value, other: Value) -> bool:
    """Return whether two values of a knob mean the same to the service, which keeps lists as sets."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return set(one) == set(other)
    return one == other
