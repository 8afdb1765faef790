"""`recsim compare`: a table on the terminal, a page, JSON; wrong folders are a sentence."""

from __future__ import annotations

import json

import pytest
from compared_runs import people, write_run

from pytest_recsim.cli import main


@pytest.fixture
def runs(tmp_path):
    before = people([0.5, 0.6] * 20) + people([0.5] * 40, segment="new")
    now = people([0.5, 0.6] * 20) + people([0.2, 0.3] * 20, segment="new")
    return [str(write_run(tmp_path / name, lines)) for name, lines in (("a", before), ("b", now))]


def test_what_got_worse_is_shown_with_its_interval(runs, capsys):
    assert main(["compare", *runs]) == 0
    shown = capsys.readouterr().out
    assert (
        "| ndcg@10 (unseen) | new | 40 | 0.5 (lift +0.00) | 0.25 (lift -0.50) | -0.2500 (-50.0%) |" in shown
    )
    assert "| vip |" not in shown


def test_everything_is_shown_when_asked_for(runs, capsys):
    assert main(["compare", *runs, "--all"]) == 0
    assert "| vip |" in capsys.readouterr().out


def test_json_has_every_difference(runs, capsys):
    assert main(["compare", *runs, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["outcome"] for one in found["differences"]} == {"same", "worse"}


def test_a_page_is_written_and_said(runs, capsys, tmp_path):
    assert main(["compare", *runs, "--html", str(tmp_path / "c.html")]) == 0
    assert "c.html" in capsys.readouterr().out
    assert "</html>" in (tmp_path / "c.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["nowhere"], "there is no such folder"), (["b", "--html", "."], "must be a file to write")],
)
def test_wrong_places_are_one_sentence(runs, words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "a", *words]) == 4
    assert said in capsys.readouterr().err
