"""Clients that ask one service the same question as fast as they can; each returns answers per second."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time

import httpx
import msgspec

from benchmarks.canned import PATH, answer, http
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.contract.wire import ANSWER
from pytest_recsim.service.http.endpoint import Endpoint

ORG = "00000000-0000-0000-0000-000000000001"
QUESTIONS = 1724
"""As many as customer_a has judged users: the harness asks its quality lists in one go."""


def ours(url: str, in_flight: int, seconds: float) -> float:
    """The harness's client, which decodes every answer and takes its time."""
    endpoint = Endpoint(url, ORG, "ns", trust_env=False, concurrency=in_flight)
    batch = [Ask(f"user-{number:05d}") for number in range(QUESTIONS)]
    with Service(endpoint) as service:
        service.recommend(batch[:in_flight])
        done, started = 0, time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds:
            done += len(service.recommend(batch))
    return done / spent


def plain_httpx(url: str, in_flight: int, seconds: float) -> float:
    """What httpx does as most people write it; decodes too."""
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
    """The reference: C, one thread, looks at no answer."""
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
    """The reference where wrk is not installed: asyncio's streams, which know how long the answer is."""
    body = msgspec.json.encode(Ask("user-00001").body("ns"))
    size = len(http(200, answer()))
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Org-ID: {ORG}\r\nContent-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body

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


reference = wrk if shutil.which("wrk") else bare_sockets
