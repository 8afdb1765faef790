"""One simulation as a suite: what it amounts to, its preparation, and whatever text it holds as XML that can be read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junit_rules import complaints
from report_rows import result

from pytest_recsim.record.batch import SETTLED, Row, RowStatus
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.report.junit_suite import (
    Simulated,
    add_facts,
    add_properties,
    address,
    clean,
    close_suite,
    count_all,
    new_suite,
    simulated,
)

ANY = st.text(max_size=30) | st.text("\0\x07\x1b\x7f\ud800\ufffe\t\n\r<&\"']]>a", max_size=30)


def row(status="may_go", **more):
    return Row(id="acme-eu", customer="acme", status=status, **more)


def said(element):
    return {one.get("name"): one.get("value") for one in element.iterfind("properties/property")}


def read_again(element):
    return ET.fromstring(ET.tostring(element, encoding="utf-8"))


@pytest.fixture
def bundle(tmp_path):
    return Bundle(tmp_path / "reports" / "acme" / "1")


def test_preparation_and_its_failure_come_from_the_record_and_the_report_is_seen_from_the_file(
    bundle, tmp_path
):
    document = {"timings": {"preparation": {"seed": 1.5, "open": 1}}, "preparation_failure": "gone"}
    write_json(bundle.metadata, document)
    found = simulated(row(), bundle, tmp_path / "out" / "junit.xml")
    assert found == Simulated(row(), {"open": 1, "seed": 1.5}, "gone", "../reports/acme/1")


@pytest.mark.parametrize(
    "document",
    [
        None,
        "{",
        "[1]",
        "{}",
        '{"timings": 3}',
        '{"timings": {"preparation": [1]}, "preparation_failure": null}',
    ],
)
def test_an_old_or_damaged_record_tells_less_and_still_where_the_report_is(bundle, tmp_path, document):
    bundle.root.mkdir(parents=True)
    if document is not None:
        bundle.metadata.write_text(document)
    assert simulated(row(), bundle, tmp_path / "junit.xml") == Simulated(row(), report="reports/acme/1")
    assert simulated(row(), None, tmp_path / "junit.xml") == Simulated(row())


def test_a_step_without_a_number_of_seconds_is_left_out(bundle, tmp_path):
    write_json(bundle.metadata, {"timings": {"preparation": {"seed": "long", "open": 0.5, "x": None}}})
    assert simulated(row(), bundle, tmp_path / "j.xml").preparation == {"open": 0.5}


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("scenarios/test_guardrails.py::test_gini[acme]", ("scenarios.test_guardrails", "test_gini[acme]")),
        ("test_a.py::TestA::TestB::test_c[x::y.py-[z]]", ("test_a.TestA.TestB", "test_c[x::y.py-[z]]")),
        ("a/b.c/test_d.py::test_e", ("a.b.c.test_d", "test_e")),
        ("test_a.py::test_b[\x07\ufffe\t]", ("test_a", "test_b[#x07#xFFFE\t]")),
    ],
)
def test_classes_and_names_are_pytests(nodeid, expected):
    assert address(nodeid) == expected
    assert of_pytest(nodeid) == expected


@settings(max_examples=40)
@given(
    st.text("ab/.py]", min_size=1, max_size=12),
    st.lists(st.sampled_from(["TestA", "test_b"]), min_size=1, max_size=3),
    st.text("[]:.py/a\0", max_size=8),
)
def test_whatever_folders_and_cases_are_called_a_test_is_found_where_pytest_puts_it(path, names, case):
    nodeid = "::".join([path, *names]) + (f"[{case}]" if case else "")
    assert address(nodeid) == of_pytest(nodeid)


def of_pytest(nodeid):
    from _pytest.junitxml import bin_xml_escape, mangle_test_address

    *classes, name = mangle_test_address(nodeid)
    return ".".join(classes), bin_xml_escape(name)


def test_a_suite_says_what_the_simulation_amounts_to_and_nothing_that_is_not_known():
    facts = {"sentence": "Ready.", "profile": "prod", "service": "stand-in"}
    suite = new_suite(Simulated(row(seconds=3.25, **facts), report="../r"))
    assert (suite.tag, suite.get("name"), suite.get("time")) == ("testsuite", "acme-eu", "3.250")
    assert said(suite) == {
        "recsim.customer": "acme",
        "recsim.verdict": "may_go",
        "recsim.sentence": "Ready.",
        "recsim.profile": "prod",
        "recsim.service": "stand-in",
        "recsim.report": "../r",
    }
    assert list(said(new_suite(Simulated(row())))) == ["recsim.customer", "recsim.verdict"]


def test_preparation_is_a_testcase_with_its_steps_and_in_error_where_it_failed():
    (case,) = new_suite(Simulated(row(), {"seed": 1.5, "observe": 0.25})).findall("testcase")
    assert case.attrib == {"classname": "recsim", "name": "preparation[acme-eu]", "time": "1.750"}
    assert case.findtext("system-out") == "seed: 1.5 s\nobserve: 0.25 s"
    assert case.find("error") is None
    (case,) = new_suite(Simulated(row(), failure="gone\x00")).findall("testcase")
    assert (case.get("time"), case.find("system-out")) == ("0.000", None)
    error = case.find("error")
    assert (error.get("message"), error.text) == ("gone", "gone")


@pytest.mark.parametrize("steps", [{}, {"open": 0.0}])
def test_a_preparation_that_took_no_time_is_no_testcase(steps):
    assert new_suite(Simulated(row(), steps)).find("testcase") is None


def test_facts_stand_in_one_output_before_what_is_there_and_as_properties_only_where_asked_for():
    case = ET.Element("testcase")
    ET.SubElement(case, "system-out").text = "printed"
    add_facts(case, result("S1"), as_properties=False)
    (output,) = case.findall("system-out")
    assert output.text.splitlines() == [
        "outcome: passed",
        "customer: acme",
        "check: S1",
        "severity: block",
        "printed",
    ]
    assert said(case) == {}
    silent = ET.Element("testcase")
    add_facts(silent, result("S1"), as_properties=False)
    assert [one.tag for one in silent] == ["system-out"]
    add_facts(case, result("S1"), as_properties=True)
    assert said(case)["recsim.outcome"] == "passed"
    assert case[0].tag == "properties"


@pytest.mark.parametrize("status", get_args(RowStatus))
@pytest.mark.parametrize("end", ["failure", "error", "skipped", None])
def test_a_suite_that_may_not_go_is_red_and_says_why_once(status, end):
    suite = new_suite(Simulated(row(status)))
    case = ET.SubElement(suite, "testcase", name="a")
    if end:
        ET.SubElement(case, end)
    close_suite(suite, row(status, sentence="the namespace changed"))
    told = [one for one in suite.iter("testcase") if one.get("name") == "verdict[acme-eu]"]
    assert bool(told) == (status not in SETTLED and end not in ("failure", "error"))
    for one in told:
        assert one.get("classname") == "recsim"
        assert one.find("failure").get("message") == one.findtext("failure") == "the namespace changed"
    red = int(suite.get("failures")) + int(suite.get("errors"))
    assert red == (status not in SETTLED or end in ("failure", "error"))


def test_counts_of_suites_are_those_of_their_testcases_and_the_whole_their_sum():
    root = ET.Element("testsuites")
    for number, ends in enumerate((["failure", "failure", "skipped", ""], ["error", "failure"])):
        suite = ET.SubElement(root, "testsuite", name=str(number))
        for end in ends:
            case = ET.SubElement(suite, "testcase", name="a")
            if end:
                ET.SubElement(case, end)
        close_suite(suite, row())
    count_all(root)
    counts = [[suite.get(name) for name in ("tests", "failures", "errors", "skipped")] for suite in root]
    assert counts == [["4", "2", "0", "1"], ["2", "1", "1", "0"]]
    assert root.attrib == {"tests": "6", "failures": "3", "errors": "1"}
    assert complaints(root) == []


@settings(max_examples=40)
@given(ANY)
def test_whatever_a_service_or_a_customer_says_the_xml_can_be_read(text):
    facts = {"sentence": text, "profile": text, "service": text}
    failing = Row(id=text, customer=text, status="must_not_go", **facts)
    for one in (Simulated(failing, {text: 1.0}, failure=text, report=text), Simulated(failing, {text: 1.0})):
        suite = new_suite(one)
        suite.append(ET.Element("testcase", name="a"))
        add_facts(suite[-1], result(text, case=text, waiver=text), as_properties=True)
        close_suite(suite, failing)
        again = read_again(suite)
        assert again.get("name") == clean(text)
        assert said(again).get("recsim.sentence", "") == clean(text)
        assert again.find("testcase[last()]/failure") is not None or one.failure


@pytest.mark.parametrize("letter", "\0\x07\x1b\ud800\ufffe\uffff")
def test_what_xml_cannot_hold_is_left_out(letter):
    assert clean(f"a{letter}b") == "ab"


def test_several_calls_make_one_list_of_properties_at_the_beginning():
    case = ET.Element("testcase")
    ET.SubElement(case, "system-out")
    add_properties(case, {"a": "1"})
    add_properties(case, {"b\0": "2\0"})
    assert [one.tag for one in case] == ["properties", "system-out"]
    assert said(case) == {"a": "1", "b": "2"}


@settings(max_examples=40)
@given(st.text("ab é文😀\t\n", max_size=30))
def test_what_xml_can_hold_is_kept_as_it_is(text):
    assert clean(text) == text
