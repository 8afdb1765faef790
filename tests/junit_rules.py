"""What Jenkins' xUnit plugin takes for a JUnit file (its junit-10.xsd), in rules of our own.

The schema is other people's text, so it is not here; these are its facts, and a little stricter where it is odd: a
time is digits with up to three decimals. Whoever has the schema compares both with ``python tests/junit_rules.py XSD
FILE...`` (needs lxml).
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass

TIME = re.compile(r"\d+(\.\d{1,3})?")
TEXT = frozenset({"failure", "error", "skipped", "system-out", "system-err", "stackTrace"})
AGAIN = ("rerunFailure", "rerunError", "flakyFailure", "flakyError")


@dataclass(frozen=True)
class Rule:
    """One element: what it must carry, what else it may carry, and what may be inside."""

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()


SAID = Rule(takes=("type", "message"))
RERUN = Rule(needs=("type",), takes=("message",), holds=("stackTrace", "system-out", "system-err"))
RULES = {
    "testsuites": Rule(takes=("name", "time", "tests", "failures", "errors"), holds=("testsuite",)),
    "testsuite": Rule(
        needs=("name", "tests", "failures", "errors"),
        takes=(
            *("group", "time", "skipped", "timestamp", "hostname", "id"),
            *("package", "file", "log", "url", "version"),
        ),
        holds=("testsuite", "properties", "testcase", "system-out", "system-err"),
    ),
    "testcase": Rule(
        needs=("name",),
        takes=("time", "classname", "group"),
        holds=("skipped", "error", "failure", "system-out", "system-err", *AGAIN),
    ),
    "properties": Rule(holds=("property",)),
    "property": Rule(needs=("name", "value")),
    **dict.fromkeys(("failure", "error", "skipped"), SAID),
    **dict.fromkeys(("system-out", "system-err", "stackTrace"), Rule()),
    **dict.fromkeys(AGAIN, RERUN),
}


def complaints(root: ET.Element) -> list[str]:
    """Say what Jenkins would refuse, empty when it takes the file."""
    if root.tag not in RULES:
        return [f"<{root.tag}> is no element of a JUnit file"]
    return _found(root)


def _found(element: ET.Element) -> list[str]:
    rule, has = RULES[element.tag], set(element.attrib)
    where = f"<{element.tag} {element.get('name', '')}>"
    found = [f"{where} lacks `{name}`" for name in rule.needs if name not in has]
    found += [f"{where} may not carry `{name}`" for name in sorted(has - set(rule.needs) - set(rule.takes))]
    if element.tag in ("testsuites", "testsuite") and not TIME.fullmatch(element.get("time", "0")):
        found.append(f"{where}: `{element.get('time')}` is no time")
    if element.tag not in TEXT and element.tag not in AGAIN and (element.text or "").strip():
        found.append(f"{where} may not hold text")
    if element.tag == "property" and element.text:
        found.append(f"{where} may not hold anything, not even a blank")
    if element.tag in AGAIN and [child.tag for child in element] != [
        t for t in rule.holds if element.find(t) is not None
    ]:
        found.append(f"{where} holds its parts more than once or in another order than {rule.holds}")
    for child in element:
        if child.tag in rule.holds:
            found += _found(child)
        else:
            found.append(f"{where} may not hold <{child.tag}>")
    return found


def _compare(schema: str, files: list[str]) -> int:
    from lxml import etree

    judge, differing = etree.XMLSchema(etree.parse(schema)), 0
    for file in files:
        ours, theirs = complaints(ET.parse(file).getroot()), judge(etree.parse(file))
        differing += theirs != (not ours)
        print(f"{file}: the schema says {'valid' if theirs else 'not valid'}, we say {ours[:3] or 'valid'}")
    return differing


if __name__ == "__main__":
    sys.exit(_compare(sys.argv[1], sys.argv[2:]))
