"""What looked odd in the data stands on both pages, as text that nobody can make more of, beside the verdict."""

from __future__ import annotations

import pytest
from report_rows import NOW, metadata, tables

from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.report import render_bundle
from pytest_recsim.report.data import BESIDE, TITLE
from pytest_recsim.report.html.page import page_of

ODD = {
    "key": "bursts",
    "sentence": "3 times one person has 10 events or more within a second",
    "count": 3,
    "examples": ["<b>u|1</b>: 12 events", "[u2](http://evil): 11"],
    "advice": "look for a robot",
}


@pytest.fixture
def pages(tmp_path):
    def of(*odd):
        facts = metadata()
        bundle = open_bundle(tmp_path, f"acme{len(odd)}", NOW)
        write_json(bundle.metadata, facts | {"fixture": facts["fixture"] | {"suspicions": list(odd)}})
        render_bundle(bundle)
        return (bundle.root / "README.md").read_text(), page_of(bundle, [], [])

    return of


def test_both_pages_say_what_looked_odd_and_that_it_is_no_verdict(pages):
    for page in pages(ODD):
        for words in (TITLE, BESIDE, ODD["sentence"], ODD["advice"]):
            assert words in page


def test_examples_from_the_data_are_text(pages):
    markdown, html = pages(ODD)
    (_, rows) = next(found for found in tables(markdown.splitlines()) if found[0][0] == "what looks odd")
    assert len(rows[0]) == 3
    assert "<b>" not in markdown + html
    assert "](http" not in markdown


def test_nothing_is_said_where_nothing_looked_odd(pages):
    assert not any(TITLE in page for page in pages())
