"""`recsim import KIND`: what is written and said, and how it refuses."""

from __future__ import annotations

import pytest
from sources.formats_world import SAMPLES, fill

from pytest_recsim.cli import main
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.sources.importing import tables


def run(*words):
    return main(["import", *map(str, words)])


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_layout_is_imported_by_its_name_and_what_was_decided_is_said(kind, tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    assert run(kind, fill(folder, kind), "--out", tmp_path / "out.json.gz") == 0
    said = capsys.readouterr().out
    fixture = load_fixture(tmp_path / "out.json.gz")
    assert f"{len(fixture.items)} items, {len(fixture.users)} users, {len(fixture.events)} events" in said
    assert "note: " in said


def test_choices_of_the_pipeline_are_those_of_every_layout(tmp_path):
    fill(tmp_path, "recbole")
    words = (
        "--segment",
        "fans: events > 1",
        "--segment",
        "others",
        "--anonymise",
        "--out",
        tmp_path / "out.json",
    )
    assert run("recbole", tmp_path, *words) == 0
    users = load_fixture(tmp_path / "out.json").users
    assert {one.segment for one in users} == {"fans", "others"}
    assert all(one.user_id.startswith("user-") for one in users)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["recbol", "x", "--out", "y"], "did you mean `recbole`?"),
        (["recbole", "nowhere", "--out", "y"], "nowhere: must be a folder with a .inter file"),
        (["gorse", "x", "--event", "star", "--out", "y"], "--event: `star`: must be a word, `=` and one of"),
        (["gorse", "ftp://x", "--out", "y"], "does not start with `http://` or `https://`"),
        (["service", "http://x", "--namespace", "n", "--out", "y"], "--org-id: must be given"),
        (["recbole", "x", "--out", "y.csv"], "y.csv: would be no container of a fixture; must end in .json"),
        (
            ["csv", "x.csv", "--out", "y.csv.gz"],
            "must end in .json or .json.gz, or have no ending, for a folder",
        ),
        (["csv", "x.csv", "--out", "y.parquet", "--force"], "y.parquet: would be no container"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(words, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECSYS_ORG_ID", raising=False)
    assert run(*words) == 4
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_broken_line_leaves_what_was_there(tmp_path, capsys):
    fill(tmp_path, "mind", behaviors__tsv="1\tU1\n")
    out = tmp_path / "out.json"
    out.write_text("mine")
    assert run("mind", tmp_path, "--out", out) == 4
    assert "exists already" in capsys.readouterr().err
    assert run("mind", tmp_path, "--out", out, "--force") == 4
    assert "behaviors.tsv:1: 2 cells; there must be 5" in capsys.readouterr().err
    assert out.read_text() == "mine"


def test_without_the_extra_there_is_one_sentence_that_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert run("mind", tmp_path, "--out", tmp_path / "out.json") == 4
    assert tables.EXTRA in capsys.readouterr().err
