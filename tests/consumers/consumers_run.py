"""What readers of JUnit files show of ours: ``python tests/consumers/consumers_run.py TOOLS`` prints a table.

TOOLS is a folder that holds what is to be run; what is missing is left out. Nothing of it is ours, so none is here:

- ``venv`` with junitparser, junit2html, humanize, psutil and PyGithub; ``node_modules`` with xunit-viewer,
  junit-to-ctrf, allure and allure-commandline (needs Java); ``node24``, a Node 24 binary;
- checkouts ``dorny`` (test-reporter), ``mikepenz`` (action-junit-report), ``EnricoMi``
  (publish-unit-test-result-action);
- ``gitlab_junit.rb``, GitLab's ``lib/gitlab/ci/parsers/test/junit.rb`` (needs ruby and activesupport).

The file that they read has five checks; each value, threshold and n in it is found nowhere else.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pytest_recsim.record.batch import Row
from pytest_recsim.record.model import CheckResult, Outcome
from pytest_recsim.report.junit import write_junit
from pytest_recsim.report.junit_suite import Simulated
from pytest_recsim.simulation.checks.check import Check, NotMeasured

KINDS: tuple[Outcome, ...] = ("passed", "failed", "not_measured", "waived", "warned")
FACTS = ("outcome", "value", "threshold", "n")


def facts(kind: Outcome) -> tuple[str, str, str, str]:
    """Our word for the outcome, and numbers that only this kind has."""
    digit = KINDS.index(kind) + 2
    return f"outcome: {kind.replace('_', ' ')}", f"0.{digit}171", f"0.{digit}393", f"{digit}5959"


def sample(kind: Outcome) -> CheckResult:
    """A check as a run makes it."""
    _, value, threshold, n = facts(kind)
    check, got = Check(), float(value)
    compare = check.at_most if kind == "passed" else check.at_least
    compare(f"gini of {kind}", float("nan") if kind == "not_measured" else got, float(threshold), n=int(n))
    try:
        sentence = check.conclude().sentence
    except NotMeasured as error:
        sentence = str(error)
    nodeid = f"scenarios/test_guardrails.py::test_{kind}[acme]"
    waiver = "agreed (guardrails.yml:3)" if kind == "waived" else ""
    return CheckResult(
        simulation="acme",
        check=kind,
        nodeid=nodeid,
        outcome=kind,
        sentence=sentence,
        waiver=waiver,
        measures=tuple(check.measures),
    )


def run(*words: object, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout + done.stderr


def below(folder: Path) -> str:
    """Everything that a tool has written."""
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


JUNITPARSER = """
import sys
from junitparser{flavour} import JUnitXml
for suite in JUnitXml.fromfile(sys.argv[1]):
    print(suite.name, [(one.name, one.value) for one in suite.properties()])
    for case in suite:
        print(case.name, case.time, [(one.message, one.text) for one in case.result], case.system_out)
"""
ENRICO = """
import sys
sys.path.insert(0, sys.argv[2])
from publish import get_case_annotations
from publish.junit import parse_junit_xml_files, process_junit_xml_elems
from publish.unittestresults import get_test_results
parsed = process_junit_xml_elems(parse_junit_xml_files([sys.argv[1]], False, False))
for one in get_case_annotations(get_test_results(parsed.with_commit("0"), False).case_results, False):
    print(one.title, one.path, one.raw_details)
for case in parsed.cases:
    print(case.test_name, case.result)
"""
RUBY = """
require 'active_support'
require 'active_support/core_ext'
module Gitlab
  module Ci
    module Parsers
      ParserError = Class.new(StandardError)
    end
    module Reports
      class TestCase
        STATUS_FAILED, STATUS_ERROR, STATUS_SKIPPED, STATUS_SUCCESS = %w[failed error skipped success]
        def initialize(**said) = puts(said.values_at(:suite_name, :name, :status, :system_output).inspect)
      end
    end
  end
end
require ARGV[1]
suite = Object.new
def suite.name = 'job'
def suite.add_test_case(_) = nil
def suite.set_suite_error(said) = abort(said)
Gitlab::Ci::Parsers::Test::Junit.new.parse!(File.read(ARGV[0]), suite, job: nil)
"""


class Tools:
    """One method per consumer; each returns the text of what it shows."""

    def __init__(self, tools: Path, file: Path, out: Path) -> None:
        self.tools, self.file, self.out = tools, file, out

    def bin(self, name: str) -> Path:
        return self.tools / "node_modules" / ".bin" / name

    def junitparser(self) -> str:
        return run(self.tools / "venv/bin/python", "-c", JUNITPARSER.replace("{flavour}", ""), self.file)

    def junitparser_xunit2(self) -> str:
        return run(
            self.tools / "venv/bin/python", "-c", JUNITPARSER.replace("{flavour}", ".xunit2"), self.file
        )

    def junit2html(self) -> str:
        run(self.tools / "venv/bin/junit2html", self.file, self.out / "page.html")
        return (self.out / "page.html").read_text()

    def xunit_viewer(self) -> str:
        return run(self.bin("xunit-viewer"), "-r", self.file, "-c", "-o", self.out / "viewer.html")

    def junit_to_ctrf(self) -> str:
        run(self.bin("junit-to-ctrf"), self.file, "-o", self.out / "ctrf.json")
        return (self.out / "ctrf.json").read_text()

    def allure_2(self) -> str:
        allure = self.tools / "node_modules/allure-commandline/bin/allure"
        run(allure, "generate", "-o", self.out / "allure2", self.file.parent)
        return below(self.out / "allure2/data")

    def allure_3(self) -> str:
        run(self.bin("allure"), "awesome", "-o", self.out / "allure3", self.file.parent)
        return below(self.out / "allure3/data")

    def dorny(self) -> str:
        return self._action("dorny", name="t", path=self.file.name, reporter="java-junit", token="x")

    def mikepenz(self) -> str:
        more = {"annotate_only": "true", "detailed_summary": "true", "include_passed": "true", "token": "x"}
        return self._action("mikepenz", report_paths=str(self.file), **more)

    def enricomi(self) -> str:
        return run(self.tools / "venv/bin/python", "-c", ENRICO, self.file, self.tools / "EnricoMi/python")

    def gitlab(self) -> str:
        return run("ruby", "-e", RUBY, self.file, self.tools / "gitlab_junit.rb")

    def _action(self, name: str, /, **given: str) -> str:
        """Run an action as a runner would, with the network pointed at nothing."""
        summary = self.out / f"{name}.md"
        summary.touch()
        run("git", "init", "-q", self.file.parent)
        env = {f"INPUT_{key.upper()}": value for key, value in (_defaults(self.tools / name) | given).items()}
        nowhere = "http://127.0.0.1:9"
        env |= {
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(self.file.parent),
            "GITHUB_REPOSITORY": "a/b",
            "GITHUB_SHA": "0" * 40,
            "GITHUB_API_URL": nowhere,
            "GITHUB_SERVER_URL": nowhere,
            "RUNNER_TEMP": str(self.out),
        }
        said = run(self.tools / "node24", self.tools / name / "dist/index.js", cwd=self.file.parent, env=env)
        return said + summary.read_text()


def _defaults(action: Path) -> dict[str, str]:
    """The inputs of an action that nobody gives."""
    import yaml

    inputs = yaml.safe_load((action / "action.yml").read_text())["inputs"]
    texts = {name: str(one["default"]) for name, one in inputs.items() if "default" in one}
    return {name: text for name, text in texts.items() if "${{" not in text}


def shown(text: str, kind: Outcome) -> str:
    """Say which facts of a check stand in a text; numbers may be shown with more or fewer zeros."""
    found = [
        name
        for name, word in zip(FACTS, facts(kind), strict=True)
        if re.search(rf"{re.escape(word)}\b", text)
    ]
    if kind == "not_measured" and "no finite value" in text:
        found.insert(0, "reason")
    return ", ".join(found) or ("name and status" if f"test_{kind}" in text else "nothing")


def rows(tools: Path) -> Iterator[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "results" / "junit.xml", Path(folder) / "out"
        file.parent.mkdir()
        out.mkdir()
        one = Simulated(Row(id="acme", customer="acme", status="must_not_go"), preparation={"seed": 1.5})
        write_junit(file, "sample", [(one, [sample(kind) for kind in KINDS])])
        asked = Tools(tools, file, out)
        consumers: list[Callable[[], str]] = [
            *(asked.junitparser, asked.junitparser_xunit2, asked.junit2html, asked.xunit_viewer),
            *(asked.junit_to_ctrf, asked.allure_2, asked.allure_3),
            *(asked.gitlab, asked.dorny, asked.mikepenz, asked.enricomi),
        ]
        for consumer in consumers:
            name = consumer.__name__
            try:
                text = consumer()
            except OSError as error:
                yield (name, f"not run: {error}")
                continue
            yield (name, *(shown(text, kind) for kind in KINDS))


if __name__ == "__main__":
    print(f"| consumer | {' | '.join(KINDS)} |")
    for row in rows(Path(sys.argv[1]).resolve()):
        print(f"| {' | '.join(row)} |")
