"""Collecting problems, so that several are told at once."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable

from pytest_recsim.data.input.problems import ENOUGH, InputError, Problem, nearest

_LONGEST = 60
# A plain repr() of a hundred thousand entries, or of a thousand levels, is not made to be cut to 60 characters.
_BRIEF = reprlib.Repr()
_BRIEF.maxlevel, _BRIEF.maxlist, _BRIEF.maxdict, _BRIEF.maxlong, _BRIEF.maxstring = 6, 30, 30, 90, 90


class Findings:
    """The problems found so far in one input."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, where: str, what: str, cause: str = "") -> None:
        """Remember a problem; those of one ``cause`` are told as one.

        Raises:
            InputError: there are enough of them; what else is wrong need not be looked for.
        """
        self.problems.append(Problem(where, what, cause))
        if len(self.problems) >= ENOUGH:
            raise InputError(self.problems)

    def check(self) -> None:
        """Raise InputError with everything found, if anything was."""
        if self.problems:
            raise InputError(self.problems)


def quoted(value: object) -> str:
    """Return a value as a sentence can show it: one line, short, printable."""
    text = value if isinstance(value, str) else _BRIEF.repr(value)
    clean = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[: _LONGEST + 1])
    return f"{clean[:_LONGEST]}..." if len(clean) > _LONGEST else clean


def kind(value: object) -> str:
    """Return a wrong value in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`, a truth value"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f'text "{quoted(value)}"' if isinstance(value, str) else quoted(value)


def unknown(key: str, allowed: Iterable[str]) -> str:
    """Return the sentence for an unknown key."""
    names = list(allowed)
    hint = nearest(key, names) or "; must be one of " + ", ".join(names)
    return f"`{quoted(key)}`: unknown key{hint}"
