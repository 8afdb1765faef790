"""A result as pairs of words for junit: plain strings that XML can hold, the failing measures first."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report.properties import MOST_MEASURES, as_lines, properties


def measure(name: str, *, ok: bool | None = True, got: float | str | None = 0.25) -> Measure:
    return Measure(name=name, ok=ok, got=got, expected="at least 0.1", n=40)


def told(*measures: Measure, **more: str) -> dict[str, str]:
    result = CheckResult(simulation="acme", check="gini", outcome="failed", measures=measures, **more)
    return dict(properties(result))


def test_a_result_is_told_with_its_values_and_thresholds() -> None:
    found = told(
        measure("a"), measure("b", ok=None, got=None), measure("c", got="3 of 4"), case="vip", waiver="why"
    )
    assert found == {
        "recsim.customer": "acme",
        "recsim.check": "gini",
        "recsim.case": "vip",
        "recsim.outcome": "failed",
        "recsim.severity": "block",
        "recsim.waiver": "why",
        "recsim.measure.a": "0.25 (at least 0.1, n 40)",
        "recsim.measure.b": "not measured (at least 0.1, n 40)",
        "recsim.measure.c": "3 of 4 (at least 0.1, n 40)",
    }


def test_what_failed_is_never_among_the_measures_left_out() -> None:
    many = [measure(f"m{number}") for number in range(MOST_MEASURES)]
    found = told(*many, measure("bad", ok=False))
    assert "recsim.measure.bad" in found
    assert found["recsim.measures_left_out"] == "1"
    assert sum(name.startswith("recsim.measure.") for name in found) == MOST_MEASURES


def test_whatever_a_check_is_called_the_xml_can_be_read() -> None:
    root = ET.Element("properties")
    for name, value in told(measure("a\x00b\x1b<&\"'"), measure("c", got="x\x0by\ud800")).items():
        ET.SubElement(root, "property", name=name, value=value)
    again = ET.fromstring(ET.tostring(root, encoding="utf-8"))
    assert [one.get("name") for one in again][-2:] == ["recsim.measure.a b <&\"'", "recsim.measure.c"]
    assert again[-1].get("value") == "x y  (at least 0.1, n 40)"


def lines(outcome: str = "failed", *measures: Measure, **more: object) -> list[str]:
    result = CheckResult(simulation="acme", check="gini", outcome=outcome, measures=measures, **more)
    return as_lines(result).splitlines()


def test_lines_for_people_begin_with_the_outcome_and_say_where_thresholds_come_from() -> None:
    owned = Measure(name="a", ok=True, got=0.25, expected="at least 0.1", origin="guardrails.yml:3")
    assert lines("not_measured", owned, measure("b"), case="vip", waiver="why", attempt=2) == [
        "outcome: not measured",
        "customer: acme",
        "check: gini",
        "case: vip",
        "severity: block",
        "waiver: why",
        "attempt: 2",
        "a: 0.25 (at least 0.1), threshold from guardrails.yml:3",
        "b: 0.25 (at least 0.1, n 40)",
    ]


def test_a_first_attempt_without_case_or_waiver_says_nothing_of_them() -> None:
    assert lines("passed") == ["outcome: passed", "customer: acme", "check: gini", "severity: block"]


def test_what_was_left_out_is_counted_in_lines_too() -> None:
    many = [measure(f"m{number}") for number in range(MOST_MEASURES + 2)]
    assert lines("passed", *many)[-1] == "measures_left_out: 2"
    assert not any("left_out" in line for line in lines("passed", *many[:MOST_MEASURES]))


def test_fifty_measures_are_told_at_most() -> None:
    found = told(*(measure(f"m{number}") for number in range(60)))
    assert sum(name.startswith("recsim.measure.") for name in found) == 50
    assert found["recsim.measures_left_out"] == "10"


def test_a_fact_with_an_underscore_keeps_it() -> None:
    assert "case: new_users" in lines("not_measured", case="new_users")


def test_a_fact_stays_on_its_line() -> None:
    odd = Measure(name="a\nb", ok=True, got="x\ny", expected="e\rf", origin="o\x1b")
    assert lines("passed", odd)[-1] == "a b: x y (e f), threshold from o "


def test_numbers_have_six_digits_and_text_is_as_it_is() -> None:
    found = told(measure("a", got=123456.789), measure("b", got=1e-9), measure("c", got="u1"))
    assert found["recsim.measure.a"] == "123457 (at least 0.1, n 40)"
    assert found["recsim.measure.b"] == "1e-09 (at least 0.1, n 40)"
    assert found["recsim.measure.c"] == "u1 (at least 0.1, n 40)"


def test_failing_measures_stand_first_and_the_others_as_they_came() -> None:
    found = told(measure("a"), measure("b", ok=None), measure("c", ok=False), measure("d"))
    assert [name[-1] for name in found if name.startswith("recsim.measure.")] == ["c", "a", "b", "d"]
