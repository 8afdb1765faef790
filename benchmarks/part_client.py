"""The client against a service that answers after 10 ms, beside wrk, with 8 to 64 requests in flight."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from benchmarks import clients
from benchmarks.canned import served
from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target

DELAY_MS, SECONDS = 10, 2.0
GOALS = {8: 0.95, 16: 0.92, 32: 0.88, 64: 0.8}
TARGETS = tuple(
    Target(f"client-{in_flight}", "client", f"answers of a {DELAY_MS} ms service, {in_flight} in flight",
           limit, at_most=False, unit="per s", beside=clients.reference.__name__.replace("_", " "))
    for in_flight, limit in GOALS.items()
)  # fmt: skip


def measure(bench: Bench) -> Iterator[Row]:
    with served(DELAY_MS) as url:
        for in_flight, target in zip(GOALS, TARGETS, strict=True):
            mine, best, plain, spent = [], [], [], []
            for _ in range(bench.repeat):
                best.append(clients.reference(url, in_flight, SECONDS))
                start, began = time.process_time(), time.perf_counter()
                mine.append(clients.ours(url, in_flight, SECONDS))
                answers = mine[-1] * (time.perf_counter() - began)
                spent.append((time.process_time() - start) / answers * 1e6)
                plain.append(clients.plain_httpx(url, in_flight, SECONDS) / best[-1])
            busy, other = statistics.median(spent), statistics.median(plain)
            yield target.row(
                mine, best, f"{busy:.0f} microseconds of processor time an answer; plain httpx {other:.2f} x"
            )


PART = Part("client", "questions to a service that is not the bottleneck", TARGETS, measure)
