"""How often does the suite cry wolf? Runs it on many healthy customers and counts what fails.

    python tests/alarms/alarms_run.py [--runs 200] [--jobs 2] [--seed 1] [--out docs] [--keep DIR]

Writes `false-alarms.md` and `false-alarms.json`. 200 runs take about fifteen minutes of processor time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alarms_count import count
from alarms_page import document, page
from alarms_worlds import Case, draw_cases, write_project

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.model import CheckResult

ROOT = Path(__file__).parents[2]
CHUNK = 10
"""Customers of one pytest run: start-up is shared, and ten stand-ins at a time fit into memory."""
ATTEMPTS = 3
"""A run that is killed from outside says nothing about the suite."""


def run_chunk(root: Path, cases: list[Case]) -> list[CheckResult]:
    """Run the suite on some customers, or read what a finished earlier attempt left in ``root``."""
    done = root / "done"
    for _ in range(ATTEMPTS):
        if done.exists():
            break
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        write_project(root, cases)
        if _pytest(root, cases) in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            done.touch()
    if not done.exists():
        raise SystemExit(f"the suite did not come to its end; see {root / 'output.txt'}")
    return [result for case in cases for result in _record(root, case)]


def _pytest(root: Path, cases: list[Case]) -> int:
    names = [word for case in cases for word in ("--customer", case.customer)]
    command = [sys.executable, "-m", "pytest", *names, "-q", "--no-header", "-p", "no:cacheprovider"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    with (root / "output.txt").open("wb") as output:
        return subprocess.run(
            command, cwd=root, stdout=output, stderr=subprocess.STDOUT, env=environment, check=False
        ).returncode


def _record(root: Path, case: Case) -> list[CheckResult]:
    """The results of one customer; a check that never reported is among them as ``missing``."""
    (bundle,) = (root / "reports" / case.customer).glob("*/")
    return Bundle(bundle).results()


def run_all(cases: list[Case], jobs: int, folder: Path) -> list[CheckResult]:
    chunks = [cases[start : start + CHUNK] for start in range(0, len(cases), CHUNK)]
    started = time.monotonic()
    results: list[CheckResult] = []
    with ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(run_chunk, folder / f"chunk-{n:03d}", chunk) for n, chunk in enumerate(chunks)]
        for number, one in enumerate(pending, start=1):
            results += one.result()
            print(f"{number} of {len(chunks)} chunks, {time.monotonic() - started:.0f} s", flush=True)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--keep", type=Path, help="keep fixtures and reports here, and go on from there")
    options = parser.parse_args()
    cases = draw_cases(options.runs, options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        results = run_all(cases, options.jobs, options.keep or Path(scratch))
    tallies, alarms = count(results)
    facts = document(cases, tallies, alarms, options.seed)
    options.out.mkdir(exist_ok=True)
    write_json(options.out / "false-alarms.json", facts)
    (options.out / "false-alarms.md").write_text(page(facts), encoding="utf-8")
    for alarm in alarms:
        print(alarm["customer"], alarm["check"], alarm["sentence"], sep="\n", end="\n\n")
    print(f"{len(alarms)} false alarms in {options.runs} runs of {len(tallies)} checks")
    return bool(alarms)


if __name__ == "__main__":
    sys.exit(main())
