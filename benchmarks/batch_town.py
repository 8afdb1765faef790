"""Projects with many small customers for the batch benchmarks, runs of them, and what the runs left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import render

DEVELOPERS = ("anyio", "hypothesispytest", "randomly", "schemathesis")
TEMPLATES = ("marketplace", "retail", "media")


@dataclass(frozen=True)
class Finished:
    """One run of a batch.

    Attributes:
        seconds: wall time of the whole command.
        verdicts: simulation -> its status and the outcome of each check.
        metrics: simulation -> ``quality_metrics.json``, to the last digit.
        root: the reports folder.
    """

    seconds: float
    verdicts: dict[str, Any]
    metrics: dict[str, Any]
    root: Path


def build(folder: Path, customers: int, *, items: int = 120, users: int = 200, events: int = 6000) -> None:
    """Write customers of three industries, each with a seed of its own, and a manifest that names all."""
    home = folder / "fixtures" / "customers"
    home.mkdir(parents=True)
    names = [f"shop-{place:02d}" for place in range(customers)]
    for place, name in enumerate(names):
        world = generate(TEMPLATES[place % 3], 100 + place, items=items, users=users, events=events)
        (home / f"{name.replace('-', '_')}.json").write_bytes(render(world))
    (folder / "batch.json").write_text(json.dumps({"runs": [{"customer": name} for name in names]}))
    (folder / "pytest.ini").write_text("[pytest]\n")


def command(*words: str) -> list[str]:
    """The command line, without the plugins that only this project's own tests need."""
    left_out = [word for name in DEVELOPERS for word in ("-p", f"no:{name}")]
    return [sys.executable, "-m", "pytest", "--batch-file", "batch.json", "-q", *left_out, *words]


def run(folder: Path, reports: str, *words: str) -> Finished:
    """Run the whole batch once.

    Raises:
        SystemExit: the run ended otherwise than with a verdict.
    """
    began = time.perf_counter()
    done = subprocess.run(
        command(f"--recsim-reports-dir={reports}", *words),
        cwd=folder,
        env=quiet(),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode not in (0, 1):
        sys.exit(f"the batch ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return read(folder / reports, seconds)


def quiet() -> dict[str, str]:
    """The environment without anybody's options for pytest, a service, or Python's own cache of compiled modules."""
    left_out = ("PYTEST", "RECS", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def read(root: Path, seconds: float) -> Finished:
    """Read what a run left in its reports folder."""
    record = json.loads(max((root / "batches").glob("*.json")).read_text())
    metrics = {
        row["id"]: json.loads((root / row["bundle"] / "artifacts" / "quality_metrics.json").read_text())
        for row in record["rows"]
    }
    verdicts = {row["id"]: (row["status"], row["checks"]) for row in record["rows"]}
    return Finished(seconds, verdicts, metrics, root)
