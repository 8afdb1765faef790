"""The published table of the served matrix is that of the catalogue, and whatever it calls missed has a reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import matrix_served
import matrix_world
import pytest
from matrix_catalogue import FAULTS
from matrix_hunt import described
from matrix_served_table import PAGE, complaint, load, page

ROOT = Path(__file__).resolve().parents[2]
TRIED = (
    *("include-filter-ignored", "block-leaks", "pin-at-slot-2", "boost-moves-neighbours"),
    *("mmr-off", "list-of-somebody-else", "duplicates", "nan-score"),
)


@pytest.fixture(scope="module")
def rows() -> dict[str, dict]:
    return {row["fault"]: row for row in load()["faults"]}


def test_there_is_a_row_for_every_fault_in_order_and_for_nothing_else(rows):
    assert list(rows) == [fault.name for fault in FAULTS]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_row_says_what_the_catalogue_says_and_that_the_fault_is_caught_or_why_not(fault, rows):
    row = rows[fault.name]
    assert {name: row[name] for name in described(fault)} == described(fault)
    assert complaint(row) == ""


def test_on_a_service_as_hard_as_the_real_one_at_least_a_hundred_faults_are_caught(rows):
    assert sum(bool(row["by"] and row["caught"]) for row in rows.values()) >= 100


def test_the_page_is_that_of_the_table():
    assert PAGE.read_text() == page(load())


def test_the_table_was_made_on_the_customer_that_is_tried_now_without_any_false_alarm():
    assert load()["world"] == matrix_world.FACTS
    assert load()["healthy"] == matrix_served.HEALTHY


@pytest.mark.parametrize(
    ("row", "missed", "told"),
    [
        ({"by": "S1", "caught": True, "also_red": []}, {}, ""),
        ({"by": "S1", "caught": False, "also_red": ["S6"]}, {"x": "noise"}, ""),
        ({"by": "S1", "caught": False, "also_red": []}, {}, "x is missed by S1, and nobody knows why"),
        ({"by": "S1", "caught": True, "also_red": []}, {"x": "noise"}, "x is caught, but MISSED says: noise"),
        ({"by": "", "caught": False, "also_red": ["S6"]}, {}, "x is called invisible, but S6 is red"),
    ],
)
def test_a_missed_fault_needs_a_reason_and_a_caught_one_has_none(row, missed, told, monkeypatch):
    monkeypatch.setattr(matrix_served, "MISSED", missed)
    found = complaint({"fault": "x", **row})
    assert found.startswith(told) if told else not found


@pytest.mark.long
def test_faults_of_a_served_service_with_all_quirks_are_caught_as_the_table_says():
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RECS"))}
    command = [sys.executable, "-m", "tests.matrix", "--served", "--check", *TRIED]
    ran = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=1800)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 broken, 0 wrong" in ran.stdout
