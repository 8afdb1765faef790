"""Runs of one size each, which several parts show: every one is made once, whoever asks for it first."""

from __future__ import annotations

from pathlib import Path

from benchmarks.part_run import whole
from benchmarks.parts import Bench
from benchmarks.rows import NotMeasured
from benchmarks.today import here
from benchmarks.town import build, run
from benchmarks.watched import Watched
from benchmarks.worlds import world, write

EVENTS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
CUSTOMERS = (10, 30, 100, 300, 1_000)
WORKERS = 2
MOST_S, MOST_BATCH_S = 1_800, 3 * 3_600
"""What a run of events, and a batch of customers, may take."""


def people(events: int) -> int:
    """Ten events a user."""
    return events // 10


def things(events: int) -> int:
    """Twenty events an item."""
    return max(200, events // 20)


def by_events(bench: Bench, size: int, *more: str) -> Watched:
    """A whole run on so many events, with ``more`` options.

    Raises:
        NotMeasured: it did not end with a verdict, or not in time; an earlier part may have seen that already.
    """
    name = f"events-{size}"
    folder = bench.shared.folder / name
    return bench.shared.run(" ".join([name, *more]), lambda: _events(folder, size, *more))


def by_customers(bench: Bench, size: int) -> Watched:
    """A batch of so many customers with two workers, all of which get their verdict.

    Raises:
        NotMeasured: as for ``by_events``.
    """
    folder = bench.shared.folder / f"customers-{size}"
    return bench.shared.run(folder.name, lambda: _customers(folder, size))


def _events(folder: Path, size: int, *more: str) -> Watched:
    if not folder.exists():
        write(world(things(size), people(size), size), folder)
    return whole(here(), folder, *more, most_s=MOST_S)


def _customers(folder: Path, size: int) -> Watched:
    build(folder, size, items=60, users=80, events=1500)
    found = run(folder, "reports", "-n", str(WORKERS), most_s=MOST_BATCH_S)
    if len(found.verdicts) != size:
        raise NotMeasured(f"only {len(found.verdicts)} of {size} customers have a verdict")
    return found.watched
