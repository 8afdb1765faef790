"""How much of a running service's own rate the harness reaches, beside a bare client that asks the same questions.

    python -m benchmarks.bench_service --base-url URL --org-id UUID --namespace NS [--users 300] [--rounds 5]

The namespace must be seeded (`pytest --customer … --recsim-seed-only`). Each round asks the quality list of the same
users twice, once through the harness's client with its checks in passing and once with a bare aiohttp loop that only
reads bytes, in alternating order. Prints answers per second of both and the ratio per round with its median. Reads only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from pathlib import Path

import aiohttp
import msgspec

from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.safety.rows import MARKER_USER
from pytest_recsim.service.watch.watch import Watch


def ours(endpoint: Endpoint, asks: list[Ask]) -> float:
    """Answers per second of the harness's client, decoding and checking in passing included."""
    with Service(endpoint, see=Watch(None).see) as service:
        started = time.perf_counter()
        service.recommend(asks)
        return len(asks) / (time.perf_counter() - started)


def bare(endpoint: Endpoint, asks: list[Ask]) -> float:
    """Answers per second of a loop that sends the same bodies with as many in flight, and looks at no answer."""
    bodies = iter([msgspec.json.encode(ask.body(endpoint.namespace)) for ask in asks])
    headers = {"X-Org-ID": endpoint.org_id, "Content-Type": "application/json"}

    async def run() -> float:
        async with aiohttp.ClientSession(headers=headers) as session:

            async def worker() -> None:
                for body in bodies:
                    async with session.post(endpoint.base_url + "/v1/recommendations", data=body) as answer:
                        answer.raise_for_status()
                        await answer.read()

            started = time.perf_counter()
            await asyncio.gather(*(worker() for _ in range(endpoint.concurrency)))
            return len(asks) / (time.perf_counter() - started)

    return asyncio.run(run())


def users(endpoint: Endpoint, most: int) -> list[str]:
    """Ids of users of the namespace, without our marker."""
    with Service(endpoint) as service:
        rows = service.list_users(limit=min(most + 1, 1000)).items
    return [row.user_id for row in rows if row.user_id != MARKER_USER][:most]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--org-id", default="00000000-0000-0000-0000-000000000001")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    endpoint = Endpoint(
        options.base_url.rstrip("/"),
        options.org_id,
        options.namespace,
        timeout=120,
        concurrency=options.concurrency,
    )
    asks = [Ask(user) for user in users(endpoint, options.users)]
    if not asks:
        parser.error(f"namespace {options.namespace} has no users; seed it first")
    bare(endpoint, asks[:50])  # caches and connections are warm for both
    rounds = []
    for number in range(options.rounds):
        pair = [ours, bare] if number % 2 else [bare, ours]
        rate = {client.__name__: client(endpoint, asks) for client in pair}
        rounds.append(rate | {"ratio": rate["ours"] / rate["bare"]})
        print(
            f"round {number + 1}: ours {rate['ours']:.1f}/s, bare {rate['bare']:.1f}/s, ratio {rounds[-1]['ratio']:.3f}"
        )
    median = statistics.median(row["ratio"] for row in rounds)
    print(
        f"median ratio of {len(rounds)} rounds, {len(asks)} questions each, {options.concurrency} in flight: {median:.3f}"
    )
    if options.json:
        options.json.write_text(
            json.dumps({"schema_version": 1, "rounds": rounds, "median": median}, indent=2) + "\n"
        )


if __name__ == "__main__":
    main()
