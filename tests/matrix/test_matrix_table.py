"""The published table is that of the catalogue: nothing was added, reworded or taken away without a new run."""

from __future__ import annotations

import matrix_world
import pytest
from matrix_catalogue import FAULTS
from matrix_fault import ANY, hit
from matrix_hunt import complaint, described, order
from matrix_table import PAGE, load, page

SCENARIOS = {f"S{number}" for number in range(1, 11)}
SHIPPED = {"segment_lift", "catalog_coverage", "long_tail_share", "profile", "contract", "availability"}


@pytest.fixture(scope="module")
def rows() -> dict[str, dict]:
    return {row["fault"]: row for row in load()["faults"]}


def test_there_is_a_row_for_every_fault_in_order_and_for_nothing_else(rows):
    assert list(rows) == [fault.name for fault in FAULTS]
    assert len(rows) >= 45


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_row_says_what_the_catalogue_says(fault, rows):
    row = rows[fault.name]
    assert {name: row[name] for name in described(fault)} == described(fault)
    assert complaint(row) == ""
    assert row["weakest"] is None or row["weakest"] in fault.ladder


def test_the_page_is_that_of_the_table():
    assert PAGE.read_text() == page(load())


def test_the_table_was_made_on_the_customer_that_is_tried_now():
    assert load()["world"] == matrix_world.FACTS


def test_every_check_of_the_suite_has_a_fault_that_it_alone_must_catch(rows):
    named = {row["by"].partition(" ")[0] for row in rows.values()}
    assert named >= SCENARIOS | SHIPPED
    assert named - SCENARIOS - SHIPPED - {"", ANY} == {
        *("intra_list_similarity", "novelty", "gini", "recall", "rank_instability", "p95_ms", "error_rate")
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_either_somebodys_to_catch_or_says_why_not(fault):
    assert bool(fault.by) != bool(fault.why_not)
    assert bool(fault.by) == bool(fault.because)
    assert bool(fault.of) == (len(fault.ladder) > 1)


def test_a_larger_share_hits_whatever_a_smaller_one_hits():
    things = range(2000)
    few, many = ({thing for thing in things if hit(share, thing)} for share in (0.01, 0.1))
    assert few < many
    assert 150 < len(many) < 250


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"by": "S1", "caught": True, "also_red": []}, ""),
        ({"by": "S1", "caught": False, "also_red": []}, "x is missed: S1 should be red"),
        ({"by": "S1", "caught": False, "also_red": ["S6"]}, "x is caught by accident: S6, not S1"),
        ({"by": "", "caught": False, "also_red": []}, ""),
        ({"by": "", "caught": False, "also_red": ["S6"]}, "x is called invisible, but S6 is red"),
    ],
)
def test_a_missed_fault_and_one_caught_by_accident_are_told_apart(row, told):
    assert complaint({"fault": "x", **row}) == told


def test_scenarios_come_in_their_order_and_before_the_guardrails():
    assert sorted(["contract", "S10", "S2"], key=order) == ["S2", "S10", "contract"]
