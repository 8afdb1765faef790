"""The client against a service that is not the bottleneck, beside wrk and other clients, in one run.

``python benchmarks/bench_client.py [--seconds 3] [--json OUT]``
Rates are compared within the run only. Without wrk on the PATH, bare sockets are the reference.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import ANSWER, Policy
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.watch.watch import Watch

ORG = "00000000-0000-0000-0000-000000000001"
PATH = "/v1/recommendations"
IN_FLIGHT = (8, 16, 32, 64)
DELAY_MS = 10
EVENTS = 20_000


def answer(size: int = 20) -> bytes:
    """An answer as the service gives it at level ``numeric``."""
    blend = {"alpha": 0.3, "beta": 0.5, "gamma": 0.2, "pop_norm": 0.76981, "cooc_norm": 0.66667}
    blend |= {"contrib": {"pop": 0.2309, "cooc": 0.3333}}
    items = [
        {
            "item_id": f"item-{place:06d}",
            "score": 2.0 - place / 100,
            "reasons": ["recent_popularity", "diversity"],
            "explain": {"blend": blend, "mmr": {"lambda": 0.35, "max_sim": 0.2}, "anchors": ["a", "b", "c"]},
        }
        for place in range(size)
    ]
    policy = {**dict.fromkeys(Policy.__struct_fields__[:16], 0), "final_count": size}
    extras = {"policy": policy, "recent_event_count": 9, "candidate_sources": {}, "signal_status": {}}
    return json.dumps(
        {"model_version": "popularity_v1", "items": items, "trace": {"extras": extras}}
    ).encode()


# --- the service: as little as can be between two sockets ---


class Canned(asyncio.Protocol):
    """Answers every request with the same body after a pause; ``/sink`` paths decode what they get."""

    def __init__(self, body: bytes, delay_s: float) -> None:
        self._reply = _http(200, body)
        self._accepted = _http(202, b'{"status":"accepted"}')
        self._delay, self._buffer = delay_s, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            if b"events:batch" in head.split(b"\r\n")[0]:
                msgspec.json.decode(body)
                self._transport.write(self._accepted)
            elif self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, self._reply)
            else:
                self._transport.write(self._reply)


def _http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(delay_ms: float) -> None:
    body = answer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Canned(body, delay_ms / 1000), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def served(delay_ms: float) -> Iterator[str]:
    words = [sys.executable, __file__, "--serve", str(delay_ms)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


# --- the clients: each returns answers per second ---


def ours(url: str, in_flight: int, seconds: float) -> float:
    endpoint = Endpoint(url, ORG, "ns", trust_env=False, concurrency=in_flight)
    batch = [Ask(f"user-{number:05d}") for number in range(in_flight * 40)]
    with Service(endpoint) as service:
        service.recommend(batch[:in_flight])
        done, started = 0, time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds:
            done += len(service.recommend(batch))
    return done / spent


def plain_httpx(url: str, in_flight: int, seconds: float) -> float:
    body = msgspec.json.encode(Ask("user-00001").body("ns"))
    headers = {"X-Org-ID": ORG, "Content-Type": "application/json"}

    async def run() -> float:
        limits = httpx.Limits(max_connections=in_flight)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
            done, started = 0, time.perf_counter()

            async def worker() -> None:
                nonlocal done
                while time.perf_counter() - started < seconds:
                    response = await client.post(url + PATH, content=body, headers=headers)
                    ANSWER.decode(response.content)
                    done += 1

            await asyncio.gather(*(worker() for _ in range(in_flight)))
            return done / (time.perf_counter() - started)

    return asyncio.run(run())


def wrk(url: str, in_flight: int, seconds: float) -> float:
    body = msgspec.json.encode(Ask("user-00001").body("ns")).decode()
    script = (
        f"wrk.method='POST'\nwrk.body={json.dumps(body)}\nwrk.headers['X-Org-ID']='{ORG}'\n"
        "wrk.headers['Content-Type']='application/json'\n"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        words = ["wrk", "-t1", f"-c{in_flight}", f"-d{max(1, round(seconds))}s", "-s", file.name, url + PATH]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return float(said.partition("Requests/sec:")[2].split()[0])


def bare_sockets(url: str, in_flight: int, seconds: float) -> float:
    body = msgspec.json.encode(Ask("user-00001").body("ns"))
    size = len(_http(200, answer()))
    request = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Org-ID: {ORG}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )

    async def run() -> float:
        done, started = 0, time.perf_counter()

        async def worker() -> None:
            nonlocal done
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            while time.perf_counter() - started < seconds:
                writer.write(request)
                await reader.readexactly(size)
                done += 1
            writer.close()

        await asyncio.gather(*(worker() for _ in range(in_flight)))
        return done / (time.perf_counter() - started)

    return asyncio.run(run())


# --- the parts ---


def bench_saturation(seconds: float) -> dict[str, float]:
    found: dict[str, float] = {}
    reference = wrk if shutil.which("wrk") else bare_sockets
    with served(DELAY_MS) as url:
        for in_flight in IN_FLIGHT:
            best = max(reference(url, in_flight, seconds) for _ in range(2))
            mine = statistics.median(ours(url, in_flight, seconds) for _ in range(3))
            found[f"{reference.__name__}_{in_flight}_per_s"] = best
            found[f"ours_{in_flight}_per_s"] = mine
            found[f"ours_{in_flight}_share"] = mine / best
            found[f"plain_httpx_{in_flight}_share"] = plain_httpx(url, in_flight, seconds) / best
    return found


def bench_null_service(seconds: float) -> dict[str, float]:
    with served(0) as url:
        return {"ours_8_per_s": statistics.median(ours(url, 8, seconds) for _ in range(3))}


def bench_answer(_: float) -> dict[str, float]:
    body = answer()
    ask = Ask("user-00001")
    known = {f"item-{place:06d}": True for place in range(1000)}
    watch = Watch(known)
    decoded = ANSWER.decode(body)
    seen = [Exchange(ask, decoded, 0.01, "u", ORG, "ns") for _ in range(2000)]  # ids are cached per exchange
    checked = iter(seen)
    return {
        "decode_typed_us": micro(lambda: ANSWER.decode(body)),
        "decode_json_us": micro(lambda: json.loads(body)),
        "contract_check_us": micro(lambda: watch.see(next(checked)), 2000),
    }


def micro(work: Callable[[], Any], times: int = 2000) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times * 1e6


def bench_seeding(_: float) -> dict[str, float]:
    rows = [
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
    with served(0) as url:
        with Service(Endpoint(url, ORG, "ns", trust_env=False)) as service:
            mine = statistics.median(timed(lambda: service.send_events(rows)) for _ in range(3))
        theirs = statistics.median(timed(lambda: _one_by_one(url, rows)) for _ in range(3))
    return {
        "ours_events_per_s": EVENTS / mine,
        "requests_events_per_s": EVENTS / theirs,
        "ratio": theirs / mine,
    }


def _one_by_one(url: str, rows: list[dict[str, Any]]) -> None:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        for start in range(0, len(rows), 500):
            body = {"namespace": "ns", "events": rows[start : start + 500]}
            session.post(f"{url}/v1/events:batch", json=body, headers={"X-Org-ID": ORG}).raise_for_status()


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        asyncio.run(serve(options.serve))
        return
    report: dict[str, object] = {"schema_version": 1, "load_average": os.getloadavg()[0]}
    print(f"load average {os.getloadavg()[0]:.1f} (above the number of cores, rates are understated)")
    for part in (bench_saturation, bench_null_service, bench_answer, bench_seeding):
        figures = report[part.__name__.removeprefix("bench_")] = part(options.seconds)
        for name, figure in figures.items():
            print(f"{part.__name__.removeprefix('bench_'):14} {name:28} {figure:12.3f}", flush=True)
    print(
        "goals: share >= 0.9 / 0.9 / 0.8 / 0.55, null service >= 3000 per s, check < 50 us, seeding >= 2.5 x"
    )
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
