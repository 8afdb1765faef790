"""The documentation holds what it promises: two commands, links that lead somewhere, every page reachable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from readme_commands import commands

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
PLACE = re.compile(r"\]\((?!https?://)([^)#]*)#([^)]+)\)")


def test_the_readme_promises_exactly_two_commands_the_main_job_and_the_tests():
    first, second = commands((ROOT / "README.md").read_text())
    assert first.endswith("-m pytest --customer customer-a --env-profile customer_a")
    assert second.endswith("-m pytest -n auto --dist worksteal")
    assert all(command.startswith("python3 -m venv .venv && ") for command in (first, second))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page):
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def headings(page: Path) -> set[str]:
    """The names by which a page's headings can be linked, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_into_a_page_leads_to_a_heading(page):
    places = PLACE.findall(page.read_text())
    assert [
        (file, name) for file, name in places if name not in headings(page.parent / file if file else page)
    ] == []


def test_every_page_of_the_docs_is_linked_from_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in ROOT.glob("docs/*.md") if f"docs/{page.name}" not in readme] == []


def test_no_page_holds_a_placeholder_or_a_path_of_somebodys_machine():
    for page in PAGES:
        text = page.read_text()
        assert not re.search(r"@@|TODO|FIXME|/work/|/home/|/root/", text), page.name
