"""Slices of a batch become one summary and one junit file; what no slice ran is told."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from junit_rules import complaints

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.batch import BatchRecord, Row, read_batch, worst_first, write_batch
from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.model import BLOCKING, WORST_FIRST, CheckResult, Measure
from pytest_recsim.simulation.bundle.merging import merge

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)


def result(name, check="S1", outcome="passed", **more):
    nodeid = more.pop("nodeid", f"scenarios/test_s.py::test_{check.lower()}[{name}]")
    return CheckResult(simulation=name, check=check, outcome=outcome, seconds=0.5, nodeid=nodeid, **more)


def merged(folders, tmp_path, **more):
    """The junit file of a merge."""
    merge(folders, tmp_path / "all", tmp_path / "j.xml", **more)
    return ET.parse(tmp_path / "j.xml").getroot()


def row(name, status="may_go", **more):
    return Row(id=name, customer=name, status=status, **more)


def slice_of(folder, shard, *rows, name="pilot", sha="abc", status="finished"):
    record = BatchRecord(
        name=name,
        status=status,
        manifest="b.yaml",
        manifest_sha256=sha,
        run_id=f"r{shard[0]}",
        started_at=NOW.isoformat(),
        shard=shard,
        seconds=float(shard[0]),
        rows=rows,
    )
    (folder / "batches").mkdir(parents=True, exist_ok=True)
    write_batch(folder / "batches" / f"{name}_20261122T221500Z.json", record)
    return folder


def ran(folder, name, *results, **more):
    bundle = open_bundle(folder, name, NOW)
    for one in results:
        bundle.append(one)
    checks = {one.label: one.outcome for one in results}
    return row(name, bundle=str(bundle.root.relative_to(folder)), checks=checks, seconds=1.5, **more)


@pytest.fixture
def halves(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    bad = result(
        "beta",
        "S2",
        "failed",
        nodeid="scenarios/test_s.py::TestMany::test_s2[beta-a::b]",
        sentence="slots: expected 0, got 3\x01 <b>",
        measures=(Measure(name="slots", ok=False, got=3.0, expected="at most 0", n=20),),
    )
    slice_of(one, "1/2", ran(one, "acme", result("acme")), row("beta", "elsewhere"), row("gone", "left_out"))
    against = {"status": "must_not_go", "failing": ("S2",)}
    slice_of(
        two,
        "2/2",
        row("acme", "elsewhere"),
        ran(two, "beta", result("beta"), bad, **against),
        row("gone", "left_out"),
    )
    return one, two


def test_every_simulation_comes_from_the_slice_that_ran_it_worst_first(halves, tmp_path):
    record, path = merge(halves, tmp_path / "all", tmp_path / "all" / "junit.xml")
    assert [(one.id, one.status) for one in record.rows] == [
        ("beta", "must_not_go"),
        ("gone", "left_out"),
        ("acme", "may_go"),
    ]
    assert not record.may_go
    assert (record.seconds, record.shard) == (2.0, "")
    assert read_batch(path) == record
    page = path.with_suffix(".md").read_text()
    assert "1 of 2 customers are ready to go live" in page
    assert "1 failed: S2" in page
    assert (path.parent / ".." / record.rows[0].bundle).resolve().is_dir()


def test_the_junit_file_holds_one_testcase_per_check_with_values_and_thresholds(halves, tmp_path):
    root = merged(halves, tmp_path)
    assert complaints(root) == []
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "0")
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["beta", "acme"]
    cases = {(case.get("classname"), case.get("name")): case for case in suites["beta"].iter("testcase")}
    assert set(cases) == {
        ("scenarios.test_s", "test_s1[beta]"),
        ("scenarios.test_s.TestMany", "test_s2[beta-a::b]"),
    }
    bad = cases["scenarios.test_s.TestMany", "test_s2[beta-a::b]"]
    assert bad.find("failure").text == "slots: expected 0, got 3 <b>"
    assert bad.find("system-out").text.splitlines() == [
        "outcome: failed",
        "customer: beta",
        "check: S2",
        "severity: block",
        "slots: 3 (at most 0, n 20)",
    ]


def test_the_facts_are_properties_of_the_testcase_where_that_is_asked_for(halves, tmp_path):
    root = merged(halves, tmp_path, properties=True)
    bad = next(case for case in root.iter("testcase") if case.find("failure") is not None)
    facts = {one.get("name"): one.get("value") for one in bad.iter("property")}
    assert facts == {
        "recsim.customer": "beta",
        "recsim.check": "S2",
        "recsim.outcome": "failed",
        "recsim.severity": "block",
        "recsim.measure.slots": "3 (at most 0, n 20)",
    }
    assert "slots: 3 (at most 0, n 20)" in bad.find("system-out").text


def test_a_suite_says_what_its_customer_amounts_to_and_where_the_report_is(halves, tmp_path):
    root = merged(halves, tmp_path)
    said = {one.get("name"): one.get("value") for one in root[0].find("properties")}
    assert (said["recsim.customer"], said["recsim.verdict"]) == ("beta", "must_not_go")
    assert (tmp_path / said["recsim.report"]).is_dir()


def test_preparation_is_a_testcase_of_its_own(tmp_path):
    folder = slice_of(
        tmp_path / "one", "1/1", ran(tmp_path / "one", "acme", result("acme"), result("acme", "S2"))
    )
    (bundle,) = (tmp_path / "one" / "acme").iterdir()
    timings = {"preparation": {"seed": 1.5, "observe": 0.25}}
    write_json(bundle / "simulation_metadata.json", {"timings": timings, "preparation_failure": ""})
    root = merged([folder], tmp_path)
    assert complaints(root) == []
    assert (root.get("tests"), root[0].get("tests")) == ("3", "3")
    case = root[0].find("testcase")
    assert (case.get("classname"), case.get("name"), case.get("time")) == (
        "recsim",
        "preparation[acme]",
        "1.750",
    )
    assert case.find("system-out").text.splitlines() == ["observe: 0.25 s", "seed: 1.5 s"]


def test_a_preparation_that_failed_is_an_error_with_its_reason(tmp_path):
    broken = result("acme", outcome="error", sentence="could not be prepared")
    folder = slice_of(tmp_path / "one", "1/1", ran(tmp_path / "one", "acme", broken, status="must_not_go"))
    (bundle,) = (tmp_path / "one" / "acme").iterdir()
    document = {"timings": {"preparation": {}}, "preparation_failure": "the service is gone"}
    write_json(bundle / "simulation_metadata.json", document)
    root = merged([folder], tmp_path)
    assert complaints(root) == []
    assert root.get("errors") == "2"
    assert root[0].find("testcase").find("error").get("message") == "the service is gone"


@pytest.mark.parametrize("outcome", WORST_FIRST)
def test_every_outcome_shows_in_junit_and_on_the_page_of_a_batch(tmp_path, outcome):
    one = result("acme", outcome=outcome, sentence="why", nodeid="scenarios/test_s.py::test_s1[acme]")
    status = "must_not_go" if outcome in BLOCKING else "may_go"
    folder = slice_of(tmp_path / "one", "1/1", ran(tmp_path / "one", "acme", one, status=status))
    root = merged([folder], tmp_path)
    assert complaints(root) == []
    (case,) = root.iter("testcase")
    ends = [child.tag for child in case if child.tag != "system-out"]
    assert (ends in (["failure"], ["error"])) == (outcome in BLOCKING)
    assert (ends == []) == (outcome == "passed")
    assert f"outcome: {outcome.replace('_', ' ')}" in case.find("system-out").text
    (page,) = (tmp_path / "all" / "batches").glob("*.md")
    assert "| acme |" in page.read_text().replace("[acme](../../one/acme/20261122T221500Z/README.md)", "acme")


def test_what_no_slice_ran_stands_against_the_batch(halves, tmp_path):
    record, _ = merge(halves[:1], tmp_path / "all", tmp_path / "j.xml")
    assert {one.id: one.status for one in record.rows}["beta"] == "not_run"
    assert not record.may_go
    root = ET.parse(tmp_path / "j.xml").getroot()
    assert complaints(root) == []
    (error,) = root.iter("error")
    assert "beta did not run" in error.get("message")


def test_a_slice_that_was_killed_leaves_an_incomplete_batch(tmp_path):
    folder = slice_of(
        tmp_path / "one", "1/1", ran(tmp_path / "one", "acme", result("acme")), status="started"
    )
    record, path = merge([folder], tmp_path / "all", tmp_path / "j.xml")
    assert not record.may_go
    assert "incomplete" in path.with_suffix(".md").read_text()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"name": "other"}, "holds batch `other`"),
        ({"sha": "xyz"}, "another state of the manifest"),
    ],
)
def test_slices_of_different_batches_are_refused(tmp_path, other, words):
    one = slice_of(tmp_path / "one", "1/2", row("acme"))
    two = slice_of(tmp_path / "two", "2/2", row("beta"), **other)
    with pytest.raises(InputError, match=words):
        merge([one, two], tmp_path / "all", tmp_path / "j.xml")
    assert not (tmp_path / "all").exists()


def test_slices_that_were_cut_differently_are_refused(tmp_path):
    one, two = slice_of(tmp_path / "one", "1/2", row("a")), slice_of(tmp_path / "two", "2/3", row("b"))
    with pytest.raises(InputError, match="slices of 2 and of 3"):
        merge([one, two], tmp_path / "all", tmp_path / "j.xml")


def test_a_folder_without_a_summary_is_refused(tmp_path):
    with pytest.raises(InputError, match="no batch summary"):
        merge([tmp_path], tmp_path / "all", tmp_path / "j.xml")


def test_a_damaged_summary_is_refused(tmp_path):
    folder = slice_of(tmp_path / "one", "1/1", row("a"))
    next((folder / "batches").iterdir()).write_text("{")
    with pytest.raises(InputError, match="is not a batch summary"):
        merge([folder], tmp_path / "all", tmp_path / "j.xml")


def test_rows_are_ordered_by_what_must_be_read_first():
    rows = [
        row("fine"),
        row("one", "must_not_go", failing=("S1",)),
        row("two", "must_not_go", failing=("S1", "S2")),
        row("cut", "incomplete"),
    ]
    assert [one.id for one in worst_first(rows)] == ["cut", "two", "one", "fine"]
