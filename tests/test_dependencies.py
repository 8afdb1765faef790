"""constraints.txt and docs/licences.md name everything that an installation brings along, as it is installed here."""

from __future__ import annotations

import dependencies
import fresh_env
import pytest


def test_everything_that_the_tests_need_is_pinned_and_has_its_licence_on_the_page():
    assert {"pytest", "pluggy", "aiohttp", "numpy", "schemathesis"} <= dependencies.needed("test").keys()
    assert dependencies.complaints("test") == []


@pytest.mark.long
def test_so_is_everything_that_development_needs_and_nothing_else():
    assert {"mypy", "ruff", "grimp"} <= dependencies.needed("dev").keys()
    assert [*dependencies.complaints("dev"), *dependencies.superfluous()] == []
    assert dependencies.page() == dependencies.PAGE.read_text()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pluggy==0.1\n", "pluggy {} is installed, constraints.txt has 0.1"),
        ("", "pluggy {} is installed, constraints.txt has nothing"),
    ],
)
def test_another_version_and_a_missing_one_are_told(tmp_path, monkeypatch, line, said):
    installed = dependencies.needed("")["pluggy"].version
    text = dependencies.CONSTRAINTS.read_text().replace(f"pluggy=={installed}\n", line)
    (tmp_path / "constraints.txt").write_text(text)
    monkeypatch.setattr(dependencies, "CONSTRAINTS", tmp_path / "constraints.txt")
    assert dependencies.complaints("") == [said.format(installed)]


def test_a_licence_that_has_changed_is_told(tmp_path, monkeypatch):
    pluggy = dependencies.needed("")["pluggy"]
    line = f"| pluggy | {pluggy.version} | {pluggy.licence} |"
    (tmp_path / "licences.md").write_text(
        dependencies.PAGE.read_text().replace(line, "| pluggy | 1 | other |")
    )
    monkeypatch.setattr(dependencies, "PAGE", tmp_path / "licences.md")
    said = f"pluggy {pluggy.version} ({pluggy.licence}) is not in licences.md"
    assert dependencies.complaints("") == [said]


def test_an_environment_that_lacks_something_is_no_evidence(monkeypatch):
    monkeypatch.setattr(dependencies, "OURS", "no-such-package")
    with pytest.raises(dependencies.NotInstalledError, match="no-such-package is not installed here"):
        dependencies.needed("")


def test_who_asks_for_a_version_is_not_held_to_ours():
    held = fresh_env.constraints(["/tmp/some.whl", "pytest==8.4.2", "Jinja2>=3"])
    assert "\npytest==" not in held
    assert "\njinja2==" not in held
    assert "\npluggy==" in held
