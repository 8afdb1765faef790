"""How often does the suite cry wolf on a service that it did not start? Three apply modes, twelve kinds of service.

    python tests/alarms/served_run.py [--runs 200] [--jobs 4] [--seed 1] [--out docs] [--keep DIR]

``--runs`` counts worlds; each is tried in every apply mode. Writes `false-alarms-served.md` and
`false-alarms-served.json`. 200 worlds take about an hour of processor time; much of a run is waiting for rules to show.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from served_count import Ended, ended
from served_page import document, page
from served_service import Running, quiet, running
from served_worlds import MODES, Served, draw_served, write_served

from pytest_recsim.record.jsonio import write_json

ROOT = Path(__file__).parents[2]
CHUNK = 4
"""Worlds of one pytest run; mode `env-file` takes one at a time."""
ATTEMPTS = 3
"""A run that is killed from outside says nothing about the suite."""


@dataclass(frozen=True)
class Chunk:
    """Some worlds, their folder, and the number of the first."""

    root: Path
    worlds: list[Served]
    first: int


def run_chunk(chunk: Chunk) -> list[Ended]:
    """Run the suite in every mode on some worlds, or read what a finished earlier attempt left in the folder."""
    root, done = chunk.root, chunk.root / "done"
    for attempt in range(ATTEMPTS):
        if done.exists():
            break
        if attempt:
            shutil.move(root, root.with_name(f"{root.name}-attempt-{attempt}"))
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        write_served(root, chunk.worlds)
        if all(code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) for code in _modes(chunk)):
            done.touch()
    if not done.exists():
        raise SystemExit(f"the suite did not come to its end; see {root}/*.txt")
    return [ended(root, world, mode) for world in chunk.worlds for mode in MODES]


def _modes(chunk: Chunk) -> list[int]:
    """Exit codes of the runs: several customers at a time where a mode lets them, on a service each."""
    with ExitStack() as held:
        numbered = enumerate(chunk.worlds, chunk.first)
        services = [held.enter_context(running(chunk.root, world, number)) for number, world in numbered]
        pairs = list(zip(chunk.worlds, services, strict=True))
        codes = [_suite(chunk.root, mode, pairs) for mode in ("request", "admin")]
        return codes + [_suite(chunk.root, "env-file", [pair]) for pair in pairs]


def _suite(root: Path, mode: str, pairs: list[tuple[Served, Running]]) -> int:
    runs = [_entry(mode, world, service) for world, service in pairs]
    name = f"{mode}-{pairs[0][0].case.customer}"
    (root / f"{name}.json").write_text(json.dumps({"schema_version": 1, "runs": runs}))
    command = [sys.executable, "-m", "pytest", f"--batch-file={name}.json", f"--recsim-apply={mode}"]
    command += [f"--recsim-reports-dir=reports-{mode}", "-q", "--no-header", "-p", "no:cacheprovider"]
    if mode == "env-file":
        service = pairs[0][1]
        command += [
            f"--recsim-env-file={service.env_file}",
            f"--recsim-restart-command={service.restart_command}",
        ]
    with (root / f"{name}.txt").open("wb") as output:
        return subprocess.run(
            command, cwd=root, stdout=output, stderr=subprocess.STDOUT, env=quiet(), check=False
        ).returncode


def _entry(mode: str, world: Served, service: Running) -> dict[str, Any]:
    customer = world.case.customer
    return {"customer": customer, "namespace": f"{customer}-{mode}", "base_url": service.url}


def run_all(worlds: list[Served], jobs: int, folder: Path) -> list[Ended]:
    starts = range(0, len(worlds), CHUNK)
    chunks = [Chunk(folder / f"chunk-{n:03d}", worlds[n : n + CHUNK], n) for n in starts]
    started = time.monotonic()
    results: list[Ended] = []
    with ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(run_chunk, chunk) for chunk in chunks]
        for number, one in enumerate(pending, start=1):
            results += one.result()
            print(f"{number} of {len(chunks)} chunks, {time.monotonic() - started:.0f} s", flush=True)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, help="worlds; each is tried in three modes")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--keep", type=Path, help="keep fixtures and reports here, and go on from there")
    options = parser.parse_args()
    worlds = draw_served(options.runs, options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        results = run_all(worlds, options.jobs, options.keep or Path(scratch))
    facts = document(worlds, results, options.seed)
    options.out.mkdir(exist_ok=True)
    write_json(options.out / "false-alarms-served.json", facts)
    (options.out / "false-alarms-served.md").write_text(page(facts), encoding="utf-8")
    for wrong in (*facts["alarms"], *facts["inconsistent"]):
        print(*(f"{name}: {value}" for name, value in wrong.items()), sep="\n", end="\n\n")
    print(
        f"{len(facts['alarms'])} false alarms, {len(facts['inconsistent'])} unexplained, in {len(results)} runs"
    )
    return bool(facts["alarms"] or facts["inconsistent"])


if __name__ == "__main__":
    sys.exit(main())
