"""The HTML page of a batch: what it amounts to, every customer worst first, every check at one look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from pytest_recsim.record.batch import BatchRecord, Row, read_batch
from pytest_recsim.record.jsonio import write_text
from pytest_recsim.report import sweep
from pytest_recsim.report.batch import (
    FIGURES,
    columns,
    figure_names,
    headline,
    same_customer,
    shelf,
    stands_against,
    status_words,
    statuses,
)
from pytest_recsim.report.html.environment import environment, style
from pytest_recsim.report.html.page import NAME
from pytest_recsim.report.sentences import moment


def write_batch_page(path: Path) -> Path:
    """Write the page beside a batch's JSON file, from that file; return it.

    Raises:
        OSError: it cannot be written.
        msgspec.DecodeError: the file is no batch's.
    """
    page = path.with_suffix(".html")
    write_text(page, batch_page_of(read_batch(path), page.parent))
    return page


def batch_page_of(record: BatchRecord, folder: Path) -> str:
    """The page's text; links start from ``folder``, where only pages that are there are linked to."""
    rows = [(row, columns(row)) for row in record.rows if row.checks]
    return (
        environment()
        .get_template("batch.html.j2")
        .render(
            record=record,
            headline=headline(record),
            started=moment(record.started_at),
            tone="good" if record.may_go else "bad" if record.status == "finished" else "open",
            ended=lambda row: status_words(row).strip("*"),
            against=stands_against,
            target=lambda row: _target(row, folder),
            names=sorted({name for _, found in rows for name in found}, key=shelf),
            matrix=rows,
            figures=figure_names(record),
            figures_title=FIGURES,
            hint=same_customer(record),
            source=sweep.source(record),
            sweeps=list(_sweeps(record)),
            sweep_head=sweep.HEAD,
            sweep_figures=len(sweep.HEAD) - len(sweep.AGAINST) - len(sweep.SEGMENTS),
            style=style(),
        )
    )


def _sweeps(record: BatchRecord) -> Iterator[tuple[str, list[tuple[str, ...]], list[str]]]:
    """Title, lines and legends of each table of variants."""
    ended = {name: words.strip("*") for name, words in statuses(record).items()}
    for one in record.sweeps:
        yield sweep.title(record, one), list(sweep.rows(record, one, ended)), sweep.legends(one)


def _target(row: Row, folder: Path) -> str:
    """Where a customer's own page is: the HTML one, else the Markdown one."""
    if not row.bundle:
        return ""
    page = NAME if (folder.parent / row.bundle / NAME).is_file() else "README.md"
    return quote(f"../{row.bundle}/{page}")
