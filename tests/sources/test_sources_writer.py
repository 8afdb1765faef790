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


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "parquet"])
def test_a_path_without_a_suffix_becomes_a_folder_with_a_file_per_list(tmp_path, form):
    write_fixture(DOCUMENT | {"meta": {"made by": "hand"}}, tmp_path / "a" / "acme", form=form)
    names = {"items", "users", "events"}
    found = {path.name for path in (tmp_path / "a" / "acme").iterdir()}
    assert found == {f"{name}.{form}" for name in names} | {"meta.json"}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["acme"]


def test_a_folder_with_something_in_it_is_replaced_only_when_asked_and_keeps_what_is_not_ours(tmp_path):
    folder = tmp_path / "acme"
    write_fixture(DOCUMENT | {"meta": 1}, folder)
    (folder / "notes.txt").write_text("precious")
    with pytest.raises(InputError, match="exists already"):
        write_fixture(DOCUMENT, folder)
    write_fixture(DOCUMENT, folder, force=True, form="parquet")
    assert {path.name for path in folder.iterdir()} == {
        "items.parquet", "users.parquet", "events.parquet", "notes.txt",
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["acme"]


def test_a_folder_that_fails_half_way_leaves_the_old_one(tmp_path, monkeypatch):
    folder = tmp_path / "acme"
    write_fixture(DOCUMENT, folder)

    def full(_rows, _folder, kind, _form):
        if kind == "events":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("pytest_recsim.sources.writer._write_list", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        write_fixture({"items": [], "users": [], "events": []}, folder, force=True)
    assert (folder / "items.jsonl").read_text() == '{"item_id":"café"}\n'
    assert list(tmp_path.iterdir()) == [folder]


def test_the_same_data_give_the_same_bytes_of_gzip(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_fixture(DOCUMENT, tmp_path / name / "x.json.gz")
    assert (tmp_path / "a" / "x.json.gz").read_bytes() == (tmp_path / "b" / "x.json.gz").read_bytes()
