"""A run of a million events: does it finish, what does an event cost beside a tenth of it, what does a sample save?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.part_run import whole
from benchmarks.parts import Bench, Part
from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.today import here
from benchmarks.worlds import world, write

EVENTS, USERS, ITEMS, SMALLER, SAMPLE, MOST_S = 1_000_000, 100_000, 50_000, 10, 5_000, 1_800
WHAT = f"whole run, {EVENTS:,} events, {USERS:,} users, {ITEMS:,} items"
ENDS = Target("million-finishes", "million", WHAT, MOST_S, at_most=True, unit="s", held="figure")
TIME = Target(
    "million-time", "million", f"{WHAT}: time per event", 1.3, at_most=True, unit="microseconds",
    beside=f"at {EVENTS // SMALLER:,}",
)  # fmt: skip
MEMORY = Target(
    "million-memory", "million", f"{WHAT}: memory per event", 1.3, at_most=True, unit="kB",
    beside=f"at {EVENTS // SMALLER:,}",
)  # fmt: skip
SAMPLED = Target(
    "million-sample", "million", f"`--recsim-sample-users {SAMPLE}`", 0.15, at_most=True, unit="s",
    beside="the full run",
)  # fmt: skip
TARGETS = (ENDS, TIME, MEMORY, SAMPLED)


def measure(bench: Bench) -> Iterator[Row]:
    """One turn only: a turn takes minutes, and what it is held to is a factor."""
    big, small = bench.scratch / "big", bench.scratch / "small"
    write(world(ITEMS, USERS, EVENTS), big)
    write(world(ITEMS // SMALLER, USERS // SMALLER, EVENTS // SMALLER), small)
    reference = whole(here(), small)
    try:
        sampled = whole(here(), big, f"--recsim-sample-users={SAMPLE}", most_s=MOST_S)
        full = whole(here(), big, most_s=MOST_S)
    except NotMeasured as error:
        yield ENDS.missed(str(error), "not reached")
        raise
    yield ENDS.row([full.seconds])
    per = EVENTS / SMALLER
    yield TIME.row([full.seconds / EVENTS * 1e6], [reference.seconds / per * 1e6])
    yield MEMORY.row([full.all_mb / EVENTS * 1e3], [reference.all_mb / per * 1e3])
    yield SAMPLED.row([sampled.seconds], [full.seconds])


PART = Part("million", "a million events", TARGETS, measure)
