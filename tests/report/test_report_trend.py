"""The last runs in report.html and README.md: a picture with words, a small table, and what is not among them."""

from __future__ import annotations

import json
import re

import pytest
from kept_runs import run_at
from msgspec.structs import replace

from pytest_recsim.cli import main
from pytest_recsim.record.history import KeyFigure, past_of
from pytest_recsim.record.trend import Trend, read_trend
from pytest_recsim.report.html.trend_chart import points, trend_charts
from pytest_recsim.report.trend import trend_section
from pytest_recsim.simulation.bundle.history import remember

LIFT = "lift of NDCG@10"


@pytest.fixture
def runs(tmp_path):
    """Return a factory: NDCG lifts over everybody -> runs that had them, a day apart, as a trend."""
    first = past_of(run_at(tmp_path, 0))

    def make(*lifts, ok=True, left_out=None):
        parts = [KeyFigure(name=LIFT, segment="vip", value=0.05, n=9, threshold=0.1, ok=ok)]
        made = [
            replace(
                first,
                run_id=f"r{day}",
                started_at=first.started_at.replace(day=day + 1),
                figures=(KeyFigure(name=LIFT, value=lift, n=9), *parts),
            )
            for day, lift in enumerate(lifts)
        ]
        return Trend(runs=tuple(made), left_out=left_out or {})

    return make


def drawn(trend):
    return {chart.name: chart for chart in trend_charts(trend)}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Three runs on the same data and one on others; the folder of the last, with its pages."""
    reports = tmp_path_factory.mktemp("kept") / "reports"
    hostile = {"name": {"value": "a|b<img src=x>\x1b[2K\u202e", "origin": "x"}}
    run_at(reports, 0, fixture={"sha256": "b" * 64})
    run_at(reports, 1)
    run_at(reports, 2, profile=hostile)
    remember(reports, last := run_at(reports, 3))
    assert main(["report", str(last.root)]) == 0
    return last


def test_the_page_shows_the_last_runs_as_a_picture_that_is_a_file_as_well(pages):
    page = (pages.root / "report.html").read_text()
    section = page[page.index('<h2 id="trend">') :].partition("</section>")[0]
    assert 'aria-label="The last 3 runs on these data. ' in section
    assert "<svg" in section
    assert (pages.artifacts / "charts" / "trend.svg").is_file()
    assert "Runs that are not shown: 1 other data set." in section
    assert section.count('<th scope="row">') == 3


def test_the_readme_has_the_last_runs_as_a_table(pages):
    page = (pages.root / "README.md").read_text()
    section = page.partition("## The last runs\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| 2026")]
    assert len(rows) == 3
    assert "Runs that are not shown: 1 other data set." in section


def test_names_of_other_runs_are_inert(pages):
    page, readme = (pages.root / "report.html").read_text(), (pages.root / "README.md").read_text()
    for text in (page, readme):
        assert "<img" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "a\\|b&lt;img" in readme


def test_the_same_record_gives_the_same_picture(pages):
    (chart,) = trend_charts(read_trend(pages))
    assert (pages.artifacts / "charts" / "trend.svg").read_text() == chart.file


def test_a_first_run_has_no_trend_and_nothing_is_said_of_one(tmp_path):
    bundle = run_at(tmp_path, 0)
    remember(tmp_path, bundle)
    assert main(["report", str(bundle.root)]) == 0
    for page in ("report.html", "README.md"):
        assert "The last runs" not in (bundle.root / page).read_text()
    assert not (bundle.artifacts / "charts" / "trend.svg").exists()


def test_where_all_others_had_other_data_that_is_said_instead(runs):
    trend = runs(0.5, left_out={"other data set": 2})
    assert list(trend_charts(trend)) == []
    said = "\n".join(trend_section(trend))
    assert "No earlier run of this customer can be held against this one." in said
    assert "Runs that are not shown: 2 other data set." in said


def test_a_trend_that_is_damaged_costs_the_page_nothing_else(tmp_path):
    run_at(tmp_path, 0)
    remember(tmp_path, bundle := run_at(tmp_path, 1))
    (bundle.artifacts / "trend.json").write_text("{")
    assert read_trend(bundle) is None
    assert main(["report", str(bundle.root)]) == 0
    assert "The last runs" not in (bundle.root / "README.md").read_text()


def test_the_picture_says_in_words_what_it_shows(runs):
    alt = drawn(runs(0.5, 0.25))["trend"].alt
    first, second = "2026-11-01 12:00", "2026-11-02 12:00"
    beside = "(worst segment 0.05, threshold 0.1)"
    assert alt == f"NDCG lift: {first} 0.5 {beside}, {second} 0.25 {beside}"
    assert "threshold 0.1, missed" in drawn(runs(0.5, 0.25, ok=False))["trend"].alt


def test_what_was_not_measured_is_a_gap_and_said(runs):
    assert "2026-11-02 12:00 not measured" in drawn(runs(0.5, None, 0.25))["trend"].alt
    assert drawn(runs(0.5, None)) == {}


def test_a_missed_threshold_of_any_segment_and_another_configuration_are_marked(runs):
    trend = runs(0.5, 0.25, ok=False)
    other = replace(trend.runs[0], overrides={"MMR_LAMBDA": "0.3"})
    first, second = points((other, trend.runs[1]), LIFT)
    assert (first.ok, first.same, second.same) == (False, False, True)
    assert (second.low, second.high, second.limit) == (0.05, 0.05, 0.1)


def test_the_pages_table_has_the_five_last_runs(runs):
    found = [line for line in trend_section(runs(*[0.1 * n for n in range(8)])) if line.startswith("| 2")]
    assert len(found) == 5
    assert "| 0.7 |" in found[-1]


def test_a_run_leaves_its_trend_beside_its_record(pages):
    document = json.loads((pages.artifacts / "trend.json").read_text())
    assert [re.sub("T.*", "", run["bundle"]) for run in document["runs"]] == [
        "acme/20261121",
        "acme/20261122",
        "acme/20261123",
    ]
