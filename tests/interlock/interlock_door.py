"""The way to a service, on which somebody else may act just before a request of the run gets there."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

READING = ("/v1/recommendations", "/v1/admin/rules/dry-run")
"""Asked with POST, and nothing changes."""
DROPPED = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class Passed:
    """A request that went through; ``at`` is when it was on its way, by the monotonic clock."""

    method: str
    path: str
    at: float

    @property
    def writes(self) -> bool:
        return self.method != "GET" and self.path not in READING

    @property
    def wipes(self) -> bool:
        return self.path.endswith(("items:delete", "users:delete", "events:delete"))


class Door:
    """Passes requests on, one of them after ``act`` was called.

    Attributes:
        passed: the requests so far.
        before: the request before which ``act`` was called; empty while it was not.
    """

    def __init__(self, url: str, before: int = 0, act: Callable[[], object] = lambda: None) -> None:
        self.passed: list[Passed] = []
        self.before = ""
        self._lock, self._before, self._act = Lock(), before, act
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, urlsplit(url).netloc))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def arrives(self, method: str, path: str) -> None:
        with self._lock:
            if len(self.passed) + 1 == self._before:
                self.before = f"{method} {path.partition('?')[0]}"
                self._act()
            self.passed.append(Passed(method, path.partition("?")[0], time.monotonic()))

    @property
    def writes(self) -> list[Passed]:
        return [one for one in self.passed if one.writes]


def _handler(door: Door, netloc: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet
        disable_nagle_algorithm = True

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            door.arrives(self.command, self.path)
            there = http.client.HTTPConnection(netloc, timeout=60)
            kept = {name: text for name, text in self.headers.items() if name.lower() not in DROPPED}
            there.request(self.command, self.path, body or None, kept | {"Host": netloc})
            answer = there.getresponse()
            content = answer.read()
            there.close()
            self.send_response(answer.status)
            for name, text in answer.getheaders():
                if name.lower() not in {*DROPPED, "date", "server"}:
                    self.send_header(name, text)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _pass_on  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler
