"""A batch with two workers against the same batch without, in turn: wall ratio, and whether anything else differs.

    python benchmarks/bench_batch.py [--customers 8] [--workers 2] [--latency-ms 10] [--rounds 3] [--json OUT]

Verdicts and metrics must be equal to the last digit in every run, or the exit code is 1. Without latency a single
run already keeps both cores busy with the stand-in beside it, so only the ratio at 10 ms has a goal (1.6, two cores).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xdist
from batch_town import Finished, build, run

GOAL = 1.6


def measure(folder: Path, workers: int, latency: float, rounds: int) -> dict[str, list[Finished]]:
    """Run both ways in turn, so that whatever else the machine does meets both."""
    found: dict[str, list[Finished]] = {"alone": [], "workers": []}
    for turn in range(rounds):
        for name, count in (("alone", 0), ("workers", workers)):
            words = ("-n", str(count), f"--recsim-latency-ms={latency:g}")
            found[name].append(run(folder, f"{name}-{turn}", *words))
            print(f"{name:8} {found[name][-1].seconds:6.1f} s", flush=True)
    return found


def differences(runs: Sequence[Finished]) -> list[str]:
    """Simulations whose verdicts or metrics are not the same in all runs."""
    first, *others = runs
    return sorted(
        {
            f"{name}: {what}"
            for other in others
            for what in ("verdicts", "metrics")
            for name in getattr(first, what)
            if getattr(other, what).get(name) != getattr(first, what)[name]
        }
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--latency-ms", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), options.customers)
        found = measure(Path(scratch), options.workers, options.latency_ms, options.rounds)
    different = differences(found["alone"] + found["workers"])
    alone, shared = (statistics.median(one.seconds for one in found[name]) for name in ("alone", "workers"))
    figures = {
        "schema_version": 1,
        "pytest": pytest.__version__,
        "xdist": xdist.__version__,
        "customers": options.customers,
        "workers": options.workers,
        "latency_ms": options.latency_ms,
        "alone_s": round(alone, 2),
        "workers_s": round(shared, 2),
        "ratio": round(alone / shared, 2),
        "different": different,
    }
    for name, figure in figures.items():
        print(f"{name:14} {figure}")
    print(f"goal: ratio >= {GOAL} at 10 ms on two cores; nothing different")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
