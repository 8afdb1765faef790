"""The published table is that of the catalogue: nothing was added, reworded or taken away without a new run."""

from __future__ import annotations

import matrix_world
import pytest
from matrix_catalogue import FAULTS
from matrix_hunt import complaint, described
from matrix_table import PAGE, load, page


@pytest.fixture(scope="module")
def rows() -> dict[str, dict]:
    return {row["fault"]: row for row in load()["faults"]}


def test_there_is_a_row_for_every_fault_in_order_and_for_nothing_else(rows):
    assert list(rows) == [fault.name for fault in FAULTS]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_row_says_what_the_catalogue_says_and_that_the_fault_is_caught(fault, rows):
    row = rows[fault.name]
    assert {name: row[name] for name in described(fault)} == described(fault)
    assert complaint(row) == ""
    assert (row["weakest"] in fault.ladder) if fault.by else (row["weakest"] is None)


def test_the_page_is_that_of_the_table():
    assert PAGE.read_text() == page(load())


def test_the_table_was_made_on_the_customer_that_is_tried_now():
    assert load()["world"] == matrix_world.FACTS


def test_the_readme_tells_how_many_are_caught(rows):
    readme = " ".join((PAGE.parents[1] / "README.md").read_text().split())
    caught = sum(bool(row["by"] and row["caught"]) for row in rows.values())
    assert (
        f"Of {len(rows)} recommender faults that were switched on one after the other, {caught} turn"
        in readme
    )
