"""Batches of growing size: does time grow in line, does memory stay flat?

    python benchmarks/bench_many.py [--sizes 10 25 50] [--workers 2] [--json OUT]

Prints seconds per customer and the highest resident memory of pytest's own process and of all its processes together
(workers and stand-ins), watched through /proc, and the slope of the whole against its start: a stand-in that stays
would show in it. The summary of the largest batch is kept with ``--keep DIR``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from batch_town import build, command, quiet, read

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY_S = 0.25


def parents() -> dict[int, int]:
    """Every process and who started it."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    known, found = parents(), [pid]
    for one in found:
        found += [child for child, parent in known.items() if parent == one]
    return found


def resident(pid: int) -> float:
    """Megabytes in memory; 0 for a process that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
    except OSError:
        return 0.0


def one(folder: Path, workers: int) -> dict[str, float]:
    """Run the batch and watch its memory until it ends."""
    own, whole, began = [], [], time.perf_counter()
    with (folder / "output.txt").open("wb") as output:
        words = command("-n", str(workers), "--recsim-reports-dir=reports")
        process = subprocess.Popen(words, cwd=folder, env=quiet(), stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            own.append(resident(process.pid))
            whole.append(sum(map(resident, family(process.pid))))
            time.sleep(EVERY_S)
    if process.returncode not in (0, 1):
        sys.exit((folder / "output.txt").read_text()[-3000:])
    seconds = time.perf_counter() - began
    finished = read(folder / "reports", seconds)
    half = len(whole) // 2
    return {
        "customers": len(finished.verdicts),
        "seconds": round(seconds, 1),
        "s_per_customer": round(seconds / len(finished.verdicts), 2),
        "controller_mb": round(max(own)),
        "all_mb": round(max(whole)),
        "second_half_over_first": round(max(whole[half:]) / max(whole[:half]), 2),
        "page_kb": round(
            sum(page.stat().st_size for page in (folder / "reports/batches").glob("*.md")) / 1e3
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 25, 50])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="copy the summaries of the largest batch here")
    options = parser.parse_args()
    rows = []
    for size in sorted(options.sizes):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            build(folder, size)
            rows.append(one(folder, options.workers))
            if options.keep:
                shutil.copytree(folder / "reports" / "batches", options.keep, dirs_exist_ok=True)
        print("  ".join(f"{name} {figure:g}" for name, figure in rows[-1].items()), flush=True)
    if options.json:
        document = {"schema_version": 1, "workers": options.workers, "rows": rows}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
