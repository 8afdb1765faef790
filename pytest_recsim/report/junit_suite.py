"""One simulation as a suite of a JUnit file: what pytest's own file and that of `recsim merge` have in common."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_recsim.record.batch import SETTLED, Row
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.model import CheckResult
from pytest_recsim.report.properties import as_lines, properties

CLASS = "recsim"
"""The class of testcases that are no check: preparation, and a run that never was."""
TAGS = {"failures": "failure", "errors": "error", "skipped": "skipped"}
VERDICT = "recsim.verdict"
SEEDED = "seeded"
"""The status of a run that was to end after seeding: that its checks never reported is no error."""
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ODD = re.compile(f"{_FORBIDDEN.pattern}|\x7f")


@dataclass(frozen=True)
class Simulated:
    """One simulation as a JUnit file tells it.

    Attributes:
        preparation: seconds by step.
        failure: why preparation failed.
        report: path of its report folder, seen from the JUnit file.
    """

    row: Row
    preparation: Mapping[str, float] = field(default_factory=dict)
    failure: str = ""
    report: str = ""


def simulated(row: Row, bundle: Bundle | None, junit: Path) -> Simulated:
    """Read what is told beside the checks from the record; an old or damaged one tells less."""
    if bundle is None:
        return Simulated(row)
    document = _metadata(bundle)
    timings = document.get("timings")
    steps = timings.get("preparation") if isinstance(timings, dict) else None
    return Simulated(
        row,
        preparation=_numbers(steps) if isinstance(steps, dict) else {},
        failure=str(document.get("preparation_failure") or ""),
        report=os.path.relpath(bundle.root, junit.parent),
    )


def _numbers(steps: dict[str, Any]) -> dict[str, float]:
    return {step: spent for step, spent in steps.items() if isinstance(spent, int | float)}


def _metadata(bundle: Bundle) -> dict[str, Any]:
    try:
        return bundle.read_metadata()
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return {}


def address(nodeid: str) -> tuple[str, str]:
    """Return the class and the name under which pytest puts a test into its JUnit file."""
    path, _, rest = nodeid.partition("::")
    plain, bracket, case = rest.partition("[")
    *classes, name = plain.split("::")
    module = path.removesuffix(".py").replace("/", ".")
    return ".".join([module, *classes]), escaped(f"{name}{bracket}{case}")


def escaped(name: str) -> str:
    """Write characters that XML cannot hold as pytest does, ``#x07`` or ``#xFFFE``; pytest 8 leaves 0x7F as it is."""
    return _ODD.sub(lambda odd: f"#x{ord(odd.group()):02X}", name)


def new_suite(one: Simulated) -> ET.Element:
    """Begin a suite: what the simulation amounts to, and its preparation as a testcase of its own."""
    row = one.row
    suite = ET.Element("testsuite", name=clean(row.id), time=f"{row.seconds:.3f}")
    said = {
        "recsim.customer": row.customer,
        VERDICT: row.status,
        "recsim.sentence": row.sentence,
        "recsim.profile": row.profile,
        "recsim.service": row.service,
        "recsim.report": one.report,
    }
    add_properties(suite, {name: value for name, value in said.items() if value})
    if any(one.preparation.values()) or one.failure:
        suite.append(_preparation(one))
    return suite


def _preparation(one: Simulated) -> ET.Element:
    seconds = f"{sum(one.preparation.values()):.3f}"
    case = ET.Element("testcase", classname=CLASS, name=f"preparation[{clean(one.row.id)}]", time=seconds)
    if one.failure:
        ET.SubElement(case, "error", message=clean(one.failure)).text = clean(one.failure)
    if one.preparation:
        steps = (f"{step}: {spent:g} s" for step, spent in one.preparation.items())
        ET.SubElement(case, "system-out").text = clean("\n".join(steps))
    return case


def add_properties(parent: ET.Element, said: Mapping[str, str]) -> None:
    """Put names and values below an element; several calls make one list."""
    listed = parent.find("properties")
    if listed is None:
        listed = ET.Element("properties")
        parent.insert(0, listed)
    for name, value in said.items():
        ET.SubElement(listed, "property", name=clean(name), value=clean(value))


def add_facts(case: ET.Element, result: CheckResult, *, as_properties: bool) -> None:
    """Tell outcome, values and thresholds in the output of a testcase, where every reader may have it."""
    if as_properties:
        add_properties(case, dict(properties(result)))
    output = case.find("system-out")
    if output is None:
        output = ET.SubElement(case, "system-out")
    output.text = "\n".join(filter(None, (as_lines(result), output.text)))  # two of them are lost on Allure


def close_suite(suite: ET.Element, row: Row) -> None:
    """End a suite: one that may not go is never all green, whatever its checks were."""
    against = [end for case in suite.iter("testcase") for end in case if end.tag in ("failure", "error")]
    if row.status not in SETTLED and not against:
        case = ET.SubElement(suite, "testcase", classname=CLASS, name=f"verdict[{clean(row.id)}]")
        ET.SubElement(case, "failure", message=clean(row.sentence)).text = clean(row.sentence)
    count(suite)


def count(suite: ET.Element) -> None:
    """Write down how many testcases a suite holds and how they ended."""
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for name, tag in TAGS.items():
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))


def count_all(root: ET.Element) -> None:
    """Add up the suites; the schema knows no `skipped` here."""
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))


def clean(text: str) -> str:
    """Drop what XML cannot hold."""
    return _FORBIDDEN.sub("", text)
