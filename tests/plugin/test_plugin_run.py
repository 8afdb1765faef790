"""One complete run on the stand-in: what pytest shows and what lies in the bundle."""

from __future__ import annotations

import csv
import gzip
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from junit_rules import complaints
from plugin_shop import HERE, Project, Shown
from published import breaches, records

from pytest_recsim.record.batch import Row
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.publish import FILES
from pytest_recsim.report.junit import write_junit
from pytest_recsim.report.junit_suite import simulated

SEGMENTS = ("bargain_hunters", "new_users", "power_users", "regulars", "trend_seekers")
LIFTS = [f"segment_lift_{metric} {segment}" for metric in ("mrr", "ndcg") for segment in SEGMENTS]
CHECKS = {
    *LIFTS,
    *(f"S{number}" for number in range(1, 11)),
    *("catalog_coverage", "long_tail_share", "profile", "contract", "availability"),
}
BUNDLE = {
    "README.md",
    "simulation_metadata.json",
    "events.jsonl",
    "artifacts/quality_metrics.json",
    "artifacts/guardrail_verdicts.json",
    "artifacts/scenario_summary.json",
    "artifacts/scenarios.csv",
    "artifacts/seed_manifest.json",
    "artifacts/seed_segments.json",
    "artifacts/recommendation_dump.jsonl.gz",
    "artifacts/per_user.jsonl.gz",
    *(f"artifacts/evidence/s{number:02d}.json" for number in range(1, 11)),
}


def no_constants(text: str) -> object:
    raise AssertionError(f"{text} is not JSON")


def test_exit_code_is_zero_and_the_verdict_stands_in_the_terminal(green: Shown) -> None:
    assert green.ran.code == 0, green.ran.text
    assert "acme: Ready to go live: all 25 checks ran and passed. (25 passed)" in green.ran.out
    assert "25 passed" in green.ran.out.splitlines()[-1]
    assert green.ran.err == ""


def test_header_says_where_and_with_what(green: Shown) -> None:
    lines = [line for line in green.ran.out.splitlines() if "recsim" in line or line.startswith("        ")]
    header = "\n".join(lines)
    assert "acme on the embedded stand-in http://127.0.0.1:" in header
    assert "(from no --base-url), namespace acme (built in)" in header
    assert "profile prod (built in), reaches the service by `env`; guardrails guardrails.yml" in header
    assert "80 items, 150 users, 3,500 events" in header


def test_node_ids_name_the_suite_wherever_it_is_installed(green: Shown) -> None:
    ids = [line.split(" ")[0] for line in green.ran.out.splitlines() if line.startswith("scenarios/")]
    assert "scenarios/test_s07_cold_start.py::test_s07_new_users_get_something_good[acme]" in ids
    assert "scenarios/test_guardrails.py::test_guardrail[acme-segment_lift_ndcg-new_users]" in ids
    assert len(set(ids)) == 25


def test_randomly_shuffled_and_the_closing_checks_still_come_last(green: Shown) -> None:
    assert "Using --randomly-seed" in green.ran.out
    order = [row["check"] for row in green.record.events]
    assert set(order[-3:]) == {"profile", "contract", "availability"}
    assert order != sorted(order)


def test_junit_carries_class_names_and_verdicts(green: Shown) -> None:
    cases = ET.parse(green.project.folder / "junit.xml").getroot().iter("testcase")
    found = {(case.get("classname"), case.get("name")) for case in cases}
    assert ("scenarios.test_s07_cold_start", "test_s07_new_users_get_something_good[acme]") in found
    assert ("recsim", "preparation[acme]") in found
    assert len(found) == 26


def names(file: Path) -> list[tuple[str | None, ...]]:
    suites = ET.parse(file).getroot()
    return sorted(
        (suite.get("name"), case.get("classname"), case.get("name"))
        for suite in suites
        for case in suite.iter("testcase")
    )


def test_jenkins_takes_pytests_own_file_and_a_merged_one_has_the_same_names(
    green: Shown, tmp_path: Path
) -> None:
    ours, merged = green.project.folder / "junit.xml", tmp_path / "merged.xml"
    assert complaints(ET.parse(ours).getroot()) == []
    bundle = Bundle(green.record.root)
    told = simulated(Row(id="acme", customer="acme", status="may_go"), bundle, merged)
    write_junit(merged, "batch", [(told, bundle.results())])
    assert complaints(ET.parse(merged).getroot()) == []
    assert names(ours) == names(merged)


def test_seeding_is_a_testcase_of_its_own_with_its_steps(green: Shown) -> None:
    suite = ET.parse(green.project.folder / "junit.xml").getroot()[0]
    steps = suite.findtext("testcase[@name='preparation[acme]']/system-out", "")
    seconds = {line.partition(": ")[0]: line.partition(": ")[2] for line in steps.splitlines()}
    assert {"seed", "observe", "judge"} <= set(seconds)
    spent = float(suite.find("testcase[@name='preparation[acme]']").get("time"))
    assert spent == pytest.approx(sum(float(said.removesuffix(" s")) for said in seconds.values()), abs=0.002)
    said = {one.get("name"): one.get("value") for one in suite.iterfind("properties/property")}
    assert (said["recsim.customer"], said["recsim.verdict"]) == ("acme", "may_go")
    assert (green.project.folder / said["recsim.report"] / "README.md").is_file()


def test_html_report_of_pytest_html_has_every_check(green: Shown) -> None:
    page = (green.project.folder / "page.html").read_text()
    assert "scenarios/test_s07_cold_start.py::test_s07_new_users_get_something_good[acme]" in page


def test_bundle_is_complete_and_holds_no_half_written_file(green: Shown) -> None:
    assert green.record.files >= BUNDLE
    assert not [name for name in green.record.files if name.rpartition("/")[2].startswith(".")]


def test_every_check_stands_in_the_events_once(green: Shown) -> None:
    events = green.record.events
    assert len(events) == 25
    assert green.record.outcomes == dict.fromkeys(CHECKS, "passed")
    assert all(row["measures"] for row in events)
    assert all(row["nodeid"].startswith("scenarios/") and row["title"] for row in events)


def test_every_json_file_is_strict_and_versioned(green: Shown) -> None:
    for name in sorted(green.record.files):
        path = green.record.root / name
        if path.suffix == ".json":
            document = json.loads(path.read_text(), parse_constant=no_constants)
            assert document["schema_version"] == 1, name
        elif path.suffix == ".jsonl":
            for line in path.read_text().splitlines():
                json.loads(line, parse_constant=no_constants)


def test_metadata_tells_who_what_when_and_where(green: Shown, world) -> None:
    facts = green.record.metadata
    assert (facts["status"], facts["verdict"]["status"]) == ("finished", "may_go")
    assert facts["customer"] == "acme"
    assert facts["service"]["kind"] == "stand-in"
    assert facts["users"]["in_fixture"] == len(world["users"])
    assert facts["fixture"]["events"] == len(world["events"])
    assert len(facts["profile"]["sha256"]) == 64
    assert len(facts["planned_checks"]) == 25
    assert facts["preparation_failure"] == ""
    assert {row["status"] for row in facts["profile"]["knobs"]} <= {"in effect", "started with it"}


def assert_who_sent_it_adds_up(sent: dict) -> None:
    """All requests are of one check, or of what is around the checks; scenarios ask, guardrails look at lists."""
    everybody = [sent["preparation"], *sent["by_check"]]
    for what in ("requests", "recommendations"):
        assert sum(one[what] for one in everybody) == sent["total" if what == "requests" else what]
    asking = {one["check"] for one in sent["by_check"] if one["recommendations"]}
    assert asking == {f"S{number}" for number in range(1, 11)} - {"S7"}


def test_request_economy(green: Shown) -> None:
    facts = green.record.metadata
    evaluated = facts["users"]["evaluated"]
    assert (
        0 < facts["requests"]["recommendations"] <= evaluated + 480
    )  # 450 where no cap is in effect, see customer_a
    assert facts["requests"]["total"] == sum(facts["requests"]["by_endpoint"].values())
    assert facts["requests"]["retries"] == {}
    assert_who_sent_it_adds_up(facts["requests"])


def test_evaluated_users_are_those_with_holdout(green: Shown, world) -> None:
    times = sorted(event["ts"] for event in world["events"])
    cut = green.record.artifact("seed_manifest.json")["split"]["cut"]
    later = {event["user_id"] for event in world["events"] if event["ts"] > cut[:19] + "Z"}
    assert times[0] < cut < times[-1]
    assert green.record.metadata["users"]["evaluated"] == len(later)
    with gzip.open(green.record.root / "artifacts/recommendation_dump.jsonl.gz", "rt") as stream:
        asked = [json.loads(line)["request"]["user_id"] for line in stream]
    assert sorted(asked) == sorted(later)


def test_evidence_stands_beside_every_scenario(green: Shown) -> None:
    for number in range(1, 11):
        evidence = green.record.artifact(f"evidence/s{number:02d}.json")
        assert (evidence["check"], evidence["outcome"]) == (f"S{number}", "passed")
        assert evidence["measures"]
        assert evidence["evidence"]


def test_scenario_table_can_be_read_by_a_spreadsheet(green: Shown) -> None:
    with (green.record.root / "artifacts/scenarios.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["check"] for row in rows} == {f"S{number}" for number in range(1, 11)}
    assert {row["outcome"] for row in rows} == {"passed"}


def test_readme_leads_with_the_verdict_and_says_that_it_was_the_stand_in(green: Shown) -> None:
    assert green.record.readme.startswith("# acme: Ready to go live: all 25 checks ran and passed")
    assert "- Note: made on the embedded stand-in, not on a real service." in green.record.readme


def test_nothing_but_the_reports_is_left_in_the_project(green: Shown) -> None:
    left = {path.name for path in green.project.folder.iterdir()}
    assert left <= {
        *("pytest.ini", "guardrails.yml", "fixtures", "reports"),
        *("junit.xml", "page.html", ".pytest_cache"),
    }


def test_in_the_checkout_node_ids_are_the_same() -> None:
    ran = Project(HERE).run("--customer", "customer-a", "--collect-only", "-q", "-p", "no:cacheprovider")
    assert ran.code == 0, ran.text
    ids = [line for line in ran.out.splitlines() if "::" in line]
    assert "scenarios/test_s07_cold_start.py::test_s07_new_users_get_something_good[customer-a]" in ids
    assert all(one.startswith("scenarios/test_") for one in ids)
    assert len(ids) >= 10 + 2 * 5 + 5


@pytest.mark.long
def test_without_an_ini_file_in_an_empty_folder(tmp_path, world_file) -> None:
    project = Project(tmp_path)
    project.write("acme.json", world_file.read_text())
    ran = project.simulate("--fixture-path", "acme.json", "-k", "S7 or contract", "-q")
    assert ran.code in (0, 1), ran.text
    assert project.bundle().outcomes.keys() == {"S7", "contract"}
    assert project.bundle().metadata["fixture"]["origin"] == "--fixture-path"


def test_every_json_file_of_the_bundle_follows_its_published_schema(green: Shown) -> None:
    root = green.record.root
    assert breaches(root) == []
    beside = {"batch_summary", "history", "study", "verdict_looks"}
    asked_for = {"trend", "people", "comparison"}  # a first run has none of them
    assert {file.schema for _, file in records(root)} == {file.schema for file in FILES} - beside - asked_for
    (line,) = (root.parent / "history.jsonl").read_text().splitlines()
    assert json.loads(line)["bundle"] == f"acme/{root.name}"
