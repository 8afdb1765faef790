"""Batches of ten and of a thousand customers: does time grow in line, does the memory of pytest's own process stay flat?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.parts import Bench, Part
from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.town import Finished, build, run

FEW, MANY, WORKERS, MOST_S = 10, 1_000, 2, 3 * 3600
TIME = Target(
    "customers-time", "batch", f"batch of {MANY:,} customers: time per customer", 1.1, at_most=True,
    unit="s", beside=f"of {FEW}",
)  # fmt: skip
MEMORY = Target(
    "customers-memory", "batch", f"batch of {MANY:,} customers: most memory of pytest's process", 60, at_most=True,
    unit="MB", held="difference", beside=f"of {FEW}",
)  # fmt: skip


def measure(bench: Bench) -> Iterator[Row]:
    """One turn: a thousand customers take half an hour and more."""
    found: dict[int, Finished] = {}
    for size in (FEW, MANY):
        folder = bench.scratch / str(size)
        build(folder, size, items=60, users=80, events=1500)
        found[size] = run(folder, "reports", "-n", str(WORKERS), most_s=MOST_S)
        if len(found[size].verdicts) != size:
            raise NotMeasured(f"only {len(found[size].verdicts)} of {size} customers have a verdict")
    yield TIME.row([found[MANY].watched.seconds / MANY], [found[FEW].watched.seconds / FEW])
    yield MEMORY.row([found[MANY].watched.own_mb], [found[FEW].watched.own_mb])


PART = Part("customers", "a thousand customers", (TIME, MEMORY), measure)
