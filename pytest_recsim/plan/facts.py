"""What is wrong with the facts of a metric of the user's own: a slip in them would only show in a failure's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.input.findings import kind, quoted
from pytest_recsim.data.input.problems import nearest
from pytest_recsim.data.profiles.knobs import KNOBS

_NUMBERS = (int, float)


def wrong_facts(metric: MetricFacts) -> Iterator[str]:
    """Yield what is wrong with each fact, as the end of a sentence: offending value, what it must be, nearest match."""
    for fact in fields(MetricFacts):
        value, hint = getattr(metric, fact.name), _hints()[fact.name]
        if isinstance(value, tuple) and hint == tuple[str, ...]:
            yield from (f"`{fact.name}` names {wrong}" for wrong in map(_wrong_knob, value) if wrong)
        elif must := _must(value, hint):
            yield f"`{fact.name}` is {kind(value)}; must be {must}{_nearest(value, hint)}"


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(MetricFacts)


def _must(value: object, hint: Any) -> str:
    """What a value must be by its annotation; empty where it is that."""
    if words := get_args(hint) if isinstance(next(iter(get_args(hint)), None), str) else ():
        return "" if value in words else f"one of {', '.join(word or 'empty' for word in words)}"
    if get_origin(hint) is tuple:
        return "a tuple of knobs"
    if hint is bool:
        return "" if isinstance(value, bool) else "True or False"
    if hint is str:
        return "" if isinstance(value, str) else "text"
    wanted = int if hint is int else _NUMBERS
    if value is None and type(None) in get_args(hint):
        return ""
    right = isinstance(value, wanted) and not isinstance(value, bool)
    return "" if right else "a whole number" if hint is int else "a number"


def _nearest(value: object, hint: Any) -> str:
    return (
        nearest(value, [word for word in get_args(hint) if isinstance(word, str)])
        if isinstance(value, str)
        else ""
    )


def _wrong_knob(name: object) -> str:
    if not isinstance(name, str):
        return f"{kind(name)}; must be a knob"
    known = name in KNOBS or (name.endswith("*") and any(knob.startswith(name[:-1]) for knob in KNOBS))
    return (
        ""
        if known
        else f"`{quoted(name)}`, which is no knob{nearest(name, KNOBS) or '; must be one of docs/configuration.md'}"
    )
