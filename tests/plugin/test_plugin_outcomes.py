"""What a check amounts to, and what pytest and the record make of it. One run with a check of every kind."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from junit_rules import complaints
from plugin_own import AGAIN, GUARDRAILS, OWN, SECOND, SELECTION
from plugin_shop import Project, Shown
from published import breaches

from pytest_recsim.record.model import BLOCKING


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
    return Shown(project, project.simulate(SELECTION, "-rA", "--junitxml=junit.xml"))


def junit_cases(project: Project) -> dict[str, dict[str, str]]:
    """Name of a testcase in junit's file -> the facts in its output."""
    root = ET.parse(project.folder / "junit.xml").getroot()
    assert complaints(root) == []
    said = {case.get("name", ""): case.findtext("system-out", "") for case in root.iter("testcase")}
    return {
        name: dict(line.split(": ", 1) for line in text.splitlines())
        for name, text in said.items()
        if not name.startswith("preparation")
    }


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
        len(facts["planned_checks"]) == len(set(facts["planned_checks"])) == len(mixed.record.outcomes) == 33
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
    assert any(line.startswith("  affected: user ") for line in lines)
    assert "  n: 7" in lines
    assert "  knobs to check: MAX_K" in lines
    assert any(line.startswith("  reproduce: curl -sS -X POST http://127.0.0.1:") for line in lines)
    assert "share: expected at most 0.25, got 0.5" in lines
    assert sentence in mixed.ran.out


def test_a_failing_figure_survives_an_unmet_need_and_a_skip(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_needs") == ("failed", "FAILED")
    sentence = mixed.record.event("test_mine.py::test_needs")["sentence"]
    assert sentence == "something: expected a, got b\nand the rest was not measured: there is no moon"
    assert sentence in mixed.ran.out
    assert outcome(mixed, "test_mine.py::test_skips_after_failing") == ("failed", "FAILED")
    sentence = mixed.record.event("test_mine.py::test_skips_after_failing")["sentence"]
    assert sentence.startswith(
        "share: expected at most 0.25, got 0.5\nand the rest was not measured: the check was left"
    )


@pytest.mark.parametrize("name", ["test_nan", "test_infinite", "test_nan_fact"])
def test_what_is_no_number_never_passes(mixed: Shown, name: str) -> None:
    assert outcome(mixed, f"test_mine.py::{name}") == ("not_measured", "FAILED")
    assert f"test_mine.py::{name}" in mixed.record.metadata["verdict"]["failing"]


def test_a_check_that_measures_nothing_fails(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_nothing") == ("failed", "FAILED")
    assert "measured nothing" in mixed.record.event("test_mine.py::test_nothing")["sentence"]


def test_nan_is_not_measured_and_absent_from_the_record(mixed: Shown) -> None:
    assert outcome(mixed, "test_mine.py::test_nan") == ("not_measured", "FAILED")
    event = mixed.record.event("test_mine.py::test_nan")
    assert event["sentence"] == "not measured: no finite value for `mean of nothing`"
    assert event["measures"][1]["got"] is None
    assert not any(isinstance(row["got"], float) and math.isnan(row["got"]) for row in event["measures"])


def test_what_failed_and_what_was_not_measured_follow_the_published_schemas_too(mixed: Shown) -> None:
    assert breaches(mixed.record.root) == []


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


def test_a_check_that_failed_and_then_passed_is_flaky_and_blocks(mixed: Shown) -> None:
    rows = [row for row in mixed.record.events if row["check"] == "test_mine.py::test_flaky"]
    assert [(row["attempt"], row["outcome"]) for row in rows] == [(1, "failed"), (2, "passed"), (2, "flaky")]
    assert "test_mine.py::test_flaky" in mixed.record.metadata["verdict"]["failing"]
    assert rows[-1]["sentence"].startswith("flaky: attempt 1 ended as failed, attempt 2 passed")


def test_a_users_hook_gets_every_result_as_it_is_settled(mixed: Shown) -> None:
    lines = (mixed.project.folder / "results.txt").read_text().splitlines()
    heard = {tuple(line.split("|")[:3]): int(line.split("|")[3]) for line in lines}
    attempts = mixed.record.events[:]
    for row in attempts:
        if row["outcome"] not in ("flaky", "missing") and "hook_trips" not in row["check"]:
            assert heard[row["check"], row["case"], row["outcome"]] == len(row["measures"]), row["check"]
    assert {outcome for _, _, outcome in heard} >= {
        "passed",
        "failed",
        "not_measured",
        "waived",
        "warned",
        "error",
    }


def test_a_users_hook_that_raises_makes_its_check_an_error(mixed: Shown) -> None:
    event = mixed.record.event("test_mine.py::test_hook_trips_over_a_passed_one")
    assert (event["outcome"], event["sentence"]) == (
        "error",
        "a pytest_recsim_result hook raised ValueError: no dashboard",
    )
    assert "test_mine.py::test_hook_trips_over_a_passed_one" in mixed.record.metadata["verdict"]["failing"]


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
    assert "waived: the shop is being rebuilt, until " in mixed.ran.out
    assert "the shop is being rebuilt" in mixed.record.readme
    assert "catalog_coverage" not in mixed.record.metadata["verdict"]["failing"]


def test_warned_is_expected_to_fail(mixed: Shown) -> None:
    assert outcome(mixed, "long_tail_share") == ("warned", "XFAIL")
    assert "long_tail_share" not in mixed.record.metadata["verdict"]["failing"]


def test_an_expired_waiver_does_not_waive(mixed: Shown) -> None:
    assert outcome(mixed, "S7") == ("failed", "FAILED")
    assert "S7" in mixed.record.metadata["verdict"]["failing"]


def test_what_was_let_through_is_named_in_terminal_and_page(mixed: Shown) -> None:
    assert "  let through: " in mixed.ran.out
    line = next(line for line in mixed.ran.out.splitlines() if line.startswith("  let through: "))
    assert {"catalog_coverage", "long_tail_share"} <= set(line.removeprefix("  let through: ").split(", "))
    section = mixed.record.readme.partition("## What was let through")[2].partition("\n## ")[0]
    waived = r"\| catalog_coverage \| waived: the shop is being rebuilt, until [\w -]+ \(guardrails.yml:12\) \| catalogue_cov"
    assert re.search(waived, section)
    assert "| long_tail_share | severity warn | long_tail_share@20: expected at least 1, got" in section


def test_junit_says_outcome_values_and_thresholds_of_every_check(mixed: Shown) -> None:
    found = junit_cases(mixed.project)
    assert set(found) == {row["nodeid"].rpartition("::")[2] for row in mixed.record.events}
    last = {(row["check"], row["case"]): row for row in mixed.record.events}
    assert {case["outcome"] for case in found.values()} >= {
        "passed",
        "failed",
        "not measured",
        "waived",
        "warned",
    }
    for name, case in found.items():
        event = last[case["check"], case.get("case", "")]
        assert (case["outcome"].replace(" ", "_"), case["severity"]) == (
            event["outcome"],
            event["severity"],
        ), name
    tail = found["test_guardrail[acme-long_tail_share]"]
    assert tail["severity"] == "warn"
    assert re.search(r"\(at least 1, n \d+\), threshold from guardrails.yml:\d+ ", tail["long_tail_share@20"])
    assert found["test_guardrail[acme-catalog_coverage]"]["waiver"].startswith(
        "the shop is being rebuilt, until "
    )
    assert found["test_nan[acme]"]["mean of nothing"] == "not measured (at least 0.1)"
    assert found["test_untidy[acme]"]["outcome"] == "error"
    assert found["test_flaky[acme]"]["tries"] == "2 (at least 2)", "the last attempt counts"


def test_junit_is_red_where_the_record_is_even_if_pytest_let_the_last_attempt_pass(mixed: Shown) -> None:
    root = ET.parse(mixed.project.folder / "junit.xml").getroot()
    red = {
        case.get("name") for case in root.iter("testcase") if {"failure", "error"} & {end.tag for end in case}
    }
    last = {(row["check"], row["case"]): row for row in mixed.record.events}
    against = {row["nodeid"].rpartition("::")[2] for row in last.values() if row["outcome"] in BLOCKING}
    assert red == against
    assert "test_flaky[acme]" in red
    assert root[0].get("failures") == root.get("failures") != "0"


LISTENER = """
import json, pathlib, pytest

spent, heard = {}, {}

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    name = report.nodeid.rpartition("::")[2]
    heard[name] = dict(report.user_properties).get("recsim.outcome")
    spent[name] = spent.get(name, 0) + report.duration - float(getattr(report, "recsim_preparing", 0))

def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        pathlib.Path("spent.json").write_text(json.dumps([spent, heard]))
"""


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=" ".join)
def test_ini_asks_for_properties_and_no_check_pays_for_preparation(
    acme: Project, workers: tuple[str, ...]
) -> None:
    acme.write("listener.py", LISTENER)
    words = ("-k", "contract or coverage", "--junitxml=junit.xml", "-o", "recsim_junit_properties=true")
    ran = acme.simulate("-p", "listener", *words, "--junit-prefix=shop", *workers)
    assert ran.code == 0, ran.text
    root = ET.parse(acme.folder / "junit.xml").getroot()
    cases = {case.get("name"): case for case in root.iter("testcase")}
    preparation = cases.pop("preparation[acme]")
    assert {case.get("classname") for case in cases.values()} == {
        "shop.scenarios.test_standing",
        "shop.scenarios.test_guardrails",
    }
    spent, heard = json.loads((acme.folder / "spent.json").read_text())
    assert set(heard.values()) == {"passed"}, "other reporters have the facts as user properties"
    for name, case in cases.items():
        facts = {one.get("name"): one.get("value") for one in case.iter("property")}
        assert facts["recsim.outcome"] == "passed"
        assert [fact for fact in facts if fact.startswith("recsim.measure.")]
        assert float(case.get("time", "")) == pytest.approx(spent[name], abs=0.005), name
    assert float(preparation.get("time", "")) > 0


def test_whatever_makes_a_waived_check_fail_it_is_waived(mixed: Shown) -> None:
    event = mixed.record.event("test_mine.py::test_waived_assert")
    assert event["outcome"] == "waived"
    assert event["sentence"].startswith("AssertionError: one and one")
    assert event["waiver"].startswith("mathematics, until further notice (guardrails.yml:")
    assert mixed.record.event("test_mine.py::test_waived_without_check")["outcome"] == "waived"


def test_expired_and_unused_waivers_are_reported(mixed: Shown) -> None:
    assert "  note: waiver of S7 (guardrails.yml:13) ended on 2020-01-01: it was new once" in mixed.ran.out
    notes = "\n".join(mixed.record.metadata["notes"])
    assert "waiver of S7 (guardrails.yml:13) ended on 2020-01-01: it was new once" in notes
    assert "waiver of S6" not in notes, "S6 did not run, so nobody knows whether its waiver is needed"
    assert "waiver of S7 (guardrails.yml:13) ended on 2020-01-01" in mixed.record.readme


@pytest.mark.long
def test_workers_give_the_same_outcomes(shops: Callable[[str], Project], mixed: Shown) -> None:
    project = prepared(shops)
    ran = project.simulate(SELECTION, "-n", "2", "--junitxml=junit.xml")
    assert ran.code == 1
    ours, theirs = junit_cases(mixed.project), junit_cases(project)
    assert {name: case["outcome"] for name, case in theirs.items()} == {
        name: case["outcome"] for name, case in ours.items()
    }
    assert theirs["test_guardrail[acme-catalog_coverage]"] == ours["test_guardrail[acme-catalog_coverage]"]
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
