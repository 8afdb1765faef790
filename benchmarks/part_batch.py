"""A batch with two workers beside the same batch without, in turns: nothing but the time may differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.parts import Bench, Part
from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.town import Finished, build, run

CUSTOMERS, WORKERS, LATENCY_MS = 8, 2, 10
TARGET = Target(
    "batch-workers", "batch", f"batch of {CUSTOMERS} customers with `-n {WORKERS}`, stand-ins of {LATENCY_MS} ms", 1.8,
    at_most=False, unit="customers per minute", beside="-n 0",
)  # fmt: skip


def differences(runs: Sequence[Finished]) -> list[str]:
    """Simulations whose verdicts or metrics are not the same in all runs, to the last digit."""
    first, *others = runs
    return sorted(
        {
            f"{name}: {what}"
            for other in others
            for what in ("verdicts", "metrics")
            for name in getattr(first, what)
            if getattr(other, what).get(name) != getattr(first, what)[name]
        }
    )


def measure(bench: Bench) -> Iterator[Row]:
    build(bench.scratch, CUSTOMERS)
    found: dict[int, list[Finished]] = {WORKERS: [], 0: []}
    for turn in range(bench.repeat):
        for count, runs in found.items():
            words = ("-n", str(count), f"--recsim-latency-ms={LATENCY_MS}")
            runs.append(run(bench.scratch, f"reports-{count}-{turn}", *words))
    different = differences(found[0] + found[WORKERS])
    if different:
        raise NotMeasured(f"the runs differ in {', '.join(different[:3])}")
    shared, alone = ([CUSTOMERS * 60 / one.watched.seconds for one in found[count]] for count in (WORKERS, 0))
    yield TARGET.row(shared, alone)


PART = Part("batch", "several customers at once", (TARGET,), measure)
