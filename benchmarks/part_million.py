"""A run of a million events: does it finish, what does an event cost beside a tenth of it, what does a sample save?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.parts import Bench, Part
from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.sizes import EVENTS, MOST_S, by_events, people, things

MANY, FEWER, SAMPLE = EVENTS[-1], EVENTS[2], 5_000
WHAT = f"whole run, {MANY:,} events, {people(MANY):,} users, {things(MANY):,} items"
ENDS = Target("million-finishes", "million", WHAT, MOST_S, at_most=True, unit="s", held="figure")
TIME = Target(
    "million-time", "million", f"{WHAT}: time per event", 1.3, at_most=True, unit="microseconds",
    beside=f"at {FEWER:,}",
)  # fmt: skip
MEMORY = Target(
    "million-memory", "million", f"{WHAT}: memory per event", 1.3, at_most=True, unit="kB",
    beside=f"at {FEWER:,}",
)  # fmt: skip
SAMPLED = Target(
    "million-sample", "million", f"`--recsim-sample-users {SAMPLE}`", 0.15, at_most=True, unit="s",
    beside="the full run",
)  # fmt: skip
TARGETS = (ENDS, TIME, MEMORY, SAMPLED)


def measure(bench: Bench) -> Iterator[Row]:
    """One turn only: a turn takes minutes, and what it is held to is a factor."""
    try:
        full = by_events(bench, MANY)
    except NotMeasured as error:
        yield ENDS.missed(str(error), "not reached")
        raise
    yield ENDS.row([full.seconds])
    reference = by_events(bench, FEWER)
    yield TIME.row([full.seconds / MANY * 1e6], [reference.seconds / FEWER * 1e6])
    yield MEMORY.row([full.all_mb / MANY * 1e3], [reference.all_mb / FEWER * 1e3])
    sampled = by_events(bench, MANY, f"--recsim-sample-users={SAMPLE}")
    yield SAMPLED.row([sampled.seconds], [full.seconds])


PART = Part("million", "a million events", TARGETS, measure)
