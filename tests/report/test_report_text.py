"""Small pieces of Markdown: laws that hold for whatever text a customer or a service sends."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_recsim.report.text import Markup, block, cell, costs, foreign, link, number, retried, table, upper

TEXT = st.text(max_size=60) | st.text("`<>|[](!\n\r\t\\ a\x1b\u202e", max_size=60)
THING = TEXT | st.none() | st.integers() | st.floats()


@example("a][b")
@given(THING)
def test_foreign_text_is_one_printable_line_without_tags_and_links(value):
    said = foreign(value)
    assert said.isprintable()
    assert not re.search(r"<|\]\(|\]\[", said)


@given(THING)
def test_escaping_twice_changes_nothing_more(value):
    assert foreign(foreign(value)) == foreign(value)


@given(THING)
def test_no_pipe_of_a_cell_is_bare_even_in_markup_of_ours(value):
    assert not re.search(r"(?<!\\)\|", cell(value))
    assert not re.search(r"(?<!\\)\|", cell(Markup(foreign(value))))


def test_text_stays_in_its_cell_in_the_head_too():
    assert cell("a|b\nc") == "a\\|b c"
    assert list(table(("a|b", "[x](y)"), [])) == ["| a\\|b | [x]\\(y) |", "| --- | --- |", ""]


@given(st.lists(st.tuples(THING, THING), max_size=4))
def test_a_table_has_one_line_per_row_below_its_head_and_an_empty_one_behind(rows):
    lines = list(table(("a", "b"), rows))
    assert lines[:2] == ["| a | b |", "| --- | --- |"]
    assert len(lines) == len(rows) + 3
    assert lines[-1] == ""
    assert all(line.isprintable() for line in lines)


@given(TEXT)
def test_no_line_of_a_block_closes_its_fence(text):
    opening, inside, closing = block(text)
    assert opening == f"{closing}text"
    assert len(closing) >= 3
    assert closing not in inside


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (0, "0"),
        (" a\n\tb ", "a b"),
        ("<b>", "&lt;b>"),
        ("[a](b)", "[a]\\(b)"),
        ("[a][b]", "[a]\\[b]"),
        ("\x1b[31m", "\\x1b[31m"),
    ],
)
def test_foreign_text_is_escaped_and_nothing_is_nothing(value, shown):
    assert foreign(value) == shown


@pytest.mark.parametrize(
    ("text", "fence"), [("", "```"), ("``", "```"), ("```", "````"), ("```\n`````\n````", "``````")]
)
def test_a_fence_is_one_longer_than_the_longest_inside_and_three_at_least(text, fence):
    assert list(block(text)) == [f"{fence}text", text, fence]


def test_a_link_and_a_row_are_written_as_readers_of_markdown_take_them():
    assert link("a b", "x y/é.md") == "[a b](x%20y/%C3%A9.md)"
    rows = [(link("a|b", "c"), None), ("<|", 1)]
    assert list(table(("h",) * 2, rows)) == [
        "| h | h |",
        "| --- | --- |",
        "| [a\\|b](c) |  |",
        "| &lt;\\| | 1 |",
        "",
    ]


@example("](x", "a b)")
@given(TEXT, TEXT)
def test_a_link_leads_to_its_target_only(text, target):
    written = link(text, target)
    assert written.count("](") == 1
    assert re.fullmatch(r"[\w.~/%-]*", written.partition("](")[2][:-1], re.ASCII)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.12345, "0.123"), (1.0, "1"), (None, "not measured"), ("x|y", "x|y"), (2e9, "2e+09"), (True, "True")],
)
def test_numbers_are_short_texts_as_they_are_and_nothing_is_not_measured(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(999_999.0, "999999"), (1e6, "1e+06"), (-1e6, "-1e+06"), (10.0, "10"), (0.0, "0"), (100, "100")],
)
def test_zeros_are_dropped_behind_the_point_only_and_long_numbers_are_powers(value, shown):
    assert number(value) == shown


def test_an_upper_bound_that_is_missing_is_not_called_unmeasured():
    assert upper(None, 3) == "no upper bound"
    assert upper(0.0, 2) == "0.00"


def test_causes_of_retries_stand_most_frequent_first_and_by_name_where_they_are_equal():
    assert retried({"429": 1, "503": 2}) == "3 (503: 2, 429: 1)"
    assert retried({"timeout": 5, "503": 5, "429": 1200}) == "1,210 (429: 1,200, 503: 5, timeout: 5)"


def test_the_dearest_checks_are_named_with_what_they_sent_and_the_others_added_up():
    sent = [{"check": f"S{n}", "case": "", "requests": 1900 - n, "recommendations": 1} for n in range(5)]
    others = [{"check": "mine", "case": f"c{n}", "requests": 2, "recommendations": 0} for n in range(2)]
    requests = {"by_check": [*sent, *others], "preparation": {"requests": 1200, "recommendations": 7}}
    first = "1,200 before and after the checks; S0 1,900, S1 1,899, S2 1,898, S3 1,897, S4 1,896"
    assert costs(requests) == f"{first}, 2 more checks 4"
    assert costs(requests | {"by_check": sent + others[:1]}) == f"{first}, 1 more check 2"
    assert costs(requests | {"by_check": others[:1]}) == "1,200 before and after the checks; mine [c0] 2"
    assert costs(requests | {"by_check": []}) == "1,200 before and after the checks"


def test_records_that_do_not_say_who_sent_requests_say_nothing_of_it():
    assert costs({"total": 5, "recommendations": 4}) == ""
    assert costs({"total": 5, "by_check": [], "preparation": None}) == ""
