"""How wrong input is told: one sentence per problem, several at once, never a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_recsim.record.masking import safe

SHOWN = 20
PLACES = 3
"""Places that are named of problems of one kind, beside the first."""
ENOUGH = 200
"""Problems after which a reader of a file stops looking; a million wrong rows are refused as fast as the first ones."""
CELLS = 500_000
"""Pairs of characters that a search for the nearest match may compare; that takes a twentieth of a second."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes:
        where: file with line or JSON pointer, e.g. ``guardrails.yml:14`` or ``acme.json#/items/3/price``.
        what: the sentence: offending value, what is allowed, nearest match.
        cause: what problems of one kind share; several of them are told as one, with the first places.
    """

    where: str
    what: str
    cause: str = ""

    def __str__(self) -> str:
        return safe(f"{self.where}: {self.what}" if self.where else self.what)


class RecsimError(Exception):
    """What users of this package may have to catch; its text says what is wrong."""


class InputError(RecsimError):
    """Input that cannot be used; carries every problem found. The plugin turns it into exit code 4."""

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        kinds: dict[tuple[str, str], list[Problem]] = {}
        for problem in self.problems:
            file = problem.where.partition("#")[0].partition(":")[0]
            kinds.setdefault((file, problem.cause or problem.what), []).append(problem)
        least = "at least " if len(self.problems) >= ENOUGH else ""
        shown = list(kinds.values())[:SHOWN]
        lines = [_as_one(alike, least) for alike in shown]
        rest = len(self.problems) - sum(map(len, shown))
        if rest > 0:
            lines.append(f"... and {least}{rest} more problem{'s' if rest > 1 else ''}")
        return "\n".join(lines)


def _as_one(alike: Sequence[Problem], least: str) -> str:
    """Tell the first of several problems of one kind, and how many more there are and where."""
    first, others = alike[0], alike[1:]
    if not others:
        return str(first)
    places = ", ".join(problem.where for problem in others[:PLACES])
    more = f"{least}{len(others)} more like it, first at" if len(others) > PLACES else "also at"
    return safe(f"{first} ({more} {places})")


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return ``"; did you mean `x`?"`` for the closest allowed word; an empty string without one, or if to look is dear."""
    words = list(allowed)
    if len(words) * len(word) ** 2 > CELLS:
        return ""
    match = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"; did you mean `{match[0]}`?" if match else ""
