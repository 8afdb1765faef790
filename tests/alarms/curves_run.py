"""How sure is a lift, and how often does its check fail? Measured, written to docs/statistics.*.

    python tests/alarms/curves_run.py [--runs 1000] [--coverage-runs 4000] [--jobs 2] [--out docs]

Writes `statistics.json` and `operating-curve.svg`, and the tables between the marks of `statistics.md`. About five
minutes of processor time.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from curves_chart import chart
from curves_coverage import HARD_USERS, coverage, hard_worlds, worlds
from curves_coverage import USERS as COVERED_USERS
from curves_operating import USERS, curves
from curves_page import fill
from curves_worlds import Invented, World, shape_facts

from pytest_recsim.record.jsonio import write_json

ROOT = Path(__file__).parents[2]
CHECKED_RUNS = 50
"""A quick test repeats the first runs of one curve."""


def covered(users: int, runs: int) -> list[dict[str, Any]]:
    """Coverage of every world at this size, one row each."""
    return [
        _covered(world.size if isinstance(world, Invented) else "customer_a", world, users, runs, seed=place)
        for place, world in enumerate(worlds(users))
    ]


def hard(users: int, runs: int) -> list[dict[str, Any]]:
    """Coverage where it cannot be expected to hold."""
    return [
        _covered(kind, world, users, runs, seed=500 + place)
        for place, (kind, world) in enumerate(hard_worlds(users))
    ]


def _covered(kind: str, world: World, users: int, runs: int, *, seed: int) -> dict[str, Any]:
    found = coverage(world, users, runs, seed=1000 * users + seed)
    row = {"users": users, "kind": kind, "world": world.name, "let_through": round(found.let_through, 3)}
    return row | {key: round(getattr(found, key), 4) for key in ("inside", "above", "below")}


def measure(runs: int, coverage_runs: int, jobs: int) -> dict[str, Any]:
    with ProcessPoolExecutor(jobs) as pool:
        curve_parts = [pool.submit(curves, runs, users) for users in USERS]
        coverage_parts = [pool.submit(covered, users, coverage_runs) for users in COVERED_USERS]
        hard_parts = [pool.submit(hard, users, coverage_runs) for users in HARD_USERS]
        return {
            "schema_version": 1,
            "runs": runs,
            "coverage_runs": coverage_runs,
            "shape": shape_facts(),
            "checked": {"users": 100, "runs": CHECKED_RUNS, "rows": curves(CHECKED_RUNS, 100)},
            "curves": [row for part in curve_parts for row in part.result()],
            "coverage": [row for part in coverage_parts for row in part.result()],
            "hard": [row for part in hard_parts for row in part.result()],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--coverage-runs", type=int, default=4000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    facts = measure(options.runs, options.coverage_runs, options.jobs)
    write_json(options.out / "statistics.json", facts)
    (options.out / "operating-curve.svg").write_text(chart(facts["curves"]), encoding="utf-8")
    page = options.out / "statistics.md"
    page.write_text(fill(page.read_text(encoding="utf-8"), facts), encoding="utf-8")


if __name__ == "__main__":
    main()
