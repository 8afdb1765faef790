"""What is tried: wishes for knobs, held against the table of knobs and the starting profile.

A wish is ``0.1..2``, ``0.1..2:log``, ``0..1:step=0.05`` or ``A,B,C``; a file has the same behind each knob, or a list.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.profiles.knobs import Knob, allowed, knob_named, parse_value
from pytest_recsim.record.trial import Dimension
from pytest_recsim.tune.values import MOST_VALUES, listed, same
from pytest_recsim.tune.wishes import Wish

_NUMBERS = ("float", "int")


def space_of(wishes: Iterable[Wish], start: Mapping[str, str]) -> tuple[tuple[Dimension, ...], list[str]]:
    """Hold wishes against the table of knobs and the starting profile; a later wish for a knob replaces an earlier one.

    Args:
        wishes: of files first, then of options.
        start: knob -> text of the starting profile.

    Returns:
        the dimensions, each with the start's value in it; and sentences worth telling, such as a range that was widened.

    Raises:
        InputError: lists every wish that cannot be used.
    """
    last = {wish.knob: wish for wish in wishes}
    dimensions, notes, findings = list[Dimension](), list[str](), Findings()
    for wish in last.values():
        try:
            made, note = _dimension(wish, start)
        except ValueError as error:
            findings.add(wish.where, str(error))
            continue
        dimensions.append(made)
        notes += [note] if note else []
    findings.check()
    return tuple(dimensions), notes


def _dimension(wish: Wish, start: Mapping[str, str]) -> tuple[Dimension, str]:
    knob = knob_named(wish.knob)
    if not knob.ranks:
        raise ValueError(f"`{knob.name}` moves no list, so there is nothing to try; it is for {knob.meaning}")
    at = start.get(knob.name, knob.default or "")
    if isinstance(wish.said, str) and ".." in wish.said:
        return _range(knob, wish.said, at)
    texts = wish.said if isinstance(wish.said, tuple) else _split(knob, wish.said)
    return _choice(knob, texts, at), ""


def _split(knob: Knob, said: str) -> tuple[str, ...]:
    if knob.has_commas:
        raise ValueError(
            f"`{knob.name}` has commas in its values; must be a list in a file of its own (--space FILE)"
        )
    return tuple(part.strip() for part in said.split(","))


def _choice(knob: Knob, texts: Sequence[str], at: str) -> Dimension:
    found = list[str]()
    for text in texts:
        parse_value(knob, text)  # its ValueError is the sentence
        if any(same(knob.name, text, other) for other in found):
            raise ValueError(f"{knob.name}: `{quoted(text)}` is there twice; must be there once")
        found.append(text)
    if at and not any(same(knob.name, at, text) for text in found):
        found.append(at)
    if len(found) < 2:
        raise ValueError(f"{knob.name}: only the starting value is to be tried; must be at least another one")
    if knob.kind in _NUMBERS:
        found.sort(key=float)
    choices = tuple(at if at and same(knob.name, at, text) else text for text in found)
    return Dimension(kind="choice", choices=choices, **_facts(knob, at))


def _range(knob: Knob, said: str, at: str) -> tuple[Dimension, str]:
    if knob.kind not in _NUMBERS:
        raise ValueError(
            f"`{knob.name}` has no range, it takes {allowed(knob)}; must be a list of values, A,B,C"
        )
    span, *rest = said.split(":")
    low, high = (_number(knob, text.strip()) for text in _ends(knob, span))
    step, log = _manner(knob, rest)
    whole = knob.kind == "int" or knob.override_integer
    if whole and not all(number.is_integer() for number in (low, high, step or 0.0)):
        raise ValueError(f"{knob.name}={span}: it travels as a whole number; must have whole ends and steps")
    if low >= high:
        raise ValueError(f"{knob.name}={span}: an empty range; must be LOW..HIGH with LOW below HIGH")
    widened, note = _with_start(knob, low, high, at, whole=whole)
    if log and min(widened) <= 0:
        which = "a range" if low <= 0 else "a starting value"
        raise ValueError(f"{knob.name}: {which} with 0 has no logarithm; must be above 0, or without :log")
    made = Dimension(
        kind="int" if whole else "float",
        low=widened[0] if step is None else low,
        high=widened[1] if step is None else high,
        step=step,
        log=log,
        **_facts(knob, at),
    )
    if step and (high - low) / step > MOST_VALUES:
        raise ValueError(
            f"{knob.name}: a step of {step:g} is too fine; must make at most {MOST_VALUES:,} values"
        )
    if step and len(listed(made) or ()) < 2:
        raise ValueError(f"{knob.name}: a step of {step:g} is longer than the range; must fit into it")
    return made, note


def _ends(knob: Knob, span: str) -> list[str]:
    ends = span.split("..")
    if len(ends) != 2 or not all(map(str.strip, ends)):
        raise ValueError(f"{knob.name}={quoted(span)}: must be LOW..HIGH, such as 0.1..2")
    return ends


def _number(knob: Knob, text: str) -> float:
    value = parse_value(knob, text)
    assert isinstance(value, int | float)  # the kinds of numbers
    return float(value)


def _manner(knob: Knob, words: Sequence[str]) -> tuple[float | None, bool]:
    """Return the step and whether the logarithm is drawn evenly."""
    step, log = None, False
    for word in map(str.strip, words):
        name, _, value = word.partition("=")
        if word == "log":
            log = True
        elif name == "step":
            step = _step(knob, value)
        else:
            raise ValueError(f"{knob.name}: `{quoted(word)}`: must be log or step=STEP")
    if log and step is not None:
        raise ValueError(f"{knob.name}: log and step exclude each other; must be one of them")
    return step, log


def _step(knob: Knob, text: str) -> float:
    try:
        step = float(text)
    except ValueError:
        step = math.nan
    if not (math.isfinite(step) and step > 0):
        raise ValueError(f"{knob.name}: step={quoted(text)}: must be a number above 0")
    return step


def _with_start(
    knob: Knob, low: float, high: float, at: str, *, whole: bool
) -> tuple[tuple[float, float], str]:
    """Return the range with the starting value in it, and a sentence where it had to be widened."""
    if not at:
        return (low, high), f"{knob.name} has no starting value, so every trial sets it"
    start = float(at)
    if whole and not start.is_integer():
        return (
            low,
            high,
        ), f"{knob.name}: the starting value {at} is no whole number, so it is tried in no trial"
    if low <= start <= high:
        return (low, high), ""
    return (min(low, start), max(high, start)), f"{knob.name}: the starting value {at} is tried, too"


def _facts(knob: Knob, at: str) -> dict[str, Any]:
    return {
        "knob": knob.name,
        "start": at,
        "meaning": knob.meaning,
        "travels": knob.override_key is not None,
    }
