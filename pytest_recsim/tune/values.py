"""From numbers that a sampler draws to values as a profile has them, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from pytest_recsim.data.profiles.knobs import KNOBS, parse_value
from pytest_recsim.record.trial import Dimension

MOST_VALUES = 1000
"""On a grid: finer ones are a range."""
DIGITS = 3
"""That a drawn number keeps: more of them tell nobody anything, and fewer questions would be equal."""


def same(knob: str, one: str, other: str) -> bool:
    """Return whether two texts are the same value of a knob."""
    return one == other or _value(knob, one) == _value(knob, other)


def _value(knob: str, text: str) -> object:
    try:
        return parse_value(KNOBS[knob], text)
    except ValueError:
        return text


def listed(dimension: Dimension) -> tuple[str, ...] | None:
    """Return all values of a choice or a grid in order, the start's among them; None for a range."""
    if dimension.kind == "choice":
        return dimension.choices
    if dimension.step is None:
        return None
    low, high, step = dimension.low or 0.0, dimension.high or 0.0, dimension.step
    count = math.floor((high - low) / step + 1e-9) + 1
    numbers = {_decimal(low + index * step): low + index * step for index in range(count)}
    if dimension.start and float(dimension.start) not in {float(text) for text in numbers}:
        numbers[dimension.start] = float(dimension.start)
    return tuple(_as_start(dimension, text) for text in sorted(numbers, key=float))


def text_of(dimension: Dimension, number: float) -> str:
    """Return a number of a range as a profile has it: within the range, and with few digits."""
    low, high = dimension.low or 0.0, dimension.high or 0.0
    if dimension.kind == "int":
        number = round(number)
    elif dimension.log:
        number = float(f"{number:.{DIGITS}g}")
    else:
        number = round(number, DIGITS - 1 - math.floor(math.log10(high - low)))
    return _as_start(dimension, _decimal(min(max(number, low), high)))


def _decimal(number: float) -> str:
    """Return a number without an exponent and without the dust of binary fractions."""
    text = format(Decimal(f"{number:.12g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _as_start(dimension: Dimension, text: str) -> str:
    equal = bool(dimension.start) and float(text) == float(dimension.start)
    return dimension.start if equal else text


def canonical(space: Sequence[Dimension], values: Mapping[str, str]) -> tuple[str, ...]:
    """Return a set of values so that equal ones are equal, however they are written."""
    return tuple(str(_value(one.knob, values.get(one.knob, one.start))) for one in space)


def changed(space: Sequence[Dimension], values: Mapping[str, str]) -> int:
    """Return how many knobs are not as the start has them."""
    return sum(not same(one.knob, values.get(one.knob, one.start), one.start) for one in space)


def is_numeric(values: Sequence[str]) -> bool:
    """Return whether all texts are numbers, so that they have an order."""
    try:
        return all(float(text) == float(text) for text in values)
    except ValueError:
        return False


def finite(value: float | None) -> float | None:
    """Return a number, None for what is none."""
    return value if value is not None and math.isfinite(value) else None
