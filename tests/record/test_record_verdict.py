"""What a run amounts to: nothing but a complete, clean, whole run may go live."""

from __future__ import annotations

import pytest

from pytest_recsim.record.model import BLOCKING, WORST_FIRST, CheckResult, verdict_of


def result(check, outcome):
    return CheckResult(simulation="acme", check=check, outcome=outcome)


def verdict(outcomes, *, planned=None, left_out=0, finished=True):
    results = [result(f"c{number}", outcome) for number, outcome in enumerate(outcomes)]
    planned = len(results) if planned is None else planned
    return verdict_of(results, planned=planned, left_out=left_out, finished=finished, caveats=())


def test_all_passed_may_go():
    assert verdict(["passed"] * 3).status == "may_go"


@pytest.mark.parametrize("outcome", sorted(BLOCKING - {"missing"}))
def test_one_blocking_outcome_stands_against_it_by_name(outcome):
    judged = verdict(["passed", outcome])
    assert (judged.status, judged.failing) == ("must_not_go", ("c1",))


@pytest.mark.parametrize("outcome", ["warned", "waived"])
def test_warnings_and_waivers_do_not_block_but_are_counted(outcome):
    judged = verdict(["passed", outcome])
    assert judged.status == "may_go"
    assert judged.counts[outcome] == 1
    assert judged.let_through == ("c1",)


def test_what_was_let_through_stands_in_the_verdict():
    assert verdict(["passed"] * 2).sentence.endswith("2 checks were made and none stands against it.")
    assert verdict(["passed", "warned"]).sentence.endswith("none stands against it, 1 warning only.")
    judged = verdict(["passed", "warned", "waived", "waived"])
    assert judged.sentence.endswith("none stands against it, 2 waived and 1 warning only.")


@pytest.mark.parametrize(
    ("outcomes", "left_out", "whole"),
    [
        (["passed"], 0, True),
        (["failed"], 0, True),
        (["passed"], 1, False),
        (["failed"], 1, False),
        (["missing"], 0, False),
    ],
)
def test_a_run_is_whole_when_every_check_there_is_has_reported(outcomes, left_out, whole):
    assert verdict(outcomes, left_out=left_out).whole is whole


def test_a_check_that_never_reported_makes_the_run_incomplete():
    judged = verdict(["passed", "missing"])
    assert judged.status == "incomplete"
    assert judged.failing == ("c1",)


def test_fewer_results_than_planned_is_incomplete_even_if_all_are_green():
    assert verdict(["passed"], planned=2).status == "incomplete"


def test_an_empty_run_proves_nothing():
    assert verdict([]).status == "incomplete"


def test_an_unfinished_run_proves_nothing():
    assert verdict(["passed"], finished=False).status == "incomplete"


def test_a_selection_of_checks_is_partial():
    judged = verdict(["passed"], left_out=24)
    assert judged.status == "partial"
    assert "24 were left out" in judged.sentence


def test_a_red_selection_still_must_not_go():
    assert verdict(["failed"], left_out=24).status == "must_not_go"


def test_the_worst_names_come_first():
    assert verdict(["not_measured", "failed", "error"]).failing == ("c2", "c1", "c0")


def test_every_outcome_has_a_place_in_the_order():
    assert len(set(WORST_FIRST)) == len(WORST_FIRST) == 8
