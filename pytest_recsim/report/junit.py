"""JUnit XML from records: one suite per simulation, one testcase per check, values and thresholds as properties."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pytest_recsim.record.batch import Row
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.model import CheckResult
from pytest_recsim.report.properties import properties

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENDINGS: Mapping[str, str] = {
    "failed": "failure",
    "not_measured": "failure",
    "error": "error",
    "missing": "error",
    "waived": "skipped",
    "warned": "skipped",
    "skipped": "skipped",
}


def write_junit(path: Path, name: str, rows: Iterable[tuple[Row, Sequence[CheckResult]]]) -> None:
    """Write one file for several simulations.

    Args:
        path: where to.
        name: of the whole.
        rows: each simulation with its results; one that did not run becomes a single testcase with an error.
    """
    root = ET.Element("testsuites", name=_clean(name))
    for row, results in rows:
        _suite(root, row, results)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ET.indent(root)
    write_atomic(path, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _suite(root: ET.Element, row: Row, results: Sequence[CheckResult]) -> None:
    suite = ET.SubElement(root, "testsuite", name=_clean(row.id), time=f"{row.seconds:.3f}")
    if not results:
        case = ET.SubElement(suite, "testcase", classname=_clean(row.id), name="run")
        ET.SubElement(case, "error", message=_clean(f"{row.id} did not run: {row.sentence or row.status}"))
    for result in results:
        _case(suite, result)
    tags = [ending.tag for case in suite for ending in case]
    suite.set("tests", str(len(suite)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(tags.count(tag)))


def _case(suite: ET.Element, result: CheckResult) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(result.simulation),
        name=_clean(result.label),
        time=f"{result.seconds:.3f}",
    )
    listed = ET.SubElement(case, "properties")
    for name, value in properties(result):
        ET.SubElement(listed, "property", name=name, value=value)
    if tag := ENDINGS.get(result.outcome):
        sentence = _clean(f"{result.outcome.replace('_', ' ')}: {result.waiver or result.sentence}")
        ending = ET.SubElement(case, tag, message=sentence.partition("\n")[0])
        ending.text = _clean(result.sentence)


def _clean(text: str) -> str:
    """Drop what XML cannot hold."""
    return _FORBIDDEN.sub("", text)
