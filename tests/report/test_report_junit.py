"""JUnit XML made from records alone: every check under its name, red where the record has something against it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junit_rules import complaints
from report_rows import result

from pytest_recsim.record import masking
from pytest_recsim.record.batch import Row
from pytest_recsim.record.model import BLOCKING, Measure, Outcome
from pytest_recsim.report.junit import MESSAGE, end, new_case, write_junit
from pytest_recsim.report.junit_suite import Simulated


def simulated(name="acme", status="may_go", **more):
    return Simulated(Row(id=name, customer=name, status=status, **more))


@pytest.fixture
def written(tmp_path):
    """Return a function: rows and options -> the file's root element."""

    def write(*rows, name="pilot", **more):
        write_junit(tmp_path / "junit.xml", name, rows, **more)
        return ET.parse(tmp_path / "junit.xml").getroot()

    return write


def ending(one):
    """The element that says how a check ended, None where nothing is said."""
    case = ET.Element("testcase")
    end(case, one)
    return case[0] if len(case) else None


def test_every_simulation_is_a_suite_in_the_order_given_and_counted_together(written):
    one = (simulated("b"), [result("S1"), result("S2", "failed")])
    root = written(one, (simulated("a"), [result("S1", "error"), result("S2", "waived")]))
    assert complaints(root) == []
    assert (root.tag, root.get("name")) == ("testsuites", "pilot")
    assert [suite.get("name") for suite in root] == ["b", "a"]
    assert [root.get(name) for name in ("tests", "failures", "errors")] == ["4", "1", "1"]
    assert [suite.get("skipped") for suite in root] == ["0", "1"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"status": "not_run"}, "acme did not run: not_run"),
        ({"status": "not_run", "sentence": "no slice ran it"}, "acme did not run: no slice ran it"),
    ],
)
def test_a_simulation_of_which_nothing_is_known_is_one_testcase_in_error(written, row, said):
    root = written((simulated(**row), []))
    assert complaints(root) == []
    (case,) = root.iter("testcase")
    assert (case.get("classname"), case.get("name")) == ("recsim", "run[acme]")
    assert case.find("error").get("message") == said


def test_checks_of_a_run_that_was_to_end_after_seeding_are_no_testcases(written):
    root = written((simulated(status="seeded"), [result("S1", "missing")]))
    assert (root.get("tests"), root.get("errors")) == ("0", "0")


def test_a_batch_that_proves_nothing_is_red_whatever_its_simulations_say(written):
    root = written((simulated(), [result("S1")]), incomplete="it was killed\0")
    assert complaints(root) == []
    assert (root.get("tests"), root.get("errors")) == ("2", "1")
    assert [(suite.get("name"), suite.get("time")) for suite in root] == [
        ("acme", "0.000"),
        ("pilot", "0.000"),
    ]
    (case,) = root[1]
    assert (case.get("classname"), case.get("name")) == ("recsim", "batch[pilot]")
    assert (case.find("error").get("message"), case.findtext("error")) == ("it was killed",) * 2
    assert len(written((simulated(), [result("S1")]))) == 1


def test_no_name_of_a_simulation_or_a_batch_breaks_the_file(written):
    said = 'a<b>\0&"'
    root = written((simulated(said), []), name=said, incomplete="x")
    assert (root.get("name"), root[0].get("name"), root[1].get("name")) == ('a<b>&"',) * 3
    assert [case.get("name") for case in root.iter("testcase")] == ['run[a<b>&"]', 'batch[a<b>&"]']


def test_a_check_stands_under_the_name_of_its_test_else_under_that_of_the_check():
    named = new_case(
        result("S1", nodeid="scenarios/test_s.py::test_s1[acme]", seconds=0.12345), as_properties=False
    )
    assert named.attrib == {"classname": "scenarios.test_s", "name": "test_s1[acme]", "time": "0.123"}
    unnamed = new_case(result("lift", case="vip"), as_properties=False)
    assert unnamed.attrib == {"classname": "recsim", "name": "lift [vip][acme]", "time": "0.000"}


@pytest.mark.parametrize("as_properties", [True, False])
def test_facts_are_in_the_output_and_properties_of_the_testcase_only_where_asked_for(written, as_properties):
    measure = Measure(name="slots", ok=True, got=0.0, expected="at most 0")
    rows = (simulated(), [result("S1", measures=(measure,))])
    root = written(rows, as_properties=True) if as_properties else written(rows)
    (case,) = root.iter("testcase")
    assert "slots: 0 (at most 0)" in case.findtext("system-out").splitlines()
    found = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert found.get("recsim.measure.slots") == ("0 (at most 0)" if as_properties else None)


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_only_what_blocks_is_red_and_only_what_passed_says_nothing(outcome):
    found = ending(result("S1", outcome, sentence="why"))
    assert (found is None) == (outcome == "passed")
    if found is not None:
        assert (found.tag in ("failure", "error")) == (outcome in BLOCKING)
        assert found.get("message") == f"{outcome.replace('_', ' ')}: why"
        assert found.text == "why"


def test_what_stopped_a_check_is_an_error_and_what_it_found_a_failure():
    tags = {outcome: ending(result("S1", outcome)).tag for outcome in BLOCKING | {"waived"}}
    assert tags == {
        "failed": "failure",
        "flaky": "failure",
        "not_measured": "failure",
        "error": "error",
        "missing": "error",
        "waived": "skipped",
    }


@pytest.mark.parametrize(
    ("outcome", "more", "message"),
    [
        ("waived", {"waiver": "no margins (g:3)", "sentence": "got 0"}, "waived: no margins (g:3): got 0"),
        ("not_measured", {"sentence": "not measured: nobody"}, "not measured: nobody"),
        ("flaky", {"sentence": "flaky: attempt 2 passed"}, "flaky: attempt 2 passed"),
        ("skipped", {}, "skipped"),
    ],
)
def test_a_message_says_outcome_waiver_and_sentence_each_once(outcome, more, message):
    assert ending(result("S1", outcome, **more)).get("message") == message


def test_what_was_let_through_or_left_out_is_skipped():
    assert {ending(result("S1", outcome)).tag for outcome in ("warned", "waived", "skipped")} == {"skipped"}


def test_a_sentence_that_xml_cannot_hold_is_told_without_that():
    found = ending(result("S1", "failed", sentence="a\0b"))
    assert (found.get("message"), found.text) == ("failed: ab", "ab")


HEAD = len("failed: ")


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("x" * (MESSAGE - HEAD), "failed: " + "x" * (MESSAGE - HEAD)),
        ("x" * (MESSAGE - HEAD + 1), "failed: " + "x" * (MESSAGE - HEAD) + "..."),
        ("short\n" + "x" * MESSAGE, "failed: short"),
        ("a\nb\n" + "x" * MESSAGE, "failed: a\nb"),
        ("x" * MESSAGE + "\nb", "failed: " + "x" * (MESSAGE - HEAD) + "..."),
        ("a" * 491 + "\n" + "b" * 9, "failed: " + "a" * 491),
        ("a" * 492 + "\n" + "b" * 9, "failed: " + "a" * 492 + "..."),
    ],
)
def test_a_long_message_ends_with_a_whole_line_and_the_whole_is_the_text(sentence, message):
    found = ending(result("S1", "failed", sentence=sentence))
    assert found.get("message") == message
    assert found.text == sentence


@settings(max_examples=40)
@given(st.text(max_size=2 * MESSAGE))
def test_no_message_is_longer_than_readers_show(sentence):
    assert len(ending(result("S1", "failed", sentence=sentence)).get("message")) <= MESSAGE + 3


def test_no_secret_gets_into_the_file_as_text_or_as_attribute(written, tmp_path):
    masking.learn(["hunter2hunter2"])
    secret = "said hunter2hunter2"
    rows = (simulated(sentence=secret), [result("S1", "failed", sentence=secret, case=secret)])
    root = written(rows, as_properties=True)
    assert "hunter2" not in (tmp_path / "junit.xml").read_text()
    assert root[0].find("testcase/failure").text == f"said {masking.MASK}"


def test_a_file_is_indented_xml_that_says_how_it_is_encoded(written, tmp_path):
    written((simulated("café"), [result("S1")]))
    data = (tmp_path / "junit.xml").read_bytes()
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites ")
    assert b'\n  <testsuite name="caf\xc3\xa9"' in data
    assert data.endswith(b"</testsuites>\n")
