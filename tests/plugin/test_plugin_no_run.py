"""Options that look but do not run, and terminals that are switched off: no crash, and no bundle of a run that was none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from plugin_shop import Project


@pytest.mark.parametrize(
    "word",
    [
        "--setup-plan",
        *(
            pytest.param(word, marks=pytest.mark.long)
            for word in ("--markers", "--setup-only", "--fixtures", "--fixtures-per-test", "--cache-show")
        ),
    ],
)
def test_looking_at_what_would_run_leaves_nothing(acme: Project, word: str) -> None:
    ran = acme.simulate(word, "-k", "coverage")
    assert ran.code == 0, ran.text
    assert "Traceback" not in ran.text
    assert not acme.left_behind


@pytest.mark.parametrize(
    "words",
    [
        ("-k", "coverage"),
        pytest.param(("--recsim-dry-run",), marks=pytest.mark.long),
        pytest.param(("--recsim-seed-only",), marks=pytest.mark.long),
        pytest.param(("-k", "coverage", "-n", "2"), marks=pytest.mark.long),
    ],
)
def test_without_a_terminal_reporter_everything_works(acme: Project, words: tuple[str, ...]) -> None:
    ran = acme.simulate("-p", "no:terminal", *words)
    assert ran.code == 0, ran.text
    assert "Traceback" not in ran.text
    if words == ("--recsim-dry-run",):
        assert "plan of acme (dry run, nothing is sent)" in ran.text


def test_a_refusal_is_told_without_a_terminal_reporter(acme: Project) -> None:
    ran = acme.simulate("-p", "no:terminal", "--env-profile", "prood")
    assert ran.code == 4
    assert "prood" in ran.err
