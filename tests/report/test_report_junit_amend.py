"""pytest's JUnit file after a run: brought into line with the record, and left alone where it is not ours."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from junit_rules import complaints

from pytest_recsim.record.batch import Row
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report.junit import write_junit
from pytest_recsim.report.junit_amend import Known, amend
from pytest_recsim.report.junit_suite import Simulated

ACME = Simulated(Row(id="acme", customer="acme", status="may_go", seconds=3.0), preparation={"seed": 1.5})
GINI = "scenarios/test_guardrails.py::test_gini[acme]"
MEASURE = Measure(
    name="gini@20", ok=True, got=0.5, expected="at most 0.9", n=20, origin="guardrails.yml:3 (acme)"
)
PYTESTS = """<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests">
<testsuite name="pytest" errors="0" failures="0" skipped="0" tests="3" time="4.0" timestamp="2026-01-01T00:00:00" hostname="h">
<properties><property name="theirs" value="of the run"/></properties>
<testcase classname="scenarios.test_guardrails" name="test_gini[acme]" time="2.250"><properties>
<property name="recsim.outcome" value="passed"/><property name="recsim.check" value="gini"/></properties>{inside}</testcase>
<testcase classname="scenarios.test_mine.TestIn" name="test_own[acme-a/b::c.py]" time="0.5"/>
<testcase classname="tests.test_other" name="test_other" time="0.1"><system-out>theirs</system-out></testcase>
</testsuite></testsuites>"""


def result(outcome: str = "passed", nodeid: str = GINI, **more: object) -> CheckResult:
    return CheckResult(
        simulation="acme", check="gini", nodeid=nodeid, outcome=outcome, measures=(MEASURE,), **more
    )


def amended(folder: Path, one: Known, *, inside: str = "", **more: object) -> ET.Element:
    path = folder / "junit.xml"
    path.write_text(PYTESTS.replace("{inside}", inside))
    own = {"scenarios/test_mine.py::TestIn::test_own[acme-a/b::c.py]": Known("acme")}
    amend(path, [ACME], {GINI: one, **own}, **more)
    return ET.parse(path).getroot()


def test_checks_move_to_the_suite_of_their_customer_and_the_others_stay(tmp_path: Path) -> None:
    root = amended(tmp_path, Known("acme", result(), waited=2.0))
    assert complaints(root) == []
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [("acme", "3"), ("pytest", "1")]
    assert [case.get("name") for case in root[0].iter("testcase")] == [
        "preparation[acme]",
        "test_gini[acme]",
        "test_own[acme-a/b::c.py]",
    ]
    assert root.get("tests") == "4"
    said = {one.get("name"): one.get("value") for one in root[0].iterfind("properties/property")}
    assert said["theirs"] == "of the run"


def test_preparation_is_taken_off_the_check_that_waited_for_it(tmp_path: Path) -> None:
    root = amended(tmp_path, Known("acme", result(), waited=2.0))
    assert [case.get("time") for case in root[0].iter("testcase")] == ["1.500", "0.250", "0.500"]
    assert amended(tmp_path, Known("acme", result(), waited=9.0))[0][2].get("time") == "0.000"


def test_facts_stand_in_the_one_output_that_a_testcase_may_have(tmp_path: Path) -> None:
    root = amended(tmp_path, Known("acme", result()), inside="<system-out>printed</system-out>")
    (output,) = root[0].iterfind("testcase[@name='test_gini[acme]']/system-out")
    lines = (output.text or "").splitlines()
    assert (lines[0], lines[-1]) == ("outcome: passed", "printed")
    assert "gini@20: 0.5 (at most 0.9, n 20), threshold from guardrails.yml:3 (acme)" in lines


def test_properties_that_are_not_ours_stay_with_their_testcase(tmp_path: Path) -> None:
    text = PYTESTS.replace("</properties>{inside}", "<property name='ticket' value='7'/></properties>")
    path = tmp_path / "junit.xml"
    path.write_text(text)
    amend(path, [ACME], {GINI: Known("acme", result())})
    case = ET.parse(path).getroot()[0].find("testcase[@name='test_gini[acme]']")
    assert case is not None
    assert [one.get("name") for one in case.iter("property")] == ["ticket"]


@pytest.mark.parametrize("outcome", ["flaky", "failed"])
def test_a_check_that_pytest_shows_as_passed_and_the_record_does_not_is_red(
    tmp_path: Path, outcome: str
) -> None:
    root = amended(tmp_path, Known("acme", result(outcome, sentence="seen late: <b>")))
    assert complaints(root) == []
    assert root[0].get("failures") == root.get("failures") == "1"
    failure = root[0].find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == f"{outcome}: seen late: <b>"


def test_an_outcome_that_the_sentence_begins_with_is_not_said_twice(tmp_path: Path) -> None:
    root = amended(tmp_path, Known("acme", result("not_measured", sentence="not measured: nobody")))
    failure = root[0].find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "not measured: nobody"


def test_a_repetition_that_passed_stays_green_beside_the_one_that_failed(tmp_path: Path) -> None:
    worst = result("failed", nodeid=GINI.replace("[acme]", "[acme-1-2]"))
    assert amended(tmp_path, Known("acme", worst))[0].get("failures") == "0"


@pytest.mark.parametrize("text", ["", "site-packages/plugin.py:9: gini@20"])
def test_what_was_let_through_says_why_and_nothing_of_our_insides(tmp_path: Path, text: str) -> None:
    inside = '<skipped type="x" message="gini@20: expected at most 0.1, got 0.5">{text}</skipped>'
    inside = inside.replace("{text}", text)
    root = amended(tmp_path, Known("acme", result("warned")), inside=inside)
    assert root[0].findtext("testcase/skipped") == "gini@20: expected at most 0.1, got 0.5"
    assert root[0].get("skipped") == "1"


def test_a_prefix_that_pytest_puts_before_classes_is_known(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(PYTESTS.replace('classname="', 'classname="nightly.').replace("{inside}", ""))
    amend(path, [ACME], {GINI: Known("acme", result())}, prefix="nightly")
    assert "outcome: passed" in ET.parse(path).getroot()[0].findtext(
        "testcase[@name='test_gini[acme]']/system-out", ""
    )


@pytest.mark.parametrize(
    ("classname", "name"),
    [("a.eu[old].test_b", "test_c[acme]"), ("", "a.eu[old]/test_b.py::test_c[acme]")],
    ids=["pytest 9", "pytest 8"],
)
@pytest.mark.parametrize("prefix", ["", "nightly"])
def test_a_check_in_a_folder_with_a_bracket_in_its_name_moves_to_its_customer(
    tmp_path: Path, classname: str, name: str, prefix: str
) -> None:
    path, nodeid = tmp_path / "junit.xml", "a/eu[old]/test_b.py::test_c[acme]"
    classname = ".".join(filter(None, (prefix, classname)))
    case = f'<testcase classname="{classname}" name="{name}"/>'
    path.write_text(f'<testsuites><testsuite name="pytest">{case}</testsuite></testsuites>')
    amend(path, [ACME], {nodeid: Known("acme", result(nodeid=nodeid))}, prefix=prefix)
    (suite,) = ET.parse(path).getroot()
    assert (suite.get("name"), suite.get("tests")) == ("acme", "2")


def test_a_check_that_never_reported_is_an_error_under_its_name(tmp_path: Path) -> None:
    nodeid = "scenarios/test_s01.py::test_s01[acme]"
    path = tmp_path / "junit.xml"
    path.write_text(PYTESTS.replace("{inside}", ""))
    missing = result("missing", nodeid=nodeid, sentence="it never reported")
    amend(path, [ACME], {GINI: Known("acme", result()), nodeid: Known("acme", missing)})
    root = ET.parse(path).getroot()
    assert complaints(root) == []
    assert root[0].get("errors") == root.get("errors") == "1"
    case = root[0].find("testcase[@name='test_s01[acme]']")
    assert case is not None
    assert (case.get("classname"), case.findtext("error")) == ("scenarios.test_s01", "it never reported")


def test_checks_of_a_run_that_was_to_end_after_seeding_are_no_errors(tmp_path: Path) -> None:
    seeded = Simulated(Row(id="acme", customer="acme", status="seeded"), preparation={"open": 0.5})
    silent = result("missing", sentence="it never reported")
    own, merged = tmp_path / "own.xml", tmp_path / "merged.xml"
    own.write_text('<testsuites><testsuite name="pytest" errors="0" failures="0" tests="0"/></testsuites>')
    amend(own, [seeded], {GINI: Known("acme", silent)})
    write_junit(merged, "batch", [(seeded, [silent])])
    for file in (own, merged):
        root = ET.parse(file).getroot()
        assert complaints(root) == []
        assert [case.get("name") for case in root.iter("testcase")] == ["preparation[acme]"]
        assert root.get("errors") == "0"


@pytest.mark.parametrize("status", ["must_not_go", "incomplete", "not_run"])
def test_a_suite_that_may_not_go_is_never_all_green(tmp_path: Path, status: str) -> None:
    spoiled = Simulated(Row(id="acme", customer="acme", status=status, sentence="the namespace changed"))
    path = tmp_path / "junit.xml"
    for outcome, names in (("passed", ["verdict[acme]"]), ("failed", ["test_gini[acme]"])):
        path.write_text(PYTESTS.replace("{inside}", ""))
        amend(path, [spoiled], {GINI: Known("acme", result(outcome, sentence="why"))})
        root = ET.parse(path).getroot()
        assert complaints(root) == []
        assert [case.get("name") for case in root[0] if case.find("failure") is not None] == names
    assert root.get("failures") == "1"


def test_a_file_is_amended_once(tmp_path: Path) -> None:
    amended(tmp_path, Known("acme", result()))
    before = (tmp_path / "junit.xml").read_bytes()
    amend(tmp_path / "junit.xml", [ACME], {GINI: Known("acme", result())})
    assert (tmp_path / "junit.xml").read_bytes() == before


@pytest.mark.parametrize("text", ["", "<testsuites>", "<html/>", "<testsuite/>"])
def test_what_is_no_file_of_pytests_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(text)
    amend(path, [ACME], {})
    assert path.read_text() == text


def case_of(root: ET.Element, name: str = "test_gini[acme]") -> ET.Element:
    (found,) = root.iterfind(f"testsuite[@name='acme']/testcase[@name='{name}']")
    return found


def test_each_customer_has_the_time_and_the_host_of_the_run(tmp_path: Path) -> None:
    root = amended(tmp_path, Known("acme", result()))
    for suite in root:
        assert (suite.get("timestamp"), suite.get("hostname")) == ("2026-01-01T00:00:00", "h")


def test_what_pytest_does_not_say_of_the_run_is_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text('<testsuites><testsuite name="pytest"><testcase name="a"/></testsuite></testsuites>')
    amend(path, [ACME], {})
    suite, theirs = ET.parse(path).getroot()
    assert set(suite.attrib) == {"name", "time", "tests", "failures", "errors", "skipped"}
    assert theirs.find("properties") is None


def test_lines_are_counted_from_one(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    text = PYTESTS.replace("{inside}", "").replace(
        'name="test_gini[acme]"', 'name="test_gini[acme]" line="0"'
    )
    path.write_text(text.replace('name="test_other"', 'name="test_other" line="7"'))
    amend(path, [ACME], {GINI: Known("acme", result())})
    root = ET.parse(path).getroot()
    assert case_of(root).get("line") == "1"
    assert root[1][-1].get("line") == "7"


@pytest.mark.parametrize("end", ["failure", "error"])
def test_a_check_that_pytest_shows_as_red_is_not_told_twice(tmp_path: Path, end: str) -> None:
    inside = f'<{end} message="theirs">trace</{end}>'
    case = case_of(amended(tmp_path, Known("acme", result("failed", sentence="ours")), inside=inside))
    assert [(one.tag, one.get("message")) for one in case if one.tag != "system-out"] == [(end, "theirs")]


def test_what_was_let_through_without_a_word_of_pytest_stays_green(tmp_path: Path) -> None:
    case = case_of(amended(tmp_path, Known("acme", result("warned", sentence="low"))))
    assert [one.tag for one in case] == ["system-out"]


def test_a_test_of_which_nothing_is_known_moves_as_it_is(tmp_path: Path) -> None:
    case = case_of(amended(tmp_path, Known("acme")))
    assert (case.get("time"), len(case)) == ("2.250", 0)


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_only_what_never_reported_is_added_to_what_pytest_has_written(tmp_path: Path, outcome: str) -> None:
    path, nodeid = tmp_path / "junit.xml", "scenarios/test_s01.py::test_s01[acme]"
    path.write_text(PYTESTS.replace("{inside}", ""))
    reported, unknown = Known("acme", result(outcome, nodeid=nodeid)), Known("acme")
    amend(path, [ACME], {GINI: Known("acme", result()), nodeid: reported, "t.py::test_x": unknown})
    root = ET.parse(path).getroot()
    assert [case.get("name") for case in root[0].iter("testcase")] == ["preparation[acme]", "test_gini[acme]"]


def test_a_check_that_pytest_tells_of_is_not_added_again(tmp_path: Path) -> None:
    root = amended(tmp_path, Known("acme", result("missing", sentence="it never reported")))
    assert case_of(root).findtext("error") == "it never reported"


def test_facts_are_properties_only_where_that_is_asked_for(tmp_path: Path) -> None:
    known = Known("acme", result())
    assert case_of(amended(tmp_path, known)).find("properties") is None
    listed = case_of(amended(tmp_path, known, as_properties=True)).iterfind("properties/property")
    assert "recsim.measure.gini@20" in [one.get("name") for one in listed]


def test_a_run_without_a_simulation_keeps_the_suite_that_pytest_wrote(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text('<testsuites><testsuite name="pytest" tests="0"/></testsuites>')
    amend(path, [], {})
    assert [suite.get("name") for suite in ET.parse(path).getroot()] == ["pytest"]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    amend(tmp_path / "junit.xml", [ACME], {})
    assert list(tmp_path.iterdir()) == []


def test_the_rules_refuse_what_the_schema_of_jenkins_refuses() -> None:
    case = "<testsuites{more}><testsuite name='a' tests='1' failures='0' errors='0'{time}>{case}</testsuite></testsuites>"
    good = case.format(more="", time=" time='1.250'", case="<testcase name='b'/>")
    assert complaints(ET.fromstring(good)) == []
    for more, time, inside in (
        (" skipped='0'", "", "<testcase name='b'/>"),
        ("", " time='1.2500'", "<testcase name='b'/>"),
        ("", "", "<testcase name='b' file='c.py'/>"),
        ("", "", "<testcase name='b'><properties/></testcase>"),
        ("", "", "<testcase classname='b'/>"),
        ("", "", "<testcase name='b'><failure><b/></failure></testcase>"),
        ("", "", "<testcase name='b'><rerunFailure/></testcase>"),
    ):
        assert complaints(ET.fromstring(case.format(more=more, time=time, case=inside)))
