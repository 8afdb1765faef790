"""A service that is never the bottleneck: as little as can be between two sockets.

``python -m benchmarks.canned DELAY_MS`` serves until it is stopped, and prints its port first.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from pytest_recsim.service.contract.wire import Policy

PATH = "/v1/recommendations"


def answer(size: int = 20) -> bytes:
    """An answer as the service gives it at level ``numeric``."""
    blend = {"alpha": 0.3, "beta": 0.5, "gamma": 0.2, "pop_norm": 0.76981, "cooc_norm": 0.66667}
    told = {
        "blend": {**blend, "contrib": {"pop": 0.2309, "cooc": 0.3333}},
        "mmr": {"lambda": 0.35, "max_sim": 0.2},
        "anchors": ["a", "b", "c"],
    }
    reasons = ["recent_popularity", "diversity"]
    items = [
        {"item_id": f"item-{place:06d}", "score": 2.0 - place / 100, "reasons": reasons, "explain": told}
        for place in range(size)
    ]
    policy = {**dict.fromkeys(Policy.__struct_fields__[:16], 0), "final_count": size}
    extras = {"policy": policy, "recent_event_count": 9, "candidate_sources": {}, "signal_status": {}}
    return json.dumps(
        {"model_version": "popularity_v1", "items": items, "trace": {"extras": extras}}
    ).encode()


class Canned(asyncio.Protocol):
    """Answers every request with the same body after a pause; events are decoded and accepted."""

    def __init__(self, body: bytes, delay_s: float) -> None:
        self._reply = http(200, body)
        self._accepted = http(202, b'{"status":"accepted"}')
        self._delay, self._buffer = delay_s, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
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


def http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def exact() -> asyncio.AbstractEventLoop:
    """Make a loop that wakes up to the microsecond.

    epoll counts in whole milliseconds, rounded up: answers that are due one by one would each be late by half of one on
    average, and those of a client that sends all its questions at once hardly at all.
    """
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def serve(delay_ms: float) -> None:
    body = answer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Canned(body, delay_ms / 1000), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def served(delay_ms: float) -> Iterator[str]:
    """A process of its own; yields its URL."""
    words = [sys.executable, "-m", "benchmarks.canned", str(delay_ms)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=exact) as runner:
        runner.run(serve(float(sys.argv[1])))
