"""`--recsim-upload` in a run: told before it, done after it, once, and worth no verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from plugin_shop import Project

ONE = "def test_one(sim, check):\n    check.at_least('x', 1, 0)\n"
STORE = ("--recsim-upload", "file://store")


def uploaded(corner: Project) -> list[str]:
    root = corner.folder / "store"
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.mark.long
def test_the_report_folder_is_copied_after_its_last_word(corner: Project) -> None:
    corner.write("scenarios/test_one.py", ONE)
    ran = corner.simulate(*STORE, "scenarios/test_one.py")
    record = corner.bundle()
    place = f"acme/{record.metadata['run_id']}"
    files = record.files
    assert uploaded(corner) == sorted(f"{place}/{name}" for name in files)
    assert f"recsim: {len(files)} files are in file://store: {place}" in ran.text
    assert (corner.folder / "store" / place / "README.md").read_text() == record.readme


@pytest.mark.long
@pytest.mark.parametrize("words", [(), ("-n", "2"), ("-q",)])
def test_a_failed_upload_is_a_warning_with_the_local_path_and_the_exit_code_stays(
    corner: Project, words: tuple[str, ...]
) -> None:
    corner.write("scenarios/test_one.py", ONE)
    (corner.folder / "store").write_text("no folder")
    ran = corner.simulate(*STORE, "scenarios/test_one.py", *words)
    assert ran.code == corner.simulate("scenarios/test_one.py", *words).code
    (warning,) = [line for line in ran.text.splitlines() if "not uploaded" in line]
    assert warning.startswith("recsim: warning: not uploaded: 0 of ")
    assert "; everything is in reports/acme/" in warning


@pytest.mark.long
def test_with_workers_a_folder_is_uploaded_once_and_the_ini_value_does_the_same(corner: Project) -> None:
    corner.write("scenarios/test_one.py", ONE)
    ran = corner.simulate("-o", "recsim_upload=file://store", "-n", "2", "scenarios/test_one.py")
    record = corner.bundle()
    assert ran.text.count("files are in file://store") == 1
    assert len(uploaded(corner)) == len(record.files)
    assert json.loads((corner.folder / "store" / uploaded(corner)[-1]).read_text())


@pytest.mark.long
def test_what_is_no_store_is_refused_before_anything_is_written(corner: Project) -> None:
    ran = corner.simulate("--recsim-upload", "fiel://me:very-secret-word@store")
    assert ran.code == 4
    assert "must begin with one of" in ran.text
    assert "very-secret-word" not in ran.text
    assert not (corner.folder / "reports").exists()
