"""What is wrong with a fixture as JSON, whatever it is about: too much of something, odd text, keys that stand twice."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pytest_recsim.data.findings import Findings, quoted
from pytest_recsim.data.fixture_rules import MAX_LEVELS
from pytest_recsim.data.problems import Problem

MAX_DIGITS = 4300  # Python reads no longer whole number
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]|[0-9]{4301,}', re.DOTALL)
_ODD = "text with a NUL character or half a surrogate pair; allowed whole Unicode characters except NUL"


class _Twice(dict[str, Any]):
    """An object in which a key stands twice; ``key`` is the first such."""

    key = ""


def too_much(name: str, text: str) -> Problem:
    """Return the problem of JSON that the parser gives up on, with the line and column where it gets too much."""
    depth = 0
    for piece in _PIECES.finditer(text):
        depth += piece[0] in "[{"
        depth -= piece[0] in "]}"
        if depth > MAX_LEVELS or piece[0][0].isdigit():
            line, start = text.count("\n", 0, piece.start()) + 1, text.rfind("\n", 0, piece.start()) + 1
            what = f"nested deeper than {MAX_LEVELS} levels" if depth > MAX_LEVELS else "a number is too long"
            sentence = f"not usable JSON: {what}; allowed {MAX_LEVELS} levels, numbers of {MAX_DIGITS} digits"
            return Problem(f"{name}:{line}:{piece.start() - start + 1}", sentence)
    return Problem(f"{name}#", "not usable JSON; allowed one JSON object")


def twice(name: str, text: str) -> list[Problem]:
    """Return every object with a key that stands twice, and so hides a value from the slow pass."""

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        doubled = _Twice(found)
        doubled.key = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return doubled

    document = json.loads(text, object_pairs_hook=made)
    return [
        Problem(
            f"{name}{_pointer((*path, value.key))}",
            f"`{quoted(value.key)}` stands twice in one object; allowed once",
        )
        for path, value in _walk(document)
        if isinstance(value, _Twice)
    ]


def text_and_numbers(name: str, document: dict[str, Any], findings: Findings) -> None:
    """Find what no JSON column takes, wherever it is: NUL, half a surrogate pair, NaN and infinity."""
    for path, value in _walk(document):
        if isinstance(value, dict):
            for key in filter(_odd, value):
                findings.add(f"{name}{_pointer((*path, key))}", _ODD)
        elif isinstance(value, str) and _odd(value):
            findings.add(f"{name}{_pointer(path)}", _ODD)
        elif isinstance(value, float) and not math.isfinite(value):
            findings.add(
                f"{name}{_pointer(path)}", f"{value} is not a number of JSON; allowed finite numbers"
            )


def _odd(text: str) -> bool:
    return "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)


def _walk(document: object) -> Iterator[tuple[tuple[object, ...], object]]:
    """Yield the path and value of everything in document order; never recursive."""
    stack: list[tuple[tuple[object, ...], object]] = [((), document)]
    while stack:
        path, value = stack.pop()
        yield path, value
        inner: list[tuple[object, object]] = []
        if isinstance(value, dict | list):
            inner = list(value.items() if isinstance(value, dict) else enumerate(value))
        stack.extend(((*path, key), entry) for key, entry in reversed(inner))


def _pointer(path: tuple[object, ...]) -> str:
    return "".join(f"/{escaped(str(part))}" for part in path)


def escaped(key: str) -> str:
    return quoted(key.replace("~", "~0").replace("/", "~1"))
