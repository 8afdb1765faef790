"""verdict_looks.jsonl: a study counts once for a slice, whatever else is in the file."""

from __future__ import annotations

from pytest_recsim.record.looks import NAME, Look, add_look


def look(study="tune_1", data="a" * 64, cut="2026-10-01T00:00:00Z"):
    return Look(study=study, data_sha256=data, cut=cut, at="2026-11-28T22:15:00Z")


def test_a_study_that_is_resumed_looks_once(tmp_path):
    path = tmp_path / "acme" / NAME
    assert [add_look(path, look()) for _ in range(3)] == [1, 1, 1]
    assert add_look(path, look("tune_2")) == 2
    assert add_look(path, look()) == 2
    assert len(path.read_bytes().splitlines()) == 2


def test_other_data_and_another_cut_are_another_slice(tmp_path):
    path = tmp_path / NAME
    add_look(path, look())
    assert add_look(path, look("tune_2", data="b" * 64)) == 1
    assert add_look(path, look("tune_3", cut="2026-11-01T00:00:00Z")) == 1


def test_a_line_that_cannot_be_read_may_have_been_a_look(tmp_path):
    path = tmp_path / NAME
    path.write_bytes(b'{"study": "tune_0", \n')
    assert add_look(path, look()) == 2
