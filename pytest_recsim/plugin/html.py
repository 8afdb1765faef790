"""pytest-html writes node ids into its page as they are, and ours hold segments, which can be markup."""

from __future__ import annotations

from html import escape

import pytest

_BEFORE, _BEHIND = '<td class="col-testId">', "</td>"


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_html_results_table_row(report: pytest.TestReport, cells: list[str]) -> None:
    for place, cell in enumerate(cells):
        if cell.startswith(f"{_BEFORE}{report.nodeid}"):  # nobody has escaped it yet
            inner = cell.removeprefix(_BEFORE).removesuffix(_BEHIND)
            cells[place] = f"{_BEFORE}{escape(inner)}{_BEHIND}"
