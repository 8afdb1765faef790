"""README.md of a tuning study."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.tune import Study
from pytest_recsim.report.text import Markup, foreign, link, table
from pytest_recsim.report.tune_section import Link, Section
from pytest_recsim.report.tune_sections import sections
from pytest_recsim.report.tune_words import headline, why


def study_page(study: Study) -> str:
    """The page's text; links start from the study's folder."""
    return "\n".join(_lines(study)).rstrip() + "\n"


def _lines(study: Study) -> Iterator[str]:
    yield f"# {foreign(study.customer)}: {foreign(headline(study))}"
    yield ""
    for sentence in why(study):
        yield foreign(sentence)
        yield ""
    for section in sections(study):
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"## {foreign(section.title)}"
    yield ""
    for words in filter(None, section.words):
        yield foreign(words)
        yield ""
    if section.head:
        yield from table(section.head, [[_cell(cell) for cell in row] for row in section.rows])


def _cell(cell: str | Link) -> Markup | str:
    return link(cell.text, cell.target) if isinstance(cell, Link) else cell
