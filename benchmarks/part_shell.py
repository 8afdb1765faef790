"""What somebody waits for at a shell: the whole command for customer_a, and pytest with the plugin only installed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.today import Checkout, here
from benchmarks.watched import LEFT_OUT, quiet, watch

STARTS = 7
WHOLE = Target(
    "shell-customer-a", "shell", "whole command for customer_a", 0.7, at_most=True, unit="s",
    beside="today's",
)  # fmt: skip
VERSION = Target(
    "shell-version", "shell", "`pytest --version` with the plugin installed", 30, at_most=True, unit="ms",
    held="difference", beside="without it",
)  # fmt: skip


def customer_a(checkout: Checkout, reports: Path) -> list[str]:
    """The README's command, in the checkout's own environment."""
    words = ["-m", "pytest", "--customer", "customer-a", "--env-profile", "customer_a", "-q", *LEFT_OUT]
    return [str(checkout.python), *words, "-p", "no:cacheprovider", f"--recsim-reports-dir={reports}"]


def version_ms(checkout: Checkout, folder: Path, *more: str) -> float:
    """The quickest of several starts: what is added by others' work on the machine is not the command's."""
    words = [str(checkout.python), "-m", "pytest", "--version", *LEFT_OUT, *more]
    times = []
    for _ in range(STARTS):
        start = time.perf_counter()
        subprocess.run(words, cwd=folder, env=dict(quiet()), capture_output=True, check=True)
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


def measure(bench: Bench) -> Iterator[Row]:
    ours = here()
    without = ("-p", "no:recsim")
    pairs = [
        (version_ms(ours, bench.scratch), version_ms(ours, bench.scratch, *without))
        for _ in range(bench.repeat)
    ]
    yield VERSION.row([one for one, _ in pairs], [other for _, other in pairs])
    today, mine, theirs = bench.today(), list[float](), list[float]()
    for turn in range(bench.repeat):
        for checkout, times in ((ours, mine), (today, theirs)):
            folder = bench.scratch / f"{turn}-{checkout.root.name}"
            folder.mkdir()
            times.append(watch(customer_a(checkout, folder / "reports"), folder).seconds)
    yield WHOLE.row(mine, theirs)


PART = Part("shell", "commands as they are typed", (WHOLE, VERSION), measure)
