"""Stand-ins of any checkout as processes, seeded and asked over plain sockets: as little client as possible."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.clients import ORG
from benchmarks.rows import NotMeasured
from benchmarks.today import Checkout
from benchmarks.watched import quiet
from benchmarks.worlds import Rows

K, CONNECTIONS = 20, 4
NAMESPACE = "bench"


def serve(checkout: Checkout, *more: str) -> list[str]:
    """The command that serves the ``prod`` profile."""
    return [str(checkout.python.parent / "recsim"), "serve", "--env-profile", "prod", *more]


@contextlib.contextmanager
def running(words: Sequence[str], folder: Path) -> Iterator[int]:
    """Yield the port of a service that prints it as JSON, and end it."""
    with subprocess.Popen(
        words,
        cwd=folder,
        env=dict(quiet()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.strip():
                raise NotMeasured(f"`{Path(words[0]).name} {' '.join(words[1:])}` did not start")
            yield json.loads(line)["port"]
        finally:
            process.terminate()


def first_answer(words: Sequence[str], folder: Path) -> float:
    """Milliseconds from spawning a service to its first answer."""
    start = time.perf_counter()
    with running(words, folder) as port, Connection(port) as connection:
        connection.send(request("GET", "/health"))
        return (time.perf_counter() - start) * 1000


def writes(rows: dict[str, Rows]) -> Iterator[bytes]:
    """A fixture's rows as requests; an item that does not say so is available there, and hidden by the service."""
    shown = {**rows, "items": [{"available": True} | item for item in rows["items"]]}
    for name, path in (("items", "items:upsert"), ("users", "users:upsert"), ("events", "events:batch")):
        for start in range(0, len(shown[name]), 5000):
            body = {"namespace": NAMESPACE, name: shown[name][start : start + 5000]}
            yield request("POST", f"/v1/{path}", json.dumps(body).encode())


def questions(rows: dict[str, Rows]) -> list[bytes]:
    bodies = ({"namespace": NAMESPACE, "user_id": user["user_id"], "k": K} for user in rows["users"])
    return [request("POST", "/v1/recommendations", json.dumps(body).encode()) for body in bodies]


def request(method: str, path: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Org-ID: {ORG}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Connection(contextlib.AbstractContextManager["Connection"]):
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, message: bytes) -> bytes:
        """Send a request and return the body of its answer; anything but a success fails."""
        self._socket.sendall(message)
        data = self._more()
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        if b" 20" not in head[:12]:
            raise NotMeasured(f"a service answered {head[:40]!r}")
        size = next(
            (line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"0"
        )
        rest, missing = [body], int(size) - len(body)
        while missing > 0:
            rest.append(self._more())
            missing -= len(rest[-1])
        return b"".join(rest)

    def _more(self) -> bytes:
        data = self._socket.recv(1 << 16)
        if not data:
            raise NotMeasured("a service closed the connection")
        return data


def rate(port: int, messages: list[bytes]) -> float:
    """Requests a second over a few connections at once."""
    failed: list[BaseException] = []

    def work(mine: list[bytes]) -> None:
        try:
            with Connection(port) as connection:
                for message in mine:
                    connection.send(message)
        except (NotMeasured, OSError) as error:
            failed.append(error)

    shares = [messages[place::CONNECTIONS] for place in range(CONNECTIONS)]
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return len(messages) / (time.perf_counter() - start)


def try_out(port: int, messages: list[bytes]) -> None:
    """Ask every question once; raises ``NotMeasured`` where a list is not full, which would be less work than the row says."""
    with Connection(port) as connection:
        for message in messages:
            listed = len(json.loads(connection.send(message))["items"])
            if listed < K:
                raise NotMeasured(f"a list has {listed} of {K} items")


def seed(port: int, rows: dict[str, Any]) -> None:
    with Connection(port) as connection:
        for message in writes(rows):
            connection.send(message)
