"""Seeding events into a sink that parses them, beside what a script with requests and json reaches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.canned import served
from benchmarks.clients import ORG
from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.http.endpoint import Endpoint

EVENTS, BATCH = 40_000, 500
TARGET = Target(
    "seeding", "seeding", f"{EVENTS:,} events into a sink that parses", 4, at_most=False, unit="events per s",
    beside="requests + json",
)  # fmt: skip


def rows() -> list[dict[str, Any]]:
    return [
        {
            "user_id": f"user-{number % 977}",
            "item_id": f"item-{number % 313}",
            "type": number % 4,
            "value": 1.0,
            "ts": "2026-11-20T08:00:00Z",
            "meta": {},
            "source_event_id": f"recsim:{number}",
        }
        for number in range(EVENTS)
    ]


def one_by_one(url: str, events: list[dict[str, Any]]) -> None:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        for start in range(0, len(events), BATCH):
            body: Any = {"namespace": "ns", "events": events[start : start + BATCH]}
            session.post(f"{url}/v1/events:batch", json=body, headers={"X-Org-ID": ORG}).raise_for_status()


def rate(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return EVENTS / (time.perf_counter() - started)


def measure(bench: Bench) -> Iterator[Row]:
    events, mine, theirs = rows(), [], []
    with served(0) as url, Service(Endpoint(url, ORG, "ns", trust_env=False)) as service:
        for _ in range(bench.repeat):
            mine.append(rate(lambda: service.send_events(events)))
            theirs.append(rate(lambda: one_by_one(url, events)))
    yield TARGET.row(mine, theirs)


PART = Part("seeding", "events over HTTP", (TARGET,), measure)
