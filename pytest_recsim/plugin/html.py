"""What pytest-html's page says of our checks: the verdict on top, and customer, check, value and threshold in every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

import msgspec
import pytest

from pytest_recsim.plugin.outcome import ATTRIBUTE
from pytest_recsim.record.legible import legible
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report.markdown import outcome_words
from pytest_recsim.report.text import number
from pytest_recsim.simulation.bundle.writer import Writer

_BEFORE, _BEHIND = '<td class="col-testId">', "</td>"
COLUMNS = ("Customer", "Check", "Outcome", "Value", "Must be")
PLACE = 2
"""Behind the result and the name of the test."""


def verdicts(writers: Iterable[Writer]) -> Iterator[str]:
    """Yield a paragraph per simulation: its verdict, and what goes with it."""
    for writer in writers:
        verdict = writer.verdict
        causes = [f"{root.headline}; next step: {root.next_step}" for root in verdict.causes]
        said = [*causes, *(f"note: {caveat}" for caveat in verdict.caveats)]
        notes = "".join(f"<br>{_text(line)}" for line in said)
        yield f"<p><strong>{_text(writer.opened.plan.id)}: {_text(verdict.sentence)}</strong>{notes}</p>"


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    cells[PLACE:PLACE] = [f"<th>{name}</th>" for name in COLUMNS]


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_html_results_table_row(report: pytest.TestReport, cells: list[str]) -> None:
    """Escape the node id, which pytest-html writes as it is and which holds segments, and add our columns."""
    for place, cell in enumerate(cells):
        if cell.startswith(f"{_BEFORE}{report.nodeid}"):  # nobody has escaped it yet
            inner = cell.removeprefix(_BEFORE).removesuffix(_BEHIND)
            cells[place] = f"{_BEFORE}{escape(inner)}{_BEHIND}"
    cells[PLACE:PLACE] = [f"<td>{text}</td>" for text in _columns(report)]


def _columns(report: pytest.TestReport) -> tuple[str, ...]:
    """The texts of our columns; empty for a test that is no check of ours."""
    attempts = getattr(report, ATTRIBUTE, "")
    if not attempts:
        return ("",) * len(COLUMNS)
    result = msgspec.json.decode(attempts, type=list[CheckResult])[-1]
    shown = _first(result)
    outcome = outcome_words(result.outcome)
    value = "" if shown is None else f"{shown.name} {number(shown.got)}"
    must = "" if shown is None else shown.expected
    return tuple(map(_text, (result.simulation, result.label, outcome, value, must)))


def _first(result: CheckResult) -> Measure | None:
    """The measure that a row has room for: the first that fails, else the first with a value."""
    failing = (measure for measure in result.measures if measure.ok is False)
    valued = (measure for measure in result.measures if measure.got is not None)
    return next(failing, None) or next(valued, None)


def _text(value: str) -> str:
    return escape(legible(value))
