from __future__ import annotations

import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.sources.writer import render, write_fixture

DOCUMENT = {"items": [{"item_id": "café"}], "users": [], "events": []}


def test_bytes_are_compact_utf8_with_one_newline_at_the_end():
    assert render(DOCUMENT) == '{"items":[{"item_id":"café"}],"users":[],"events":[]}\n'.encode()


def test_missing_folders_are_made_and_nothing_else_is_left_behind(tmp_path):
    write_fixture(DOCUMENT, tmp_path / "a" / "b.json")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.json"]
    assert (tmp_path / "a" / "b.json").read_bytes() == render(DOCUMENT)


def test_an_existing_file_is_not_overwritten(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("precious")
    with pytest.raises(InputError, match="exists already"):
        write_fixture(DOCUMENT, path)
    assert path.read_text() == "precious"


def test_an_existing_file_is_overwritten_when_asked(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("old")
    write_fixture(DOCUMENT, path, force=True)
    assert path.read_bytes() == render(DOCUMENT)


def test_a_failing_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("old")
    with pytest.raises(InputError, match="cannot be written"):
        write_fixture({"items": [float("nan")]}, path, force=True)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_below_a_file_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_fixture(DOCUMENT, tmp_path / "file" / "x.json")


def test_a_name_that_no_file_system_takes_is_said_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_fixture(DOCUMENT, tmp_path / "nul\0.json")
