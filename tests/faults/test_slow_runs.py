"""First runs on a service that is slow right after seeding: none is lost, and the page says what was measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fault_table import FIRST_RUNS, PAGE
from slow_runs import KINDS, Case, Outcome, cases, page, play

if TYPE_CHECKING:
    from pathlib import Path


def test_the_times_are_spread_over_every_way_of_being_slow():
    found = cases(200)
    assert len(found) == 200
    for kind in KINDS:
        seconds = [case.seconds for case in found if case.kind == kind]
        assert len(seconds) >= 66
        assert min(seconds) < 7
        assert max(seconds) > 58


@pytest.mark.long
def test_no_first_run_is_lost_to_a_slow_start(tmp_path: Path):
    outcomes = play([Case(number, kind, 5.5) for number, kind in enumerate(KINDS)], tmp_path, 3)
    assert [one.lost for one in outcomes] == ["", "", ""]
    assert all(one.told and one.waited_s >= 5 for one in outcomes)


def test_a_lost_run_shows_on_the_page():
    good = [Outcome(case, case.seconds, 1, told=True, lost="") for case in cases(200)]
    bad = Outcome(good[7].case, 90, 9, told=False, lost="exit code 1")
    assert "Of 200 first runs 0 were lost (95 % bound: at most 1.5 %); 200 say" in "\n".join(page(good))
    text = "\n".join(page([*good[:7], bad, *good[8:]]))
    assert "Of 200 first runs 1 were lost; 199 say" in text


def test_the_page_holds_two_hundred_runs_and_none_was_lost():
    text = PAGE.read_text().partition(FIRST_RUNS)[2]
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| every ")]
    assert {row[0].removeprefix("| ") for row in rows} == set(KINDS.values())
    assert sum(int(row[2]) for row in rows) == 200
    assert sum(int(row[3]) for row in rows) == 0
    assert re.search(r"Of 200 first runs 0 were lost", text)
