"""The page in the documentation says what the catalogue says: every fault, its outcome, its sentence."""

from __future__ import annotations

import re

import pytest
from fault_catalogue import CATALOGUE, SECTIONS
from fault_model import CODES, REFUSED, TOLD
from fault_table import FIRST_RUNS, HEAD, PAGE, facts, row, shown

TEXT = PAGE.read_text().partition(FIRST_RUNS)[0]
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
ROWS = [line for line in ROWS if not line.startswith("| fault | ")]


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_page_holds_every_fault_of_the_catalogue_in_its_order_and_no_other():
    assert [cells(line)[:5] for line in ROWS] == [facts(fault) for fault in CATALOGUE]
    assert [line[3:] for line in TEXT.splitlines() if line.startswith("## ")] == list(SECTIONS)


@pytest.mark.parametrize("number", range(len(CATALOGUE)))
def test_a_row_tells_the_sentence_and_the_causes_of_retries(number):
    fault, (*_, sentence, retries) = CATALOGUE[number], cells(ROWS[number])
    assert len(cells(ROWS[number])) == len(HEAD)
    assert shown(fault.says) in sentence
    assert bool(sentence) == bool(fault.says)
    assert {part.partition(":")[0] for part in retries.split(", ") if part} == set(fault.retries)


def test_there_are_enough_faults_and_each_is_told_apart():
    assert len(CATALOGUE) >= 25
    assert len({tuple(facts(fault)) for fault in CATALOGUE}) == len(CATALOGUE)
    assert {fault.outcome for fault in CATALOGUE} == set(CODES)
    assert all(fault.says for fault in CATALOGUE if fault.outcome in (TOLD, REFUSED))
    assert 6 <= sum(fault.quick for fault in CATALOGUE) <= 10


def test_what_differs_from_run_to_run_does_not_reach_the_page():
    told = "http://127.0.0.1:4567: acme-fault-2-3 in reports/acme/20261122T221500Z (5 tries in 2.1 s) a | b"
    assert shown(told) == "http://service: acme in reports/acme/RUN (5 tries) a | b"
    assert cells(row(["a | b", "c"])) == ["a | b", "c"]
