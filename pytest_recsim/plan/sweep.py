"""Sweeps: from ``KNOB=0.3,0.5`` to the variants of a simulation, which differ in nothing but the swept knobs."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.knobs import KNOBS, Knob, Value, knob_named, parse_value
from pytest_recsim.data.profiles.profiles import Assignment, assigned
from pytest_recsim.plan.batch import Asked
from pytest_recsim.plan.model import Variant
from pytest_recsim.plan.modes import MODES, ON_SERVICES
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.reach import Reach

OPTION = "--recsim-sweep"
MOST = 32
"""Variants of one simulation: more are no table that anybody reads."""
_PLAIN = re.compile(r"[A-Za-z0-9_.+-]+")
_LONGEST_ID = 120


@dataclass(frozen=True)
class Swept:
    """A knob and the texts of the values that it takes one after the other."""

    knob: Knob
    texts: tuple[str, ...]


def swept_of(words: Sequence[str]) -> tuple[Swept, ...]:
    """Read the options; values are separated by commas, those of knobs that hold commas themselves by semicolons.

    Raises:
        InputError: with every word that cannot be used, or when the variants are too many.
    """
    problems: list[Problem] = []
    found: dict[str, Swept] = {}
    for word in words:
        try:
            one = _swept(word)
            if one.knob.name in found:
                raise _wrong(f"`{one.knob.name}` is swept twice; give all its values in one {OPTION}")
            found[one.knob.name] = one
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    counts = [len(one.texts) for one in found.values()]
    if (count := math.prod(counts)) > MOST:
        product = " x ".join(map(str, counts))
        raise _wrong(f"makes {count} variants ({product}) of every simulation; at most {MOST}")
    return tuple(found.values())


def _swept(word: str) -> Swept:
    name, equals, text = (part.strip() for part in word.partition("="))
    if not equals:
        raise _wrong(f"`{quoted(word)}`: must be KNOB=VALUE,VALUE, such as MMR_LAMBDA=0.3,0.5,0.7")
    try:
        knob, values = knob_named(name), list[Value]()
    except ValueError as error:
        raise _wrong(str(error)) from None
    separator = ";" if knob.has_commas else ","
    texts = [part.strip() for part in text.split(separator)]
    for part in texts:
        try:
            value = parse_value(knob, part)
        except ValueError as error:
            raise _wrong(str(error)) from None
        if value in values:
            raise _wrong(f"{name}: {quoted(part)} is there twice; every variant needs a value of its own")
        values.append(value)
    if len(values) < 2:
        hint = "; separate values of this knob by `;`" if separator == ";" else ""
        raise _wrong(
            f"{name} has one value, which is no sweep (that is --env-override); give two or more{hint}"
        )
    return Swept(knob, tuple(texts))


def variants(one: Asked, swept: Sequence[Swept]) -> list[Asked]:
    """Return a simulation once for every combination of values, the last knob's turning fastest; itself without any.

    Raises:
        InputError: a swept knob is set by an override, too.
    """
    if not swept:
        return [one]
    names = {each.knob.name for each in swept}
    twice = [
        Problem(setting.origin, f"`{setting.knob}` is swept, too ({OPTION}); leave one of the two out")
        for setting in map(assigned, one.options.env_overrides)
        if setting.knob in names
    ]
    if twice:
        raise InputError(twice)
    combinations = [
        dict(zip((each.knob.name for each in swept), texts, strict=True))
        for texts in itertools.product(*(each.texts for each in swept))
    ]
    ids = _ids(one.id, combinations)
    return [
        Asked(
            name,
            one.customer,
            _with(one.options, knobs),
            Variant(first=ids[0], number=number, of=len(ids), knobs=knobs),
        )
        for number, (name, knobs) in enumerate(zip(ids, combinations, strict=True), 1)
    ]


def _ids(base: str, combinations: Sequence[dict[str, str]]) -> list[str]:
    """Name variants by their values where those are fit for a folder's name, else by number.

    No customer and no id of a manifest has an ``@``, so these are nobody else's.
    """
    named = [f"{base}@{','.join(f'{name}={text}' for name, text in one.items())}" for one in combinations]
    plain = all(_PLAIN.fullmatch(text) for one in combinations for text in one.values())
    if plain and max(map(len, named)) <= _LONGEST_ID:
        return named
    return [f"{base}@variant-{number}" for number in range(1, len(combinations) + 1)]


def _with(options: Options, knobs: dict[str, str]) -> Options:
    laid = (Assignment.written(f"{name}={text}", OPTION) for name, text in knobs.items())
    return replace(options, env_overrides=(*options.env_overrides, *laid))


def unreachable(variant: Variant, reach: Reach, options: Options) -> Iterator[Problem]:
    """Yield why a variant could not be told from the others on its service, or would change it for everybody."""
    mode = MODES[reach.mode.value]
    if mode.changes and options.base_url:
        quiet = " or ".join(f"`{one.name}`" for one in ON_SERVICES if one.sent)
        what = f"`{mode.name}` would reconfigure a running service for every variant; a sweep reads only: must be"
        yield Problem(reach.mode.origin, f"{what} {quiet}")
        return
    for name, text in variant.knobs.items():
        knob = KNOBS[name]
        if mode.takes(knob, parse_value(knob, text)):
            continue
        fit = [one.name for one in KNOBS.values() if one.ranks and mode.carries(one, _whole(one))]
        can = f"those that can: {', '.join(fit)}" if fit else "it brings no knob to the service"
        said = name
        if name in fit:
            said, can = f"{name}={quoted(text)}", "such an override takes whole numbers only"
        beside = "; on the stand-in (without --base-url) every knob can be swept" if options.base_url else ""
        yield Problem(OPTION, f"{said} does not reach the service by `{mode.name}`; {can}{beside}")


def _whole(knob: Knob) -> Value:
    """A value of the knob's kind that any override takes."""
    return 1 if knob.kind in ("int", "float") else True


def _wrong(what: str) -> InputError:
    return InputError(Problem(OPTION, what))
