"""The JUnit file that pytest has written, brought into line with the record.

Only the file is read, none of pytest's insides: a suite per simulation, facts in the output of every check,
preparation on a testcase of its own, and no check that looks green while the record has something against it.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.record.model import BLOCKING, CheckResult
from pytest_recsim.report.junit import end, new_case, save
from pytest_recsim.report.junit_suite import (
    SEEDED,
    VERDICT,
    Simulated,
    add_facts,
    add_properties,
    address,
    close_suite,
    count,
    count_all,
    escaped,
    new_suite,
)
from pytest_recsim.report.properties import PROPERTY


@dataclass(frozen=True)
class Known:
    """What is known of one test of a simulation.

    Attributes:
        simulation: whose it is.
        result: what it amounts to, None where it never reported.
        waited: seconds of it that were spent on preparation.
    """

    simulation: str
    result: CheckResult | None = None
    waited: float = 0.0


def amend(
    path: Path,
    simulations: Sequence[Simulated],
    known: Mapping[str, Known],
    *,
    prefix: str = "",
    as_properties: bool = False,
) -> None:
    """Rewrite pytest's file; one that is not there, is no JUnit file or was amended before is left alone.

    Args:
        path: of the file.
        simulations: those of this run.
        known: node id -> what is known of that test; asked for once, when it is needed.
        prefix: what pytest puts before every class (``--junit-prefix``).
        as_properties: whether facts are properties of their testcase, too.

    Raises:
        OSError: the file cannot be written.
    """
    root = _read(path)
    if root is None:
        return
    suites = {one.row.id: new_suite(one) for one in simulations}
    tests = {named: nodeid for nodeid in known for named in _named(nodeid, prefix)}
    heard = {nodeid for written in root for nodeid in _moved(written, suites, tests, known, as_properties)}
    seeded = {one.row.id for one in simulations if one.row.status == SEEDED}
    for nodeid in known:
        one = known[nodeid] if nodeid not in heard else None
        if one is None or one.simulation in seeded:
            continue
        if one.result is not None and one.result.outcome == "missing":
            suites[one.simulation].append(new_case(one.result, as_properties=as_properties))
    _tidy(root, list(suites.values()))
    for simulation in simulations:
        close_suite(suites[simulation.row.id], simulation.row)
    root[:0] = list(suites.values())
    count_all(root)
    save(path, root)


def _moved(
    written: ET.Element,
    suites: Mapping[str, ET.Element],
    tests: Mapping[tuple[str, str], str],
    known: Mapping[str, Known],
    as_properties: bool,
) -> list[str]:
    """Move what is ours from pytest's suite to that of its simulation; return the node ids."""
    moved = []
    for case in written.findall("testcase"):
        nodeid = tests.get((case.get("classname", ""), escaped(case.get("name", ""))), "")
        if nodeid:
            one = known[nodeid]
            written.remove(case)
            _amend_case(case, nodeid, one, as_properties=as_properties)
            suites[one.simulation].append(case)
            moved.append(nodeid)
    return moved


def _tidy(root: ET.Element, suites: Sequence[ET.Element]) -> None:
    """Take what pytest said of the whole run over into its parts, and drop its suite where nothing is left in it."""
    for written in root.findall("testsuite"):
        _inherit(suites, written)
        if written.find("testcase") is None and suites:
            root.remove(written)
        else:
            count(written)


def _read(path: Path) -> ET.Element | None:
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - pytest wrote it a moment ago
    except (OSError, ET.ParseError):
        return None
    amended = any(one.get("name") == VERDICT for one in root.iterfind("testsuite/properties/property"))
    return None if root.tag != "testsuites" or amended else root


def _named(nodeid: str, prefix: str) -> set[tuple[str, str]]:
    """The classes and names that pytest may have given a test; pytest 8 takes a bracket in a folder's name for a case."""
    found = {address(nodeid)}
    folder, bracket, rest = nodeid.partition("[")
    if "::" not in folder:
        found.add(("", escaped(f"{folder.replace('/', '.')}{bracket}{rest}")))
    return {(".".join(filter(None, (prefix, classname))), name) for classname, name in found}


def _inherit(suites: Iterable[ET.Element], written: ET.Element) -> None:
    """Give what pytest said of the whole run to each of its parts."""
    properties = {
        one.get("name", ""): one.get("value", "") for one in written.iterfind("properties/property")
    }
    for suite in suites:
        for name in ("timestamp", "hostname"):
            if value := written.get(name):
                suite.set(name, value)
        if properties:
            add_properties(suite, properties)


def _amend_case(case: ET.Element, nodeid: str, one: Known, *, as_properties: bool) -> None:
    case.set("time", f"{max(0.0, float(case.get('time', '0')) - one.waited):.3f}")
    _drop_properties(case)
    if (line := case.get("line", "")).isdigit():
        case.set(
            "line", str(int(line) + 1)
        )  # with junit_family=xunit1: pytest counts from 0, all readers from 1
    for skipped in case.iterfind("skipped"):
        skipped.text = skipped.get("message")  # GitLab shows the text and nothing else
    result = one.result
    if result is None:
        return
    green = case.find("failure") is None and case.find("error") is None
    if green and result.outcome in BLOCKING and result.nodeid == nodeid:
        end(case, result)  # a flaky check, or one that was found to be wrong after it had passed
    add_facts(case, result, as_properties=as_properties)


def _drop_properties(case: ET.Element) -> None:
    """Take our facts out of the testcase's properties, and leave those of others."""
    listed = case.find("properties")
    if listed is None:
        return
    for one in listed.findall("property"):
        if one.get("name", "").startswith(PROPERTY):
            listed.remove(one)
    if not len(listed):
        case.remove(listed)
