"""A result as junit properties: plain strings that XML can hold, the failing measures first."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report.properties import MOST_MEASURES, properties


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
