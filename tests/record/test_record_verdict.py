"""What a run amounts to: nothing but a complete, clean, whole run may go live."""

from __future__ import annotations

import pytest

from pytest_recsim.record.model import BLOCKING, WORST_FIRST, CheckResult, Measure, verdict_of


def result(check, outcome):
    return CheckResult(simulation="acme", check=check, outcome=outcome)


def verdict(outcomes, *, planned=None, left_out=(), finished=True):
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
    assert verdict(["passed"] * 2).sentence.endswith(": all 2 checks ran and passed.")
    assert verdict(["passed", "warned"]).sentence.endswith(": 1 of 2 checks passed, 1 warning only.")
    judged = verdict(["passed", "warned", "waived", "waived"])
    assert judged.sentence.endswith("passed, 2 waived and 1 warning only.")


def measured(borderline, *, ok=True):
    return Measure(name="lift", ok=ok, got=0.1, expected="at least 0.1", borderline=borderline)


def with_measures(*rows, planned=None, left_out=()):
    """A verdict over checks that passed unless said otherwise, given as (borderline of each measure, outcome)."""
    results = [
        CheckResult(
            simulation="acme",
            check=f"c{number}",
            outcome=outcome,
            measures=tuple(measured(one, ok=outcome == "passed") for one in borderline),
        )
        for number, (borderline, outcome) in enumerate(rows)
    ]
    return verdict_of(results, planned=planned or len(results), left_out=left_out, finished=True, caveats=())


def test_the_verdict_counts_the_passes_that_may_be_chance():
    close, sure = ([True, False], "passed"), ([False], "passed")
    assert with_measures(close, sure).sentence == (
        "Ready to go live: all 2 checks ran and passed, 1 of them borderline."
    )
    assert with_measures(close, sure, ([True], "waived")).sentence == (
        "Ready to go live: 2 of 3 checks passed, 1 of them borderline, 1 waived."
    )
    partial = with_measures(close, close, left_out=["S1"])
    assert "all 2 checks that ran passed, 2 of them borderline, 1 was left out (S1)" in partial.sentence
    assert partial.borderline == 2


def test_a_failure_that_may_be_chance_is_no_borderline_pass():
    judged = with_measures(([True], "failed"), ([False], "passed"))
    assert (judged.borderline, judged.sentence) == (0, "Do not go live: 1 of 2 checks failed.")


@pytest.mark.parametrize(
    ("outcomes", "left_out", "whole"),
    [
        (["passed"], (), True),
        (["failed"], (), True),
        (["passed"], ("S1",), False),
        (["failed"], ("S1",), False),
        (["missing"], (), False),
        (["failed", "missing"], (), False),
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
    names = tuple(f"S{number}" for number in range(1, 8))
    judged = verdict(["passed"], left_out=names)
    assert judged.status == "partial"
    assert judged.sentence.endswith("7 were left out (S1, S2, S3, S4, S5 and 2 more).")
    assert (judged.left_out, judged.not_run) == (7, names)


def test_a_red_selection_still_must_not_go():
    assert verdict(["failed"], left_out=("S1",)).status == "must_not_go"


@pytest.mark.parametrize("outcome", sorted(BLOCKING - {"missing"}))
def test_a_run_that_was_cut_short_after_a_failure_is_a_no(outcome):
    """`-x`, `--maxfail`, `--sw` and `--pdb` stop there; what did not report cannot turn it into a yes."""
    judged = verdict(["passed", outcome, "missing", "missing"])
    assert judged.status == "must_not_go"
    how = "was not measured" if outcome == "not_measured" else "failed"
    assert judged.sentence == f"Do not go live: 1 of 4 checks {how}; 2 did not report."
    assert judged.blocking == {"c1": outcome, "c2": "missing", "c3": "missing"}
    assert verdict([outcome], finished=False).status == "must_not_go"


def test_a_selection_of_which_all_was_skipped_says_that_nothing_passed():
    judged = verdict(["skipped"] * 2, left_out=("c0", "c1"))
    assert judged.sentence.startswith(
        "Partial, proves only what ran: 0 of 2 checks passed, 2 skipped, 2 were left out"
    )


def test_what_failed_and_what_was_not_measured_are_counted_apart():
    judged = verdict(["error", "failed", "flaky", "not_measured", "not_measured", "passed"])
    assert judged.sentence == "Do not go live: 3 of 6 checks failed, 2 were not measured."


def test_green_checks_on_spoiled_ground_do_not_let_anything_go_live():
    facts = {
        "planned": 1,
        "left_out": ("S2", "S3"),
        "finished": True,
        "caveats": (),
        "spoiled": "somebody wiped it",
    }
    green = [CheckResult(simulation="acme", check="S1", outcome="passed")]
    red = [CheckResult(simulation="acme", check="S1", outcome="failed")]
    assert verdict_of(green, **facts).sentence == "Do not go live: somebody wiped it."
    assert verdict_of(red, **facts).sentence == ("Do not go live: 1 of 1 checks failed; somebody wiped it.")
    assert verdict_of(green, **facts | {"planned": 2}).status == "incomplete"


def test_the_worst_names_come_first():
    assert verdict(["not_measured", "failed", "error"]).failing == ("c2", "c1", "c0")


def test_every_outcome_has_a_place_in_the_order():
    assert len(set(WORST_FIRST)) == len(WORST_FIRST) == 9
