"""What a check amounts to, and what pytest and the record make of it. One run with a check of every kind."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from plugin_own import AGAIN, GUARDRAILS, OWN, SECOND, SELECTION
from plugin_shop import Project, Shown


def prepared(shops: Callable[[str], Project]) -> Project:
    project = shops("mixed")
    project.scenario("mine", OWN)
    project.scenario("also", SECOND)
    project.write("conftest.py", AGAIN)
    project.write("guardrails.yml", GUARDRAILS)
    return project


@pytest.fixture(scope="session")
def mixed(shops: Callable[[str], Project]) -> Shown:
    project = prepared(shops)
    return Shown(project, project.simulate(SELECTION, "-rA"))


def outcome(shown: Shown, name: str) -> tuple[str, str]:
    """What the record says, and what pytest says (its last word on that check)."""
    event = shown.record.event(name)
    node = event["nodeid"]
    words = [
        line.split(" ")[0]
        for line in shown.ran.out.splitlines()
        if f" {node}" in f"{line} " and line[0].isupper()
    ]
    return event["outcome"], words[-1] if words else ""


def test_the_run_fails_and_every_check_is_accounted_for(mixed: Shown) -> None:
    assert mixed.ran.code == 1
    facts = mixed.record.metadata
    assert facts["status"] == "finished"
    assert facts["verdict"]["status"] == "must_not_go"
    assert (
        len(facts["planned_checks"]) == len(set(facts["planned_checks"])) == len(mixed.record.outcomes) == 27
    )
    assert "missing" not in mixed.record.outcomes.values()


def test_passed(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_passes") == ("passed", "PASSED")
    event = mixed.record.event("test_mine.py::test_passes")
    assert event["title"] == "Somebody is asked"
    assert event["measures"][0]["expected"] == "at least 1"
    assert set(event["shown"]) == {"first"}


def test_failed_says_expected_got_for_whom_request_and_knob(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_fails") == ("failed", "FAILED")
    sentence = mixed.record.event("test_mine.py::test_fails")["sentence"]
    lines = sentence.splitlines()
    assert lines[0] == "length: expected 30, got 20"
    assert any(line.startswith("  for: user ") for line in lines)
    assert "  n: 7" in lines
    assert "  look at: MAX_K" in lines
    assert any(line.startswith("  again: curl -sS -X POST http://127.0.0.1:") for line in lines)
    assert "share: expected at most 0.25, got 0.5" in lines
    assert sentence in mixed.ran.out


def test_need_is_not_measured_even_after_a_failing_measure(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_needs") == ("not_measured", "FAILED")
    assert mixed.record.event("test_mine.py::test_needs")["sentence"] == "not measured: there is no moon"
    assert "not measured: there is no moon" in mixed.ran.out


def test_a_check_that_measures_nothing_fails(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_nothing") == ("failed", "FAILED")
    assert "measured nothing" in mixed.record.event("test_mine.py::test_nothing")["sentence"]


def test_nan_is_not_measured_and_absent_from_the_record(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_nan") == ("not_measured", "FAILED")
    event = mixed.record.event("test_mine.py::test_nan")
    assert event["sentence"] == "not measured: no finite value for `mean of nothing`"
    assert event["measures"][1]["got"] is None
    assert not any(isinstance(row["got"], float) and math.isnan(row["got"]) for row in event["measures"])


def test_a_failing_assert_and_an_exception_are_told_with_their_message(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_asserts") == ("failed", "FAILED")
    assert "wrong number of items" in mixed.record.event("test_mine.py::test_asserts")["sentence"]
    assert outcome(mixed, "test_mine.py::test_breaks") == ("failed", "FAILED")
    broken = mixed.record.event("test_mine.py::test_breaks")
    assert "no such thing" in broken["sentence"]
    assert broken["shown"] == {"evidence": "kept"}


def test_a_service_that_refuses_is_one_sentence_and_no_traceback(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_refused") == ("failed", "FAILED")
    event = mixed.record.event("test_mine.py::test_refused")
    assert "answered 404 rule_not_found" in event["sentence"]
    assert event["shown"] == {"evidence": "kept"}
    assert event["sentence"] in mixed.ran.out
    assert "ServiceError" not in mixed.ran.out


def test_a_plain_skip_is_left_out_not_passed(mixed: Shown) -> None:
    event = mixed.record.event("test_mine.py::test_plain_skip")
    assert (event["outcome"], event["sentence"]) == ("skipped", "not today")
    event = mixed.record.event("test_mine.py::test_plain_xfail")
    assert (event["outcome"], event["sentence"]) == ("warned", "known since May")


def test_an_xfail_mark_is_respected(mixed: Shown) -> None:
    marked = mixed.record.event("test_mine.py::test_marked_xfail")
    assert marked["outcome"] == "warned"
    assert marked["measures"][0]["got"] == 0.25
    works = mixed.record.event("test_mine.py::test_marked_xfail_that_works")
    assert works["outcome"] == "failed"
    assert "XPASS(strict)" in works["sentence"]


def test_an_error_after_the_check_counts(mixed: Shown) -> None:
    event = [row for row in mixed.record.events if row["check"] == "test_mine.py::test_untidy"][-1]
    assert (event["outcome"], event["sentence"]) == ("error", "disk full")


def test_of_repeated_attempts_the_last_counts(mixed: Shown) -> None:
    rows = [row["outcome"] for row in mixed.record.events if row["check"] == "test_mine.py::test_flaky"]
    assert rows == ["failed", "passed"]
    assert "test_mine.py::test_flaky" not in mixed.record.metadata["verdict"]["failing"]


def test_parametrised_checks_have_a_case_each(mixed: Shown) -> None:
    assert mixed.record.event("test_mine.py::test_cases 5")["outcome"] == "passed"
    assert mixed.record.event("test_mine.py::test_cases 6")["outcome"] == "failed"
    inside = [
        name for name in mixed.record.outcomes if name.startswith("test_mine.py::TestInside::test_rule")
    ]
    assert len(inside) == 5


def test_the_same_function_name_in_two_files_is_two_checks(mixed: Shown) -> None:
    assert mixed.record.event("test_mine.py::test_rule")["outcome"] == "passed"
    assert mixed.record.event("test_also.py::test_rule")["outcome"] == "failed"


def test_an_own_check_cannot_pass_for_one_of_the_suite(mixed: Shown) -> None:
    assert mixed.record.event("test_also.py::test_borrowed_name")["outcome"] == "passed"
    assert "S1" not in mixed.record.outcomes
    assert not (mixed.record.root / "artifacts/evidence/s01.json").exists()


def test_waived_is_skipped_with_the_reason(mixed: Shown) -> None:
    assert mixed.record.event("catalog_coverage")["outcome"] == "waived"
    assert "waived: the shop is being rebuilt (guardrails.yml:" in mixed.ran.out
    assert "the shop is being rebuilt" in mixed.record.readme
    assert "catalog_coverage" not in mixed.record.metadata["verdict"]["failing"]


def test_warned_is_expected_to_fail(mixed: Shown) -> None:
    assert outcome(mixed, "long_tail_share") == ("warned", "XFAIL")
    assert "long_tail_share" not in mixed.record.metadata["verdict"]["failing"]


def test_an_expired_waiver_does_not_waive(mixed: Shown) -> None:
    assert outcome(mixed, "S7") == ("failed", "FAILED")
    assert "S7" in mixed.record.metadata["verdict"]["failing"]


def test_expired_and_unused_waivers_are_reported(mixed: Shown) -> None:
    notes = "\n".join(mixed.record.metadata["notes"])
    assert "waiver of S7 (guardrails.yml:13) ended on 2020-01-01: it was new once" in notes
    assert "waiver of S6" not in notes, "S6 did not run, so nobody knows whether its waiver is needed"
    assert "waiver of S7 (guardrails.yml:13) ended on 2020-01-01" in mixed.record.readme


@pytest.mark.long
def test_workers_give_the_same_outcomes(shops: Callable[[str], Project], mixed: Shown) -> None:
    project = prepared(shops)
    ran = project.simulate(SELECTION, "-n", "2")
    assert ran.code == 1
    assert project.bundle().outcomes == mixed.record.outcomes
    assert project.bundle().metadata["verdict"]["sentence"] == mixed.record.metadata["verdict"]["sentence"]


@pytest.mark.long
def test_nothing_but_waived_and_warned_is_a_green_run(acme: Project) -> None:
    acme.write("guardrails.yml", GUARDRAILS.replace("s7_min_avg_mrr: 1", "s7_min_avg_mrr: 0"))
    ran = acme.simulate("-k=coverage or tail or S7")
    assert ran.code == 0, ran.text
    assert acme.bundle().outcomes == {
        "catalog_coverage": "waived",
        "long_tail_share": "warned",
        "S7": "passed",
    }
    assert "1 passed, 1 skipped" in ran.out
    assert "1 xfailed" in ran.out


@pytest.mark.long
def test_a_waiver_that_is_not_needed_is_reported(acme: Project) -> None:
    acme.write("guardrails.yml", GUARDRAILS.replace("min_catalog_coverage: 1", "min_catalog_coverage: 0.1"))
    acme.simulate("-k=coverage")
    assert acme.bundle().outcomes == {"catalog_coverage": "passed"}
    assert any(
        "waiver of catalog_coverage" in note and "not needed" in note
        for note in acme.bundle().metadata["notes"]
    )
