"""The HTML page of a batch: the headline first, customers worst first, text of others inert, links that lead somewhere."""

from __future__ import annotations

import re

import pytest
from test_report_batch import row, with_rows

from pytest_recsim.record.batch import batch_file, write_batch
from pytest_recsim.report.html import write_batch_page


@pytest.fixture
def write(tmp_path):
    path = batch_file(tmp_path, "pilot", "20261122T221500Z")

    def written(*rows, **more):
        write_batch(path, with_rows(*rows, **more))
        return write_batch_page(path).read_text(encoding="utf-8")

    return written


def test_the_page_says_what_the_batch_amounts_to_and_who_fails(write):
    bad = row("shop", "must_not_go", checks={"S1": "failed", "S2": "passed"}, failing=("S1",), profile="prod")
    text = write(bad, row("acme", checks={"S1": "passed"}, seconds=1.25))
    assert "<h1>1 of 2 customers are ready to go live</h1>" in text
    assert 'class="verdict bad"' in text
    assert "1 failed: S1" in text
    assert text.index("shop") < text.index("acme")
    assert '<td class="failed">FAILED</td><td class="passed">passed</td>' in text
    assert '<td class="passed">passed</td><td class=""></td>' in text


def test_a_batch_that_was_killed_is_no_good_one(write):
    assert 'class="verdict open"' in write(row(), status="started")
    assert 'class="verdict good"' in write(row())


def test_a_customer_is_linked_to_the_page_that_is_there(write, tmp_path):
    (tmp_path / "acme" / "1").mkdir(parents=True)
    (tmp_path / "acme" / "1" / "report.html").touch()
    text = write(row("acme", bundle="acme/1"), row("b c", bundle="b c/2"), row("none"))
    assert 'href="../acme/1/report.html"' in text
    assert 'href="../b%20c/2/README.md"' in text
    assert text.count('href="../') == 2


def test_lifts_stand_first_and_the_date_is_one_that_people_write(write):
    names = (
        "catalogue_coverage@20",
        "lift of NDCG@10",
        "lowest lift of NDCG@10 of a segment",
        "list_length@20",
    )
    text = write(row("a", figures=dict.fromkeys(names, 0.5)))
    heads = re.findall('<th scope="col">([^<]*@[^<]*)</th>', text)
    assert heads == [names[1], names[2], names[0], names[3]]
    assert "22 November 2026, 22:15 UTC" in text


def test_names_of_others_are_inert(write):
    odd = "<script>x</script>\x1b\u202e"
    text = write(row("a", customer=odd, profile=odd, service=odd, checks={odd: "failed"}, failing=(odd,)))
    assert "<script" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)


def test_configurations_of_one_customer_are_a_table_with_figures(write):
    text = write(
        row("b", customer="shop", overrides={"<b>": "\x1b"}, figures={"lift": 0.25}),
        row("a", customer="shop", figures={"lift": 0.5}),
    )
    table = text.split('id="figures"')[1]
    assert table.index(">a<") < table.index(">b<")
    assert '<td class="n">0.25</td>' in table
    assert "recsim compare reports/a reports/b" in table
    assert "<b>" not in text
