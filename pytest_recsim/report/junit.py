"""JUnit XML from records: one suite per simulation, one testcase per check, named as pytest names them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.masking import masked
from pytest_recsim.record.model import CheckResult
from pytest_recsim.report.junit_suite import (
    CLASS,
    SEEDED,
    Simulated,
    add_facts,
    address,
    clean,
    close_suite,
    count,
    count_all,
    new_suite,
)

ENDINGS: Mapping[str, str] = {
    "failed": "failure",
    "flaky": "failure",
    "not_measured": "failure",
    "error": "error",
    "missing": "error",
    "waived": "skipped",
    "warned": "skipped",
    "skipped": "skipped",
}
MESSAGE = 500
"""Characters of a message; the whole is the element's text."""


def write_junit(
    path: Path,
    name: str,
    rows: Iterable[tuple[Simulated, Sequence[CheckResult]]],
    *,
    as_properties: bool = False,
    incomplete: str = "",
) -> None:
    """Write one file for several simulations.

    Args:
        path: where to.
        name: of the whole.
        rows: each simulation with its results; one that did not run becomes a single testcase with an error.
        incomplete: why the whole proves nothing, whatever its simulations say; empty where it does.
        as_properties: whether facts are properties of their testcase, too; Jenkins' xUnit plugin refuses those.
    """
    root = ET.Element("testsuites", name=clean(name))
    for one, results in rows:
        suite = new_suite(one)
        if one.row.status != SEEDED:
            cases = [new_case(result, as_properties=as_properties) for result in results]
            suite.extend(cases or [_absent(one)])
        close_suite(suite, one.row)
        root.append(suite)
    if incomplete:
        root.append(_incomplete(name, incomplete))
    count_all(root)
    save(path, root)


def _incomplete(name: str, why: str) -> ET.Element:
    suite = ET.Element("testsuite", name=clean(name), time="0.000")
    case = ET.SubElement(suite, "testcase", classname=CLASS, name=f"batch[{clean(name)}]")
    ET.SubElement(case, "error", message=clean(why)).text = clean(why)
    count(suite)
    return suite


def save(path: Path, root: ET.Element) -> None:
    """Write a file whole or not at all, secrets masked."""
    for element in root.iter():
        element.attrib.update({name: masked(value) for name, value in element.attrib.items()})
        element.text = masked(element.text) if element.text else element.text
    ET.indent(root)
    write_atomic(path, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _absent(one: Simulated) -> ET.Element:
    row = one.row
    case = ET.Element("testcase", classname=CLASS, name=f"run[{clean(row.id)}]")
    ET.SubElement(case, "error", message=clean(f"{row.id} did not run: {row.sentence or row.status}"))
    return case


def new_case(result: CheckResult, *, as_properties: bool) -> ET.Element:
    """Make the testcase of a check that pytest does not tell of."""
    unnamed = (CLASS, f"{result.label}[{result.simulation}]")
    classname, name = map(clean, address(result.nodeid) if result.nodeid else unnamed)
    case = ET.Element("testcase", classname=classname, name=name, time=f"{result.seconds:.3f}")
    end(case, result)
    add_facts(case, result, as_properties=as_properties)
    return case


def end(case: ET.Element, result: CheckResult) -> None:
    """Say how a check ended; nothing is said of one that passed."""
    if tag := ENDINGS.get(result.outcome):
        outcome = result.outcome.replace("_", " ")
        sentence = result.sentence.removeprefix(f"{outcome}: ")
        words = filter(None, (outcome, result.waiver, sentence))
        ending = ET.SubElement(case, tag, message=_brief(clean(": ".join(words))))
        step = [f"  next step: {result.step}"] if result.step and result.next_step else []
        ending.text = clean("\n".join([result.sentence, *step]))


def _brief(text: str) -> str:
    """As many whole lines as a message may hold."""
    if len(text) <= MESSAGE:
        return text
    return text[: text.rfind("\n", 0, MESSAGE)] if "\n" in text[:MESSAGE] else f"{text[:MESSAGE]}..."
