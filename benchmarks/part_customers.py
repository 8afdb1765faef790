"""Batches of ten and of a thousand customers: does time grow in line, does the memory of pytest's own process stay flat?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.sizes import CUSTOMERS, by_customers

FEW, MANY = CUSTOMERS[0], CUSTOMERS[-1]
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
    few, many = by_customers(bench, FEW), by_customers(bench, MANY)
    yield TIME.row([many.seconds / MANY], [few.seconds / FEW])
    yield MEMORY.row([many.own_mb], [few.own_mb])


PART = Part("customers", "a thousand customers", (TIME, MEMORY), measure)
