"""report.html of a run and of a batch: there at the end, linked to, left out on request, and never worth a verdict."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
from plugin_shop import LOOSE, Project, Record

WITH_PAGES = ("-o", "recsim_no_html=false")
QUICK = ("-k", "coverage")
SPOIL = """\
def test_spoil(sim, check):
    (sim.context.bundle.root / "report.html").mkdir()
    check.at_least("x", 1, 0)
"""


def test_a_report_folder_holds_a_page_that_the_markdown_one_links_to(acme: Project) -> None:
    ran = acme.simulate(*WITH_PAGES, *QUICK)
    assert ran.code == 0, ran.text
    record = acme.bundle()
    page = (record.root / "report.html").read_text(encoding="utf-8")
    assert "<h1>Partial, proves only what ran: " in page
    assert "catalog_coverage" in page
    assert "[report.html](report.html)" in record.readme
    assert 'href="README.md"' in page


@pytest.mark.long
def test_the_page_is_left_out_where_the_ini_file_says_so_and_made_when_it_is_asked_for(acme: Project) -> None:
    assert acme.simulate("-o", "recsim_no_html=true", *QUICK).code == 0
    record = acme.bundle()
    assert "report.html" not in record.files
    words = [sys.executable, "-m", "pytest_recsim.cli", "report", str(record.root)]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "report.html" in record.files
    assert "[report.html](report.html)" in record.readme


@pytest.mark.long
def test_a_page_that_cannot_be_written_is_a_note_and_costs_no_verdict(acme: Project) -> None:
    acme.scenario("spoil", SPOIL)
    ran = acme.simulate(*WITH_PAGES, "-k", "spoil")
    assert ran.code == 0, ran.text
    assert "report.html could not be written: Is a directory" in ran.out
    record = acme.bundle()
    assert record.metadata["status"] == "finished"
    assert any("report.html could not be written" in note for note in record.metadata["notes"])


@pytest.mark.long
def test_a_batch_has_a_page_that_leads_to_the_pages_of_its_customers(acme: Project) -> None:
    acme.write(
        "batch.yaml", "runs:\n- {id: one, customer: acme}\n- {id: two, customer: acme, namespace: b}\n"
    )
    ran = acme.run("--batch-file", "batch.yaml", "--batch-name", "pair", *WITH_PAGES, *QUICK)
    assert ran.code == 0, ran.text
    (page,) = (acme.folder / "reports" / "batches").glob("pair_*.html")
    text = page.read_text(encoding="utf-8")
    assert text.count("/report.html") == 2
    figures = text.split("What each configuration gives", 1)[1]
    assert "lowest lift of NDCG@10 of a segment" in figures
    assert "recsim compare reports/one reports/two" in figures
    for target in (Path(part.partition('"')[0]) for part in text.split('href="../')[1:]):
        assert Record(page.parent.parent / target.parent).readme
        assert (page.parent.parent / target).is_file()


@pytest.mark.long
def test_the_waiver_that_the_page_offers_lets_the_check_through(acme: Project) -> None:
    strict = LOOSE.replace("min_catalog_coverage: 0.3", "min_catalog_coverage: 1")
    acme.write("guardrails.yml", strict)
    assert acme.simulate(*WITH_PAGES, *QUICK).code == 1
    page = (acme.bundle().root / "report.html").read_text(encoding="utf-8")
    found = re.search(r"<pre>(customers:\n.*?)</pre>", page, re.DOTALL)
    assert found is not None
    acme.write("guardrails.yml", f"{strict}{unescape(found[1])}\n")
    ran = acme.simulate(*QUICK)
    assert ran.code == 0, ran.text
    assert Record(max(acme.bundles())).outcomes["catalog_coverage"] == "waived"


def rows_of(page: str) -> list[list[str]]:
    """The cells of every test on pytest-html's page, without their markup."""
    blob = re.search(r'data-jsonblob="([^"]*)"', page)
    assert blob is not None
    tests = json.loads(unescape(blob[1]))["tests"].values()
    return [
        [re.sub("<[^>]*>", "", cell) for cell in run["resultsTableRow"]] for runs in tests for run in runs
    ]


@pytest.mark.long
@pytest.mark.parametrize("words", [(), ("-n", "2")])
def test_pytest_html_shows_the_verdict_first_and_values_beside_what_they_must_be(
    acme: Project, words: tuple[str, ...]
) -> None:
    acme.write("guardrails.yml", LOOSE.replace("min_catalog_coverage: 0.3", "min_catalog_coverage: 1"))
    acme.write("scenarios/test_plain.py", "def test_plain():\n    pass\n")
    ran = acme.simulate(
        "-k", "coverage or long_tail or plain", "--html=p.html", "--self-contained-html", *words
    )
    assert ran.code == 1, ran.text
    page = (acme.folder / "p.html").read_text()
    assert page.index("<strong>acme: Do not go live: 1 of ") < page.index('class="run-count"')
    rows = {row[3]: row for row in rows_of(page)}
    assert rows["catalog_coverage"][2] == "acme"
    assert rows["catalog_coverage"][4] == "FAILED"
    assert re.fullmatch(r"catalogue_coverage@20 0\.\d+", rows["catalog_coverage"][5])
    assert rows["catalog_coverage"][6] == "at least 1"
    assert rows["long_tail_share"][4] == "passed"
    assert rows[""][2:7] == [""] * 5
    assert len({len(row) for row in rows.values()}) == 1
