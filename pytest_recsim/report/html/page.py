"""``report.html``: the record as one self-contained page that needs no network and no JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.causes import UNPREPARED, causes_of
from pytest_recsim.record.jsonio import write_text
from pytest_recsim.record.model import BLOCKING, CheckResult, worst_first
from pytest_recsim.record.trend import read_trend
from pytest_recsim.report import comparison, data, early
from pytest_recsim.report.html import views
from pytest_recsim.report.html.catalogue_charts import catalogue_charts
from pytest_recsim.report.html.drawing import Chart
from pytest_recsim.report.html.environment import environment, style
from pytest_recsim.report.html.lever_charts import lever_charts
from pytest_recsim.report.html.lift_chart import lift_charts
from pytest_recsim.report.html.trend_chart import trend_charts
from pytest_recsim.report.html.words import COMPARED, MEANINGS
from pytest_recsim.report.markdown import verdict_words
from pytest_recsim.report.quality import EVERYBODY, overall_words, worths
from pytest_recsim.report.sentences import dates, moment, seeded_of, soundness, sureness
from pytest_recsim.report.trend import HEAD, cells, sentences
from pytest_recsim.report.waivers import waiver

NAME = "report.html"


def write_page(bundle: Bundle) -> Path:
    """Write ``report.html`` and ``artifacts/charts/*.svg`` of a bundle, whole or cut short; return the page.

    Raises:
        OSError: it cannot be written.
        msgspec.DecodeError: the record cannot be read.
    """
    results = worst_first(bundle.results())
    quality = bundle.read_quality()
    drawn = [
        *lift_charts(results, quality),
        *lever_charts(results),
        *catalogue_charts(quality, results),
        *trend_charts(read_trend(bundle)),
    ]
    folder = bundle.artifacts / "charts"
    for chart in drawn:
        folder.mkdir(exist_ok=True, parents=True)
        write_text(folder / f"{chart.name}.svg", chart.file)
    page = bundle.root / NAME
    write_text(page, page_of(bundle, results, drawn))
    return page


def page_of(bundle: Bundle, results: Sequence[CheckResult], drawn: Sequence[Chart]) -> str:
    """The page's text; what a record of another version does not say is left empty."""
    facts = bundle.read_metadata()
    verdict = verdict_words(facts, results)
    template = environment().get_template("report.html.j2")
    return template.render(
        facts=facts,
        started=moment(facts.get("started_at")),
        verdict=verdict[:1].upper() + verdict[1:],
        tone=views.TONES.get((facts.get("verdict") or {}).get("status", ""), "open"),
        sure=sureness(results),
        failed=views.groups(results, views.FAILED),
        unknown=views.groups(results, views.UNKNOWN),
        causes=(causes := causes_of(results)),
        unprepared=any(root.cause == UNPREPARED for root in causes),
        caused={label for root in causes for label in root.checks},
        dates=dates(seeded := seeded_of(bundle)),
        sound=soundness(seeded),
        quality=(quality := bundle.read_quality()),
        overall=overall_words(quality),
        worths=worths,
        everybody=EVERYBODY,
        people=bundle.read_people(),
        trend=(trend := read_trend(bundle)),
        trend_notes=list(sentences(trend)) if trend else [],
        trend_head=HEAD,
        trend_cells=cells,
        let_through=[one for one in results if one.outcome in ("waived", "warned")],
        comparison=bundle.read_comparison(),
        comparing=comparison,
        data=data,
        early=early,
        compared_meanings=COMPARED,
        results=results,
        blocking=BLOCKING,
        charts={chart.name: chart for chart in drawn},
        waiver=waiver,
        meanings=MEANINGS,
        files=bundle.files(but=NAME),
        style=style(),
    )
