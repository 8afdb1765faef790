"""The pages of a tuning study, made from its study.json alone."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from pytest_recsim.record.jsonio import write_text
from pytest_recsim.record.tune import Study, read_study
from pytest_recsim.report.html.drawing import Chart
from pytest_recsim.report.html.environment import environment, style
from pytest_recsim.report.html.page import NAME
from pytest_recsim.report.html.tune_charts import study_charts
from pytest_recsim.report.sentences import moment
from pytest_recsim.report.tune import study_page
from pytest_recsim.report.tune_section import Link
from pytest_recsim.report.tune_sections import sections
from pytest_recsim.report.tune_words import headline, tone, why


def render_study(folder: Path) -> Path:
    """Write ``README.md``, ``report.html`` and ``charts/*.svg`` of a study, finished or not; return the first.

    Raises:
        OSError: something cannot be read or written.
        msgspec.DecodeError: the study is damaged.
    """
    study = read_study(folder)
    charts = list(study_charts(study))
    for chart in charts:
        write_text(folder / "charts" / f"{chart.name}.svg", chart.file)
    write_text(folder / NAME, study_html(study, charts))
    page = folder / "README.md"
    write_text(page, study_page(study))
    return page


def study_html(study: Study, charts: list[Chart]) -> str:
    """The HTML page's text; links start from the study's folder."""
    return (
        environment()
        .get_template("tune.html.j2")
        .render(
            study=study,
            headline=headline(study),
            tone=tone(study),
            why=list(why(study)),
            started=moment(study.started_at),
            sections=sections(study),
            charts={chart.name: chart for chart in charts},
            target=_target,
            style=style(),
        )
    )


def _target(cell: str | Link) -> str:
    """Where a cell leads; empty for one of words."""
    return quote(cell.target) if isinstance(cell, Link) else ""
