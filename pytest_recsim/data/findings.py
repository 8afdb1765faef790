"""Collecting problems, so that several are told at once."""

from __future__ import annotations

from pytest_recsim.data.problems import InputError, Problem

_LONGEST = 60


class Findings:
    """The problems found so far in one input."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, where: str, what: str) -> None:
        self.problems.append(Problem(where, what))

    def check(self) -> None:
        """Raise InputError with everything found, if anything was."""
        if self.problems:
            raise InputError(self.problems)


def quoted(value: object) -> str:
    """Return a value as a sentence can show it: one line, short, printable."""
    text = value if isinstance(value, str) else repr(value)
    clean = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[: _LONGEST + 1])
    return f"{clean[:_LONGEST]}..." if len(clean) > _LONGEST else clean
