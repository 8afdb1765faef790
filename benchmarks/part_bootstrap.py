"""The bootstrap with as many resamples as the printed digits need, beside today's fixed thousand; and its memory."""

from __future__ import annotations

import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.today import here
from benchmarks.watched import quiet
from pytest_recsim.judge.bootstrap import ENDS_HOLD, bootstrap_lift

USERS, METRICS, FEW, MANY = 100_000, 10, 1000, 16_000
TIME = Target(
    "bootstrap-time", "bootstrap", f"resamples that two decimals need, {METRICS} metrics x {USERS:,} users", 1.5,
    at_most=True, unit="s", beside="today's 1,000",
)  # fmt: skip
MEMORY = Target(
    "bootstrap-memory", "bootstrap", f"most memory at {MANY:,} resamples", 1.1, at_most=True, unit="MB",
    beside=f"at {FEW:,}",
)  # fmt: skip
SCRIPT = """
import sys, time
import numpy as np
from pytest_recsim.judge.bootstrap import bootstrap_lift
rng = np.random.default_rng(1)
users, metrics = int(sys.argv[1]), int(sys.argv[2])
baseline = rng.random((users, metrics)) * (rng.random((users, metrics)) < 0.3)
values = rng.random((users, metrics)) * (rng.random((users, metrics)) < 0.4)
more = {"ends_hold": float(sys.argv[3])} if len(sys.argv) > 3 else {}
bootstrap_lift(values[:500], baseline[:500], seed=1)
start = time.perf_counter()
found = bootstrap_lift(values, baseline, seed=1, **more)
print(time.perf_counter() - start)
"""


def seconds(python: Path, *more: str) -> float:
    words = [str(python), "-P", "-c", SCRIPT, str(USERS), str(METRICS), *more]
    done = subprocess.run(words, env=dict(quiet()), capture_output=True, text=True, check=True)
    return float(done.stdout)


def most_mb(resamples: int) -> float:
    """What numpy holds at most while it resamples, beyond the data."""
    rng = np.random.default_rng(1)
    values, baseline = rng.random((5000, METRICS)), rng.random((5000, METRICS))
    tracemalloc.start()
    try:
        bootstrap_lift(values, baseline, seed=1, resamples=resamples)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def measure(bench: Bench) -> Iterator[Row]:
    yield MEMORY.row([most_mb(MANY)], [most_mb(FEW)])
    today = bench.today()
    pairs = [(seconds(here().python, str(ENDS_HOLD)), seconds(today.python)) for _ in range(bench.repeat)]
    yield TIME.row([mine for mine, _ in pairs], [its for _, its in pairs])


PART = Part("bootstrap", "intervals of lifts", (TIME, MEMORY), measure)
