"""Property runs of two sizes, and what every loader owes its reader.

python -m pytest tests/data -k fuzz                       100 examples each, the same ones every time
python -m pytest tests/data -k fuzz -m long               10,000 each, likewise
RECSIM_EXAMPLES=50000 python -m pytest tests/data -k fuzz -m long     that many, others in every run
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from pytest_recsim.data.input.problems import InputError, Problem

FEW, MANY = 100, 10_000
ASKED = int(os.environ.get("RECSIM_EXAMPLES", "0"))
in_two_sizes = pytest.mark.parametrize(
    "examples", [pytest.param(FEW, id="few"), pytest.param(ASKED or MANY, id="many", marks=pytest.mark.long)]
)


def for_all(examples: int, strategy: st.SearchStrategy[Any], holds: Callable[[Any], None]) -> None:
    """Check ``holds`` on at least that many examples; fewer, because the strategy ran dry, is a failure too."""
    runs = 0

    def counted(example):
        nonlocal runs
        runs += 1
        note(repr(example)[:2000])
        holds(example)

    settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not ASKED,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )(given(strategy)(counted))()
    assert runs >= examples, f"only {runs} examples were tried"


def told(load: Callable[[], Any], *, twice: bool) -> tuple[Any, tuple[Problem, ...]]:
    """What a loader says: a value, or at least one sentence; anything else is a traceback. ``twice`` asks again."""
    first = _told(load)
    if twice:
        assert list(map(str, _told(load)[1])) == list(map(str, first[1]))
    assert (first[0] is None) == bool(first[1])
    for problem in first[1]:
        text = str(problem)
        assert text.isprintable(), ascii(text)
        assert len(text) < 2000, text
        assert any(word in text for word in ("must ", "belongs", "did you mean")), text
    return first


def _told(load: Callable[[], Any]) -> tuple[Any, tuple[Problem, ...]]:
    try:
        return load(), ()
    except InputError as error:
        return None, error.problems


def value_or_sentence(parse: Callable[[], Any]) -> tuple[Any, str]:
    """A parser's value, or the sentence of its ValueError; anything else is a traceback."""
    try:
        return parse(), ""
    except ValueError as error:
        return None, str(error)


def names_a_place(problem: Problem, file: str) -> bool:
    """Whether a problem's place is the file with a line (and column) or a JSON pointer."""
    return re.match(rf"{re.escape(file)}(:[1-9][0-9]*(:[1-9][0-9]*)?$|#(/|$))", problem.where) is not None


def bent(data: bytes, seed: int, tokens: tuple[bytes, ...]) -> bytes:
    """A few bytes of a file cut, doubled, swapped, overwritten or replaced by a token that means something there."""
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        until = min(len(data), at + rng.choice((0, 1, 1, 2, 5, 30)))
        piece = rng.choice(
            (
                b"",
                rng.randbytes(rng.randint(1, 3)),
                rng.choice(tokens),
                rng.choice(tokens),
                data[at:until] * 2,
                data[rng.randint(0, len(data)) :][:20],
            )
        )
        data = data[:at] + piece + data[until:]
    return data


@dataclass(frozen=True)
class Verbatim:
    """Text that goes into a JSON document as it is."""

    text: str


def to_json(value: Any, **style: Any) -> str:
    """JSON of a document in which an object may be a list of pairs (so that a key can stand twice)."""
    if isinstance(value, Verbatim):
        return value.text
    if isinstance(value, dict):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{json.dumps(k, **style)}: {to_json(v, **style)}" for k, v in value) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_json(entry, **style) for entry in value) + "]"
    return json.dumps(value, **style)


class Pairs(list):
    """An object as its pairs."""
