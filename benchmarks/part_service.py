"""A run against a service like the real one, which takes 36 ms for an answer and answers four at a time.

How near a run comes to the service's best rate: the seconds that its requests, seeding included, need at that rate, of the
command's wall time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.clients import ORG
from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.standins import running, serve
from benchmarks.today import here
from benchmarks.watched import LEFT_OUT, Watched, watch
from benchmarks.worlds import world, write

ANSWER_MS, ROOM, ADDED, MANY_USERS = 36, 4, 250, 10_000
MODE = ("--env-profile", "customer_a", "--latency-ms", str(ANSWER_MS), "--room", str(ROOM))
SHARE = Target(
    "service-share", "service", f"customer_a on a service of {ANSWER_MS} ms with room for {ROOM}: share of its best rate",
    0.95, at_most=False, unit="", held="figure",
)  # fmt: skip
REQUESTS = Target(
    "service-requests", "service", "recommendation requests for customer_a beyond one per judged user", ADDED, at_most=True,
    unit="requests", held="difference", beside="judged users",
)  # fmt: skip
MANY = Target(
    "service-requests-many", "service", f"recommendation requests at {MANY_USERS:,} users", 1.05, at_most=True,
    unit="requests", beside="judged users",
)  # fmt: skip


def run(folder: Path, words: list[str]) -> tuple[Watched, dict[str, Any]]:
    """Run, and return what its record says of the requests."""
    command = [str(here().python), "-m", "pytest", "-q", *LEFT_OUT, "-p", "no:cacheprovider", *words]
    watched = watch([*command, "--recsim-reports-dir=reports"], folder)
    (record,) = (folder / "reports").glob("*/*/simulation_metadata.json")
    return watched, json.loads(record.read_bytes())


def counts(record: dict[str, Any]) -> tuple[int, int]:
    """Recommendation requests, and judged users."""
    return int(record["requests"]["recommendations"]), int(record["users"]["evaluated"])


def share(record: dict[str, Any], seconds: float) -> float:
    """What part of these seconds the service would need at its best for everything that the run has sent."""
    return float(record["requests"]["total"] * ANSWER_MS / 1000 / ROOM / seconds)


def measure(bench: Bench) -> Iterator[Row]:
    shop, many = bench.scratch / "shop", bench.scratch / "many"
    shop.mkdir()
    _, record = run(shop, ["--customer", "customer-a", "--env-profile", "customer_a"])
    asked, users = counts(record)
    yield REQUESTS.row([asked], [users])
    write(world(1_000, MANY_USERS * 2, 200_000), many)
    asked, users = counts(run(many, ["--customer", "acme"])[1])
    yield MANY.row([asked], [users])
    shares = []
    for turn in range(bench.repeat):
        folder = bench.scratch / f"served-{turn}"
        folder.mkdir()
        with running(serve(here(), *MODE), folder) as port:
            where = ["--base-url", f"http://127.0.0.1:{port}", "--org-id", ORG]
            watched, record = run(folder, [*where, "--customer", "customer-a", "--env-profile", "customer_a"])
        shares.append(share(record, watched.seconds))
    yield SHARE.row(shares)


PART = Part("service", "a service like the real one", (SHARE, REQUESTS, MANY), measure)
