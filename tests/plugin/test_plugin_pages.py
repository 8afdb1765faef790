"""report.html of a run and of a batch: there at the end, linked to, left out on request, and never worth a verdict."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from plugin_shop import Project, Record

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


def test_the_page_is_left_out_where_the_ini_file_says_so_and_made_when_it_is_asked_for(acme: Project) -> None:
    assert acme.simulate("-o", "recsim_no_html=true", *QUICK).code == 0
    record = acme.bundle()
    assert "report.html" not in record.files
    words = [sys.executable, "-m", "pytest_recsim.cli", "report", str(record.root)]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "report.html" in record.files
    assert "[report.html](report.html)" in record.readme


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
    for target in (Path(part.partition('"')[0]) for part in text.split('href="../')[1:]):
        assert Record(page.parent.parent / target.parent).readme
        assert (page.parent.parent / target).is_file()
