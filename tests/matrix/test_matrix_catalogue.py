"""The catalogue of faults is whole: every one is somebody's to catch, or says why nobody can."""

from __future__ import annotations

import pytest
from matrix_catalogue import FAULTS, by_name
from matrix_fault import ANY, hit
from matrix_hunt import caught, complaint, order
from matrix_runner import NothingSeenError, Seen

from pytest_recsim.data.guardrails.guardrail_keys import CHECKS
from pytest_recsim.data.guardrails.metric_table import METRICS


def test_there_are_enough_faults_and_each_check_of_the_suite_has_one_that_it_must_catch():
    assert len(FAULTS) >= 45
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    against_another_run = {name for name, metric in METRICS.items() if metric.source == "earlier"}
    assert {fault.by.partition(" ")[0] for fault in FAULTS} - {"", ANY} == set(CHECKS) - against_another_run


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


def test_the_silence_of_a_check_that_did_not_run_is_no_verdict():
    pins = by_name("pin-ignored")
    assert not caught(pins, Seen({"S5": "passed", "S2": "failed"}, {"S2": "pins out of place"}, 1))
    with pytest.raises(NothingSeenError, match="S5 did not run"):
        caught(pins, Seen({"S2": "passed"}, {}, 0))
