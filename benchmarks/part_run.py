"""A whole run on the stand-in beside today's: the same data set, the same command, one after the other in turns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.today import Checkout, here
from benchmarks.watched import LEFT_OUT, Watched, watch
from benchmarks.worlds import retail, write

EVENTS, USERS, ITEMS = 500_000, 20_000, 2_000
WHAT = f"whole run, {EVENTS:,} events, {USERS:,} users, {ITEMS:,} items, stand-in"
WALL = Target("run-wall", "run", WHAT, 0.4, at_most=True, unit="s", beside="today's")
MEMORY = Target(
    "run-memory", "run", f"{WHAT}: most memory of all its processes", 0.5, at_most=True, unit="MB",
    beside="today's",
)  # fmt: skip


def whole(checkout: Checkout, folder: Path, *more: str, most_s: float = 900) -> Watched:
    """Run ``pytest --customer acme`` of the checkout in a folder that has such a customer."""
    words = [
        str(checkout.python),
        "-m",
        "pytest",
        "--customer",
        "acme",
        "-q",
        *LEFT_OUT,
        "-p",
        "no:cacheprovider",
    ]
    try:
        return watch([*words, "--recsim-reports-dir=reports", *more], folder, most_s=most_s)
    finally:
        shutil.rmtree(folder / "reports", ignore_errors=True)


def measure(bench: Bench) -> Iterator[Row]:
    today = bench.today()
    write(retail(ITEMS, USERS, EVENTS), bench.scratch)
    pairs = [(whole(here(), bench.scratch), whole(today, bench.scratch)) for _ in range(bench.repeat)]
    cpu = sorted(mine.cpu_s / its.cpu_s for mine, its in pairs)[len(pairs) // 2]
    told = f"in processor time {cpu:.2f} x"
    yield WALL.row([mine.seconds for mine, _ in pairs], [its.seconds for _, its in pairs], told)
    yield MEMORY.row([mine.all_mb for mine, _ in pairs], [its.all_mb for _, its in pairs])


PART = Part("run", "a large customer, whole", (WALL, MEMORY), measure)
