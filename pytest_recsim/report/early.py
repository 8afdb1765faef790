"""Whether asking ended before everybody had been asked, and what decided every check by then: for both pages."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.early import Decided, Early
from pytest_recsim.report.text import foreign, number, table

HEAD = ("check", "at least", "decided", "interval", "of the users", "when")
BELOW = (
    "With a probability of {level:.0%} or more all intervals hold together, whenever asking ends; so they are wider than "
    "ordinary ones. An interval of one number: everybody it is about was asked."
)
OUTCOMES = {
    "passed": "passed",
    "failed": "failed",
    "open": "not decided",
    "whole": "judged as ever, on its whole segment",
    "not_measured": "not measured, whoever is asked",
}


def early_rows(early: Early) -> list[tuple[str, ...]]:
    """A row per check that asking hung on, in the columns of ``HEAD``."""
    return [
        (
            one.name,
            number(one.threshold),
            _outcome(one),
            _interval(one),
            f"{one.n:,} of {one.of:,}",
            _when(one),
        )
        for one in early.checks
    ]


def early_words(early: Early) -> str:
    """What was left out, and what the figures of the whole run are over."""
    words = f"{early.words[0].upper()}{early.words[1:]}."
    if early.stopped and early.whole < early.asked:
        words += (
            f" Figures of the whole run are over the first {early.whole:,}, among whom every segment has its share; later "
            "questions were for segments whose lifts were still open."
        )
    return words


def early_section(early: Early | None) -> Iterator[str]:
    """Render it; nothing where asking was not to stop early."""
    if early is None:
        return
    yield foreign(early_words(early))
    yield ""
    if early.checks:
        yield from table(HEAD, early_rows(early))
        yield BELOW.format(level=early.level)
        yield ""


def _outcome(one: Decided) -> str:
    return OUTCOMES[one.outcome] + ("" if one.blocks else " (does not block)")


def _interval(one: Decided) -> str:
    if one.low is None:
        return ""
    high = "no upper bound" if one.high is None else f"{one.high:.2f}"
    return high if high == f"{one.low:.2f}" else f"{one.low:.2f} to {high}"


def _when(one: Decided) -> str:
    return f"after {one.asked:,} questions" if one.outcome in ("passed", "failed") else ""
