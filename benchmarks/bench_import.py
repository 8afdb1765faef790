"""How long `recsim import csv` takes beside polars' bare eager read of the same file, in one run.

``python -m benchmarks.bench_import [--rows 1000000] [--repeats 5] [--json OUT]``
Goals: a million rows in at most 10 s and 1 GB, and at most 6 times the bare read. Each pair runs in a process of its own;
processor seconds are compared as well, which a busy machine does not blur.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.watched import highest
from pytest_recsim.sources.importing.files import Files, import_files

_USERS, _ITEMS = 50_000, 20_000
_WORDS = pl.Series(["view", "click", "add_to_cart", "purchase"])
Pair = tuple[float, float]
"""Seconds, and processor seconds."""


def write(path: Path, rows: int, *, shuffled: bool) -> None:
    """Write a log as shops export them, in order of time, or in none."""
    dice = np.random.default_rng(1)
    seconds = dice.integers(1_750_000_000, 1_780_000_000, rows)
    frame = pl.DataFrame(
        {
            "user_id": pl.Series(dice.integers(1, _USERS, rows)).cast(pl.String),
            "item_id": pl.Series(dice.zipf(1.3, rows) % _ITEMS).cast(pl.String),
            "event": _WORDS.gather(pl.Series(dice.integers(0, 4, rows))),
            "timestamp": pl.Series(seconds if shuffled else np.sort(seconds)),
            "amount": dice.integers(1, 50_000, rows) / 100,
        }
    )
    frame.with_columns(
        pl.format("u{}", "user_id").alias("user_id"),
        pl.format("sku-{}", "item_id").alias("item_id"),
        pl.from_epoch("timestamp").dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
    ).write_csv(path)


def timed(work: Callable[[], object]) -> Pair:
    start, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - spent


def both(source: Path) -> tuple[Pair, Pair, float]:
    """Return the bare read, the import, and the peak memory of this process in GB; each once before, to warm up."""

    def whole() -> None:
        import_files(Files("csv", source)).built.write(source.with_suffix(".json"), force=True)

    pl.read_csv(source)
    whole()
    bare, ours = timed(lambda: pl.read_csv(source)), timed(whole)
    return bare, ours, highest() / 1e3


def measure(rows: int, repeats: int, *, shuffled: bool) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "events.csv"
        write(source, rows, shuffled=shuffled)
        pairs = []
        for _ in range(repeats):
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                pairs.append(pool.submit(both, source).result())
    middle = statistics.median
    return {
        "rows": rows,
        "bare_s": middle(bare[0] for bare, _, _ in pairs),
        "import_s": middle(ours[0] for _, ours, _ in pairs),
        "ratio": middle(ours[0] / bare[0] for bare, ours, _ in pairs),
        "ratio_cpu": middle(ours[1] / bare[1] for bare, ours, _ in pairs),
        "peak_gb": max(peak for _, _, peak in pairs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = {
        "in order of time": measure(options.rows, options.repeats, shuffled=False),
        "in no order": measure(options.rows, options.repeats, shuffled=True),
    }
    for name, one in found.items():
        print(
            f"{one['rows']:,} rows {name}: {one['import_s']:.2f} s, bare read {one['bare_s']:.2f} s: {one['ratio']:.1f} times, "
            f"in processor time {one['ratio_cpu']:.1f} times (goal 6); peak {one['peak_gb']:.2f} GB (goal 1)"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
