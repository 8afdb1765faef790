"""What somebody waits for at a shell: the whole command for customer_a, beside today's."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.today import Checkout, here
from benchmarks.watched import LEFT_OUT, watch

WHOLE = Target(
    "shell-customer-a", "shell", "whole command for customer_a", 0.7, at_most=True, unit="s",
    beside="today's",
)  # fmt: skip


def customer_a(checkout: Checkout, reports: Path) -> list[str]:
    """The README's command, in the checkout's own environment."""
    words = ["-m", "pytest", "--customer", "customer-a", "--env-profile", "customer_a", "-q", *LEFT_OUT]
    return [str(checkout.python), *words, "-p", "no:cacheprovider", f"--recsim-reports-dir={reports}"]


def measure(bench: Bench) -> Iterator[Row]:
    sides = (("ours", here()), ("today", bench.today()))
    pairs = []
    for turn in range(bench.repeat):
        folder = bench.scratch / str(turn)
        folder.mkdir()
        pairs.append([watch(customer_a(one, folder / name), folder) for name, one in sides])
    cpu = statistics.median(mine.cpu_s / its.cpu_s for mine, its in pairs)
    told = f"in processor time {cpu:.2f} x"
    yield WHOLE.row([mine.seconds for mine, _ in pairs], [its.seconds for _, its in pairs], told)


PART = Part("shell", "commands as they are typed", (WHOLE,), measure)
