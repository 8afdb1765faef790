"""Batches of tiny customers, and what two runs of one batch left, without what tells runs apart: times, ids, addresses."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_recsim.testing import Project, item, shop

MINE = '''\
"""What a project's own scenario may lean on: a module, a conftest, a file beside it."""

from pathlib import Path

import helper
import pytest


def test_mine(sim, check, floor):
    words = (Path(__file__).parent / "words.txt").read_text().split()
    check.at_least("users", len(sim.lists), floor + helper.NOTHING + len(words) - 2)


@pytest.mark.customer("shop-01")
def test_only_one(sim, check):
    check.at_least("name", len(sim.plan.customer), len("shop-01"))


def test_plain():
    assert helper.NOTHING == 0
'''
DIARY = "recsim-diary"
"""A file beside the project, named in its conftest: which process was at which customer, from when to when."""
CONFTEST = """\
import os
import time

import pytest

DIARY = {diary!r}


def pytest_collection_finish(session):
    session.config.mine = sorted({{one.callspec.params["sim"] for one in session.items if hasattr(one, "callspec")}})
    _write(session.config, "in")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if getattr(config, "mine", None):
        _write(config, "out")


def _write(config, what):
    if getattr(config.option, "recsim_task", ""):
        with open(DIARY, "a") as stream:
            stream.write("".join(f"{{time.time()}} {{what}} {{os.getpid()}} {{one}} {{os.getppid()}}\\n" for one in config.mine))


def pytest_recsim_metrics():
    from pytest_recsim import UserMetric

    return [UserMetric("list_length", "items in the list", lambda sim: {{one: 1.0 * len(got.ids) for one, got in sim.lists.items()}})]


@pytest.fixture
def floor():
    return 2
"""
AGAIN = "seeded anew"
"""In a note about a worker that was lost."""
VOLATILE = {
    "run_id", "started_at", "written_at", "finished_at", "seconds", "timings", "url", "clock", "now", "bundle",
    "quality_lists_ms", "rule_waits", "p95_ms", "probe_id", "seeded_at", "ms", "latency_ms", "elapsed_ms", "at",
}  # fmt: skip
"""Members that say when, where, or how long."""
WORDS = re.compile(
    r"\d{8}T\d{6}Z?(-[0-9a-f]{6})?(-\d+)?|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?|127\.0\.0\.1:\d+"
)
UNITS = re.compile(r"\d[\d.,]* (s|ms|min)\b|\| [\d.,]+ \|$")
TIMED = re.compile(r"p95|answer_time|latency|seconds", re.IGNORECASE)


def town(folder: Path, customers: int) -> Project:
    """A project of customers with a data set each, some with knobs of their own, some of which fail."""
    project, runs = shop().settle(folder), []
    for number in range(customers):
        name = f"shop-{number:02d}"
        props = [item(f"i{place:03d}", price=5.0 + place) for place in range(number % 3)]
        one = shop(users=12 + number % 4, items=60 + number).with_items(*props)
        project.write(f"fixtures/customers/{name.replace('-', '_')}.json", one.text)
        runs.append(
            {"customer": name} | ({"env_overrides": {"MMR_LAMBDA": 0.5 + number / 100}} if number % 5 else {})
        )
    project.write("batch.json", json.dumps({"runs": runs}))
    project.write("conftest.py", CONFTEST.format(diary=str(folder.with_name(DIARY))))
    project.write("helper.py", "NOTHING = 0\n")
    project.write("scenarios/test_mine.py", MINE)
    project.write("scenarios/words.txt", "two words\n")
    return project


def command(*words: str) -> list[str]:
    plugins = ["-p", "no:anyio", "-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:randomly"]
    return [sys.executable, "-m", "pytest", "--batch-file", "batch.json", *plugins, *words]


def overlaps(diary: Path) -> list[str]:
    """Name customers that two processes were at, at the same time."""
    at: dict[str, str] = {}
    found = []
    for line in sorted(diary.read_text().splitlines(), key=lambda line: float(line.split()[0])):
        _, what, process, customer, _ = line.split()
        if what == "in" and customer in at:
            found.append(f"{customer}: {at[customer]} and {process}")
        if what == "in":
            at[customer] = process
        elif at.get(customer) == process:
            del at[customer]
    return found


def run(project: Project, reports: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the batch once, with its reports and its junit file under that name."""
    return subprocess.run(
        command(f"--recsim-reports-dir={reports}", f"--junit-xml={reports}.xml", *words),
        cwd=project.folder,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
    )


def left(reports: Path) -> dict[str, Any]:
    """Everything that a batch left, by name: summary, pages, and each bundle's files."""
    found: dict[str, Any] = {}
    for path in sorted(reports.rglob("*")):
        if path.is_file() and path.suffix != ".html" and not path.name.startswith("."):
            found[WORDS.sub("WHEN", path.relative_to(reports).as_posix())] = _content(path)
    found["junit"] = sorted(_cases(reports.with_suffix(".xml")))
    return found


def verdicts(reports: Path) -> dict[str, Any]:
    """Customer -> its verdict and the outcome of each check, from the summary."""
    (summary,) = (reports / "batches").glob("*.json")
    return {row["id"]: (row["status"], row["checks"]) for row in json.loads(summary.read_text())["rows"]}


def differences(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """Name what two runs left differently."""
    for name in sorted(one.keys() | other.keys()):
        if name not in one or name not in other:
            yield f"{name}: only in {'the second' if name not in one else 'the first'}"
        elif one[name] != other[name]:
            yield f"{name}: {_first(one[name], other[name])}"


def _first(one: Any, other: Any, place: str = "") -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return _first(one.get(key), other.get(key), f"{place}.{key}")
    if isinstance(one, list) and isinstance(other, list):
        for number, (mine, theirs) in enumerate(zip(one, other, strict=False)):
            if mine != theirs:
                return _first(mine, theirs, f"{place}[{number}]")
        return f"{place} has {len(one)} and {len(other)}"
    return f"{place}: {one!r} and {other!r}"


def _content(path: Path) -> Any:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    name = path.name.removesuffix(".gz")
    if name.endswith(".json"):
        return _still(json.loads(data))
    if name.endswith(".jsonl"):
        lines = [_still(json.loads(line)) for line in data.splitlines()]
        return sorted(lines, key=json.dumps) if name == "events.jsonl" else lines
    text = WORDS.sub("WHEN", data.decode())
    if name == "scenarios.csv":
        return [
            line.split(",")[:8] for line in text.splitlines()
        ]  # what follows are seconds, and a sentence of the record
    return [
        UNITS.sub("TIME", line) for line in text.splitlines() if not TIMED.search(line) and AGAIN not in line
    ]


def _still(value: Any) -> Any:
    if isinstance(value, dict):
        if TIMED.search(str(value.get("name", ""))):
            return dict.fromkeys(value, "TIMED")
        return {
            name: _still(one)
            for name, one in value.items()
            if name not in VOLATILE and not TIMED.search(name)
        }
    if isinstance(value, list):
        return [_still(one) for one in value if not (isinstance(one, str) and AGAIN in one)]
    return WORDS.sub("WHEN", value) if isinstance(value, str) else value


def _cases(path: Path) -> Iterator[tuple[str, ...]]:
    for case in ET.parse(path).iter("testcase"):
        inner = [f"{child.tag} {WORDS.sub('WHEN', str(child.attrib.get('message')))}" for child in case]
        yield (str(case.get("classname")), str(case.get("name")), *inner)
