"""What a report says of the runs before: how key figures moved, and which runs cannot be held against this one."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.history import KeyFigure, Past
from pytest_recsim.record.trend import Trend
from pytest_recsim.report.past import COLUMNS, verdict_of
from pytest_recsim.report.text import foreign, number, table

LAST = 5
"""Runs in the table of README.md; the page shows all."""
HEAD = ("run", "verdict", "profile", *COLUMNS)


def trend_section(trend: Trend | None) -> Iterator[str]:
    """Render the last runs as a small table; nothing for a first run."""
    if trend is None:
        return
    yield "## The last runs"
    yield ""
    if len(trend.runs) > 1:
        yield from table(HEAD, [cells(run) for run in trend.runs[-LAST:]])
    for sentence in sentences(trend):
        yield foreign(sentence)
        yield ""


def sentences(trend: Trend) -> Iterator[str]:
    """What a reader has to know beside the figures: what is not among them, and why."""
    if len(trend.runs) < 2:
        yield "No earlier run of this customer can be held against this one."
    if trend.left_out:
        why = ", ".join(f"{count} {words}" for words, count in trend.left_out.items())
        yield f"Runs that are not shown: {why}."
    yield from (f"Note: {notice}." for notice in trend.notices)


def cells(run: Past) -> tuple[str, ...]:
    """A run as a row of the table."""
    figures = (run.figure(name) for name in COLUMNS.values())
    return (run.bundle.rpartition("/")[2], verdict_of(run), run.configuration, *map(value, figures))


def value(figure: KeyFigure | None) -> str:
    """A figure's value, or that there is none."""
    return number(figure.value if figure else None)
