"""A proxy in front of a service that repeats whatever it is sent, and more: keys, passwords, its own configuration."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LEAKING = "leaking"
"""A list for this surface is refused, with everything in the refusal."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        said = {name.title(): value for name, value in self.headers.items() if name.lower() != "host"}
        self.server.heard.update(said)  # type: ignore[attr-defined]
        line = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=60)
        target = f"{url.path}?{url.query}" if url.query else url.path
        line.request(self.command, target, body, {**said, "Connection": "close"})
        answer = line.getresponse()
        status, found = answer.status, answer.read()
        line.close()
        if LEAKING.encode() in body:
            status, found = 422, json.dumps(self._refusal(said)).encode()
        elif url.path == "/version":
            facts = json.loads(found)
            found = json.dumps(facts | {"model_version": f"m-{self.headers['X-API-Key']}\x1b[31m"}).encode()
        elif url.path.endswith("/config") and self.command == "GET":
            document = json.loads(found)
            document.get("config", document).update(self.server.own)  # type: ignore[attr-defined]
            found = json.dumps(document).encode()
        self.send_response(status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _pass_on  # noqa: N815 - names that http.server asks for

    def _refusal(self, said: Mapping[str, str]) -> dict[str, Any]:
        return {
            "error": "internal",
            "message": f"bad key {said.get('X-Api-Key')} from {said.get('Proxy-Authorization')} \x1b[2J",
            "details": {"headers": dict(said), **self.server.own},  # type: ignore[attr-defined]
            "correlation_id": f"c-{said.get('X-Api-Key')}",
        }

    def version_string(self) -> str:
        return str(self.headers["X-API-Key"])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def indiscreet(own: Mapping[str, str]) -> Iterator[ThreadingHTTPServer]:
    """Run it; ``own`` are members of the service's configuration, ``heard`` are the headers that it was sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.own, server.heard = own, {}  # type: ignore[attr-defined]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
