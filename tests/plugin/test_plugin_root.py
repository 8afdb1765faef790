"""Paths outside the project in both spellings: pytest would take the one after a blank for a place of tests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from plugin_refused import GOOD
from plugin_shop import LOOSE, Project

LONG = pytest.mark.long
PATHS = {
    "--fixture-path": "acme.json",
    "--guardrails-file": "guardrails.yml",
    "--batch-file": "batch.yaml",
    "--recsim-reports-dir": "reports",
    "--recsim-env-file": "service.env",
    "--recsim-ca": "ca.pem",
    "--html": "page.html",
    "--junit-xml": "junit.xml",
}


@pytest.fixture
def elsewhere(tmp_path: Path, acme: Project) -> Path:
    """A folder beside the project with something for every option, and an ini file that must not count."""
    folder = tmp_path / "elsewhere"
    (folder / "reports").mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\nrecsim_apply = nonsense\n")
    (folder / "acme.json").write_text(json.dumps(GOOD))
    (folder / "guardrails.yml").write_text(LOOSE)
    (folder / "batch.yaml").write_text("version: 1\nsimulations:\n- customer: acme\n")
    for name in ("service.env", "ca.pem", "page.html", "junit.xml"):
        (folder / name).write_text("")
    return folder


def plain(text: str, folder: Path) -> str:
    """What was said without what differs from run to run."""
    lines = [line for line in text.splitlines() if "random seed" not in line]
    return re.sub(r" in \d+\.\d+s", " in a while", "\n".join(lines)).replace(str(folder), "")


@pytest.mark.long
@pytest.mark.parametrize(
    "option", [*list(PATHS)[:1], *(pytest.param(one, marks=LONG) for one in list(PATHS)[1:])]
)
def test_both_spellings_of_a_path_outside_the_project_say_the_same(
    acme: Project, option: str, elsewhere: Path
) -> None:
    """Else the project's own thresholds and ini file would silently not be used."""
    path = str(elsewhere / PATHS[option])
    who = () if option == "--batch-file" else ("--customer", "acme")
    words = (*who, "--collect-only", "-q", "-p", "no:randomly")
    blank, sign = acme.run(*words, option, path), acme.run(*words, f"{option}={path}")
    assert (blank.code, plain(blank.text, acme.folder)) == (sign.code, plain(sign.text, acme.folder))
    assert sign.code in (0, 4), sign.text
    assert "nonsense" not in blank.text
    verbose = acme.run(*who, "--collect-only", option, path)
    assert sign.code == 4 or f"rootdir: {acme.folder}" in verbose.out


@pytest.mark.parametrize("with_ini", [pytest.param(True, marks=LONG), pytest.param(False, marks=LONG)])
def test_a_reports_folder_outside_works_twice(acme: Project, tmp_path: Path, with_ini: bool) -> None:
    if not with_ini:
        (acme.folder / "pytest.ini").unlink()
    folder = tmp_path / "out"
    words = ("--recsim-reports-dir", str(folder), "-k", "profile or coverage")
    codes = [acme.simulate(*words).code, acme.simulate(*words, "-n", "2").code]
    assert codes == [0, 0]
    assert len(list((folder / "acme").glob("*/"))) == 2
    assert acme.left_behind == []


@LONG
def test_a_path_in_the_environment_moves_no_root_either(acme: Project, elsewhere: Path) -> None:
    path = elsewhere / "acme.json"
    ran = acme.simulate("--collect-only", env={"PYTEST_ADDOPTS": f"-p no:randomly --fixture-path '{path}'"})
    assert ran.code == 0, ran.text
    assert f"rootdir: {acme.folder}" in ran.out
    assert "2 items, 1 users, 1 events" in ran.out


@LONG
def test_a_place_of_tests_stays_one(acme: Project, elsewhere: Path) -> None:
    """A path after an option that takes no value is where tests are, wherever that moves the root."""
    own = elsewhere / "test_own.py"
    own.write_text("def test_own():\n    assert True\n")
    ran = acme.simulate("--recsim-dry-run", str(own))
    assert f"rootdir: {elsewhere}" in ran.out or "nonsense" in ran.text


@LONG
def test_a_chosen_root_is_kept(acme: Project, elsewhere: Path, tmp_path: Path) -> None:
    words = ("--rootdir", str(tmp_path), "--fixture-path", str(elsewhere / "acme.json"), "--collect-only")
    ran = acme.simulate(*words)
    assert ran.code == 0, ran.text
    assert f"rootdir: {tmp_path}\n" in ran.out
    assert "configfile: shop/pytest.ini" in ran.out


@LONG
def test_from_a_folder_of_the_project_a_path_beside_it_is_no_problem(acme: Project) -> None:
    acme.write("data/acme.json", json.dumps(GOOD))
    acme.write("work/notes.txt", "")
    ran = Project(acme.folder / "work").simulate("--fixture-path", "../data/acme.json", "--collect-only")
    assert ran.code == 0, ran.text
    assert f"rootdir: {acme.folder}" in ran.out
