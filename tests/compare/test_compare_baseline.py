"""An accepted run: a small copy that a comparison can read, replaced whole, of the right customer only."""

from __future__ import annotations

import pytest
from compared_runs import people, write_run

from pytest_recsim.cli import main
from pytest_recsim.compare import baseline
from pytest_recsim.compare.baseline import KEPT, accept, place
from pytest_recsim.compare.sides import read_run
from pytest_recsim.data.input.problems import InputError


@pytest.fixture
def run(tmp_path):
    return lambda name, value=0.4, **facts: write_run(tmp_path / name, people([value] * 30), facts=facts)


def test_what_a_comparison_needs_is_kept_and_nothing_else(run, tmp_path):
    source, target = run("a"), place(tmp_path, "acme", "accepted")
    (source / "README.md").write_text("long")
    accept(source, "acme", target)
    assert {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()} == set(KEPT)
    assert read_run(target).lines == read_run(source).lines


def test_accepting_another_run_replaces_the_first_and_leaves_nothing_beside_it(run, tmp_path):
    target = place(tmp_path, "acme", "accepted")
    for name, value in (("a", 0.4), ("b", 0.5)):
        accept(run(name, value), "acme", target)
    assert read_run(target).lines["vip0"].values["ndcg"] == 0.5
    assert [path.name for path in target.parent.iterdir()] == ["accepted"]


def test_a_disk_that_takes_nothing_leaves_the_accepted_run_as_it_was(run, tmp_path, monkeypatch):
    target = place(tmp_path, "acme", "accepted")
    accept(run("a"), "acme", target)
    copied = []

    def full(source, to):
        copied.append(to)
        if len(copied) > 2:
            raise OSError(28, "No space left on device", str(to))
        to.write_bytes(source.read_bytes())

    monkeypatch.setattr(baseline.shutil, "copyfile", full)
    with pytest.raises(InputError, match="No space left"):
        accept(run("b", 0.9), "acme", target)
    assert read_run(target).lines["vip0"].values["ndcg"] == 0.4
    assert [path.name for path in target.parent.iterdir()] == ["accepted"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"customer": "other"}, "is a run of `other`; must be one of `acme`"),
        ({"status": "started"}, "has not finished"),
    ],
)
def test_a_run_that_nobody_should_accept_is_refused(run, tmp_path, facts, words):
    with pytest.raises(InputError, match=words):
        accept(run("a", **facts), "acme", place(tmp_path, "acme", "accepted"))
    assert not (tmp_path / "baselines").exists()


def test_the_command_names_shows_and_says_how_to_use_it(run, tmp_path, capsys):
    run("a")
    root = ["--root", str(tmp_path)]
    assert main(["baseline", "set", "acme", str(tmp_path / "a"), "--name", "spring", *root]) == 0
    said = capsys.readouterr().out
    assert "--recsim-compare-to spring" in said
    assert "was not ready to go live" not in said
    assert main(["baseline", "show", "acme", *root]) == 0
    assert capsys.readouterr().out.startswith("spring: 2026-11-28T12:00 profile prod BRAND_CAP=2 on")


def test_an_accepted_run_that_cannot_be_read_does_not_hide_the_others(run, tmp_path, capsys):
    root = ["--root", str(tmp_path)]
    assert main(["baseline", "set", "acme", str(run("a")), "--name", "spring", *root]) == 0
    place(tmp_path, "acme", "empty").mkdir()
    capsys.readouterr()
    assert main(["baseline", "show", "acme", *root]) == 0
    empty, spring = capsys.readouterr().out.splitlines()
    assert empty == "empty: is no report folder: it has no simulation_metadata.json"
    assert spring.startswith("spring: 2026-11-28")


def test_accepting_a_run_that_was_not_ready_is_a_persons_act_and_is_said(run, tmp_path, capsys):
    run("a", verdict={"sentence": "Do not go live: 1 of 2 checks failed.", "status": "must_not_go"})
    assert main(["baseline", "set", "acme", str(tmp_path / "a"), "--root", str(tmp_path)]) == 0
    assert "note: that run was not ready to go live" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "amce"], "did you mean `acme`"),
        (["set", "acme", "nowhere"], "there is no such folder"),
        (["set", "acme", "a", "--name", "latest"], "must be another name"),
        (["set", "acme", "a", "--name", "../x"], "must be lower-case letters"),
        (["set", "../acme", "a"], "must be lower-case letters"),
    ],
)
def test_wrong_words_are_one_sentence(run, tmp_path, monkeypatch, capsys, words, said):
    run("a")
    monkeypatch.chdir(tmp_path)
    assert main(["baseline", "set", "acme", "a"]) == 0
    assert main(["baseline", *words]) == 4
    assert said in capsys.readouterr().err
