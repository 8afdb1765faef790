"""The ASGI application: gates, routing, errors."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from pytest_recsim.standin import gates
from pytest_recsim.standin.clock import Clock
from pytest_recsim.standin.errors import ApiError, envelope, internal, out_of_range, refused_by_database
from pytest_recsim.standin.http import Answer, Request, answer, query_of
from pytest_recsim.standin.quirks import NONE, Quirks
from pytest_recsim.standin.routes import OPEN_ROUTES, TENANT_ROUTES
from pytest_recsim.standin.routing import Match, Router, not_allowed
from pytest_recsim.standin.settings import from_environ
from pytest_recsim.standin.state import Service

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Log = Callable[[str, str, int, float], None]


def build(environ: Mapping[str, str], now: int | None = None, quirks: Quirks = NONE) -> App:
    """Make an application from environment variables; ``now`` (microseconds) freezes its clock.

    Raises ``SettingsError`` with every problem of the environment.
    """
    return App(Service(from_environ(environ), Clock(now), quirks))


class App:
    """One service behind ASGI; ``log`` is called with method, path, status, milliseconds after every request."""

    def __init__(self, service: Service, latency: float = 0.0, log: Log | None = None) -> None:
        self.service = service
        self._latency = latency
        self._log = log
        self._open = Router(OPEN_ROUTES)
        self._tenant = Router(TENANT_ROUTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = asyncio.get_running_loop().time()
        body = await _body_of(receive)
        reply = self.reply(scope, body)
        if self._latency:
            await asyncio.sleep(self._latency)
        if self._log is not None:
            milliseconds = (asyncio.get_running_loop().time() - started) * 1000.0
            self._log(scope["method"], scope["path"], reply.status, milliseconds)
        await send({"type": "http.response.start", "status": reply.status, "headers": _headers(reply)})
        await send({"type": "http.response.body", "body": reply.body})

    def reply(self, scope: Scope, body: bytes) -> Answer:
        """Answer one request; every refusal and every bug ends as an error envelope."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            return self._route(scope, headers, body)
        except ApiError as error:
            return self._refusal(error, headers)
        except FloatingPointError:
            return self._refusal(out_of_range(), headers)
        except RecursionError:
            return self._refusal(refused_by_database("stack depth limit exceeded"), headers)
        except Exception:  # noqa: BLE001 - the service must outlive any bug in a handler, as the real one does
            traceback.print_exc(file=sys.stderr)
            return self._refusal(internal(), headers)

    def _route(self, scope: Scope, headers: dict[bytes, bytes], body: bytes) -> Answer:
        method = scope["method"]
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        match, org = self._open.find(raw_path), ""
        if not match.methods:
            match = self._tenant.find(raw_path)
            if method != "OPTIONS":
                org = self._pass_gates(scope, headers)
        if method == "OPTIONS":
            return Answer(204, b"", "", not_allowed(match.methods).allow)
        return self._handle(
            match, method, Request(org, query_of(scope["query_string"]), headers, body, match.path_id)
        )

    def _handle(self, match: Match, method: str, request: Request) -> Answer:
        handler = match.methods.get(method)
        return not_allowed(match.methods) if handler is None else handler(self.service, request)

    def _pass_gates(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        org = gates.org_of(headers)
        key = gates.check_key(self.service.settings, headers, org)
        self.service.limiter.take(key, headers, scope.get("client"))
        return org

    def _refusal(self, error: ApiError, headers: dict[bytes, bytes]) -> Answer:
        correlation = (
            headers.get(b"x-request-id", b"").decode("latin-1") or f"standin/{self.service.next_serial():06d}"
        )
        return answer(envelope(error, correlation, self.service.clock.now()), error.status)


async def _body_of(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    chunks = [body]
    while message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
    return b"".join(chunks)


def _headers(reply: Answer) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-length", str(len(reply.body)).encode())]
    if reply.media_type:
        headers.append((b"content-type", reply.media_type.encode()))
    if reply.allow:
        headers.append((b"allow", reply.allow.encode()))
    return headers
