"""How commands speak: results on standard output, notes and progress on standard error, all of it masked and legible."""

from __future__ import annotations

import sys

from pytest_recsim.pace import Meter, Stream
from pytest_recsim.record.masking import safe


def say(text: str) -> None:
    """Print a result."""
    print(safe(text))  # noqa: T201 - this is the command's voice


def note(text: str) -> None:
    """Tell people something beside the result."""
    print(safe(f"recsim: {text}"), file=sys.stderr)  # noqa: T201


def document(text: str) -> None:
    """Print a text of ours as it is, which a machine is to read."""
    print(text)  # noqa: T201


def meter() -> Meter:
    """How far long work is, on standard error."""
    return Meter(Stream(sys.stderr))


def counts(fixture: dict[str, object]) -> str:
    """Return how much is in a fixture: `60 items, 40 users, 900 events`."""
    sizes = [f"{len(rows):,} {name}" for name, rows in fixture.items() if isinstance(rows, list)]
    return ", ".join(sizes)
