"""How time and memory grow with events and with customers: one run of each size, smallest first.

A size that does not end in time ends its series: larger ones would not either, and what is known is shown. The parts
``million`` and ``customers`` show the ends of the same series; in one command with this one they cost it nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from benchmarks.parts import Bench, Part
from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.sizes import CUSTOMERS, EVENTS, WORKERS, by_customers, by_events
from benchmarks.watched import Watched

BY_EVENTS = Target(
    "growth-events", "growth", f"whole runs of {EVENTS[0]:,} to {EVENTS[-1]:,} events, ten events a user: time per event",
    1.3, at_most=True, unit="milliseconds", beside="of the smallest",
)  # fmt: skip
BY_CUSTOMERS = Target(
    "growth-customers", "growth",
    f"batches of {CUSTOMERS[0]} to {CUSTOMERS[-1]:,} customers, -n {WORKERS}: time per customer", 1.1,
    at_most=True, unit="milliseconds", beside="of the smallest",
)  # fmt: skip


def series(target: Target, sizes: Sequence[int], one: Callable[[int], Watched]) -> Row:
    """Run every size, and hold the largest that ended to the smallest."""
    points, ended = [], ""
    for size in sizes:
        try:
            watched = one(size)
        except NotMeasured as error:
            ended = f"{size:,}: {error}"
            break
        points.append((float(size), watched.seconds, watched.all_mb))
    if len(points) < 2:
        raise NotMeasured(ended)
    (first, least, _), (last, most, _) = points[0], points[-1]
    row = target.row([most / last * 1e3], [least / first * 1e3], f"up to {last:,.0f}. {ended}".strip())
    row = row if not ended else replace(row, verdict="not reached")
    return replace(row, points=tuple(points))


def measure(bench: Bench) -> Iterator[Row]:
    """One turn: a series has its own comparison."""
    yield series(BY_EVENTS, EVENTS, lambda size: by_events(bench, size))
    yield series(BY_CUSTOMERS, CUSTOMERS, lambda size: by_customers(bench, size))


PART = Part("growth", "time and memory against size", (BY_EVENTS, BY_CUSTOMERS), measure)
