"""The conftest of docs/own-scenarios.md that gives Allure our facts, run with a module that records what it is asked."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import pytest
from plugin_shop import HERE, LOOSE, Project

LISTENER = """
import contextlib, json, os, pathlib

def note(**facts):
    facts["test"] = os.environ["PYTEST_CURRENT_TEST"]
    with pathlib.Path("allure.jsonl").open("a") as stream:
        stream.write(json.dumps(facts) + "\\n")

class dynamic:
    @staticmethod
    def parameter(name, value, excluded=None, mode=None):
        note(parameter=name, value=value, excluded=excluded)

@contextlib.contextmanager
def step(title):
    try:
        yield
    except AssertionError as error:
        note(step=title, status="failed", message=str(error))
        raise
    note(step=title, status="passed")
"""
TIGHT = """\
customers:
  acme:
    quality: {max_gini: 0}
    waivers: [{check: gini, reason: known}]
"""


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=" ".join)
def test_allure_gets_outcome_value_threshold_and_n(acme: Project, workers: tuple[str, ...]) -> None:
    found = re.search(
        r"<!-- allure -->\n```python\n(.*?)```", (HERE / "docs/own-scenarios.md").read_text(), re.DOTALL
    )
    assert found is not None
    acme.write("conftest.py", found.group(1))
    acme.write("allure.py", LISTENER)
    acme.write("guardrails.yml", LOOSE + TIGHT)
    ran = acme.simulate("-k", "coverage or gini", *workers)
    assert ran.code == 0, ran.text
    rows = defaultdict(list)
    for line in (acme.folder / "allure.jsonl").read_text().splitlines():
        row = json.loads(line)
        rows[row.pop("test").partition("::")[2]].append(row)
    assert set(rows) == {
        "test_guardrail[acme-catalog_coverage] (call)",
        "test_guardrail[acme-gini] (call)",
    }, "the test is still open"
    outcome, measure = rows["test_guardrail[acme-catalog_coverage] (call)"]
    assert outcome == {"parameter": "outcome", "value": "passed", "excluded": True}
    assert measure["status"] == "passed"
    assert re.fullmatch(
        r"catalogue_coverage@20: 0\.\d+ \(at least 0\.3, n \d+\) guardrails\.yml:\d+ \(defaults\)",
        measure["step"],
    )
    outcome, waiver, measure = rows["test_guardrail[acme-gini] (call)"]
    assert (outcome["value"], measure["status"]) == ("waived", "failed")
    assert waiver["value"].startswith("known, until further notice (guardrails.yml:")
    assert re.fullmatch(r"expected at most 0, got 0\.\d+", measure["message"])
