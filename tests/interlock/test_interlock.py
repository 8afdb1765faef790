"""Rows of others are not lost in silence, whenever they arrive, whatever marker lies there, whoever else runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from interlock.interlock_page import page, silent
from interlock.interlock_play import LOST, RACE, REFUSED, TYPED, WHAT, draw
from interlock.interlock_run import run_all

HERE = Path(__file__).parent
SEEN = json.loads((HERE / "interlock.json").read_text(encoding="utf-8"))


def test_the_page_of_the_interlock_is_made_from_its_json():
    assert (HERE / "interlock.md").read_text(encoding="utf-8") == page(SEEN)


def test_what_is_told_of_the_interlock_rests_on_enough_cases_and_nothing_was_lost_in_silence():
    rows = SEEN["rows"]
    assert len(rows) == SEEN["runs"] >= 100
    assert {row["what"] for row in rows} == set(WHAT)
    assert silent(rows, same=False) == []
    assert [row for row in rows if row["wrong"]] == []


def test_the_cases_behind_the_page_would_be_drawn_again():
    again = draw(SEEN["runs"], SEEN["seed"])
    assert [case.moment for case in again] == [row["moment"] for row in SEEN["rows"]]


@pytest.mark.long
def test_rows_that_arrive_forged_markers_and_races_with_other_dice(tmp_path):
    rows = [one.row() for one in run_all(draw(6, 7), 2, tmp_path, tmp_path / "log.jsonl")]
    assert silent(rows, same=False) == []
    assert [row for row in rows if row["wrong"]] == []
    forged = [row["became"] for row in rows if row["what"] == "forged marker"]
    assert set(forged) == {REFUSED}
    assert {row["what"] for row in rows if row["became"] == LOST} <= {*WHAT} - {"forged marker"}
    assert {RACE, TYPED} <= {row["what"] for row in rows}
