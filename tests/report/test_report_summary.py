"""GitHub's step summary: written where GitHub asks for it, short enough, and never a reason to fail."""

from __future__ import annotations

import pytest

from pytest_recsim.report.summary import LIMIT, VARIABLE, append_step_summary


@pytest.fixture
def page(tmp_path):
    made = tmp_path / "page.md"
    made.write_text("May go. [a file](x.json) [a site](https://example.org)\n\n\n", encoding="utf-8")
    return made


@pytest.mark.parametrize("environ", [{}, {VARIABLE: ""}])
def test_nothing_is_written_where_nobody_asks_for_a_summary(page, environ):
    assert append_step_summary(page, environ) is False


def test_a_summary_that_cannot_be_written_is_said_and_not_raised(page, tmp_path):
    assert append_step_summary(page, {VARIABLE: str(tmp_path / "missing" / "summary")}) is False


def test_pages_stand_one_below_the_other_and_links_to_sites_stay(page, tmp_path):
    target = tmp_path / "summary"
    target.write_text("before\n", encoding="utf-8")
    assert append_step_summary(page, {VARIABLE: str(target)}) is True
    assert append_step_summary(page, {VARIABLE: str(target)}) is True
    shown = "May go. a file [a site](https://example.org)\n\n"
    assert target.read_text(encoding="utf-8") == f"before\n{shown}{shown}"


def test_github_names_the_file_and_takes_a_mebibyte():
    assert VARIABLE == "GITHUB_STEP_SUMMARY"
    assert LIMIT == 900_000, "well below a mebibyte"


@pytest.mark.parametrize(("size", "cut"), [(LIMIT, False), (LIMIT + 1, True)])
def test_a_page_is_cut_only_above_the_limit_and_says_so(page, tmp_path, size, cut):
    page.write_text("a" * size, encoding="utf-8")
    append_step_summary(page, {VARIABLE: str(tmp_path / "summary")})
    shown = (tmp_path / "summary").read_text(encoding="utf-8")
    assert shown.count("a" * LIMIT) == 1
    assert ("cut short" in shown) is cut


def test_a_cut_in_the_middle_of_a_character_leaves_whole_characters(page, tmp_path):
    page.write_text("a" + "é" * LIMIT, encoding="utf-8")
    append_step_summary(page, {VARIABLE: str(tmp_path / "summary")})
    shown = (tmp_path / "summary").read_bytes()
    assert shown.endswith("é\n\n(cut short: the whole page is in the reports)\n\n".encode())
    assert len(shown) < 1024 * 1024
    assert shown.decode().startswith("aé")
