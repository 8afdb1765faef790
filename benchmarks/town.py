"""Projects with many small customers, runs of them, and what the runs left."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.watched import LEFT_OUT, Watched, watch
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import render

TEMPLATES = ("marketplace", "retail", "media")


@dataclass(frozen=True)
class Finished:
    """One run of a batch.

    Attributes:
        watched: time and memory of the whole command.
        verdicts: simulation -> its status and the outcome of each check.
        metrics: simulation -> ``quality_metrics.json``, to the last digit.
    """

    watched: Watched
    verdicts: dict[str, Any]
    metrics: dict[str, Any]


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
    return [sys.executable, "-m", "pytest", "--batch-file", "batch.json", "-q", *LEFT_OUT, *words]


def run(folder: Path, reports: str, *words: str, most_s: float = 900) -> Finished:
    """Run the whole batch once.

    Raises:
        NotMeasured: it ended otherwise than with a verdict.
    """
    watched = watch(command(f"--recsim-reports-dir={reports}", *words), folder, most_s=most_s)
    return read(folder / reports, watched)


def read(root: Path, watched: Watched) -> Finished:
    """Read what a run left in its reports folder."""
    record = json.loads(max((root / "batches").glob("*.json")).read_text())
    metrics = {
        row["id"]: json.loads((root / row["bundle"] / "artifacts" / "quality_metrics.json").read_text())
        for row in record["rows"]
    }
    verdicts = {row["id"]: (row["status"], row["checks"]) for row in record["rows"]}
    return Finished(watched, verdicts, metrics)
