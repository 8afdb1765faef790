"""The ASGI application: auth and rate limit, routing, errors."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import partial
from typing import Any

from pytest_recsim.standin.http import auth
from pytest_recsim.standin.http.door import MAX_BODY, Door, declared_too_large, too_large
from pytest_recsim.standin.http.errors import ApiError, envelope, internal, out_of_range, refused_by_database
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.http.query import query_of
from pytest_recsim.standin.process.handover import hand_over
from pytest_recsim.standin.process.routes import OPEN_ROUTES, TENANT_ROUTES
from pytest_recsim.standin.process.routing import Match, Router, not_allowed
from pytest_recsim.standin.settings.clock import Clock
from pytest_recsim.standin.settings.environment import from_environ
from pytest_recsim.standin.settings.quirks import NONE, Quirks
from pytest_recsim.standin.state.service import Service

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
    """One service behind ASGI; ``log`` is called with method, path, status, milliseconds after every request.

    Without a ``door`` everybody is let in; a body has at most ``max_body`` bytes. At most ``room`` answers are in work
    at once, ``latency`` (seconds, added to each) included; later requests wait in the order they came. 0 is no limit.
    """

    def __init__(
        self,
        service: Service,
        latency: float = 0.0,
        log: Log | None = None,
        door: Door | None = None,
        max_body: int = MAX_BODY,
        room: int = 0,
    ) -> None:
        self.service = service
        self._latency = latency
        self._log = log
        self._door = door
        self._max_body = max_body
        self._room: contextlib.AbstractAsyncContextManager[None] = (
            asyncio.Semaphore(room) if room else contextlib.nullcontext()
        )
        self._open = Router(OPEN_ROUTES)
        self._tenant = Router(TENANT_ROUTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = asyncio.get_running_loop().time()
        work = await self._asked(scope, receive)
        async with self._room:
            reply = work()
            if late := self._latency + reply.delay:
                await asyncio.sleep(late)
        if self._log is not None:
            milliseconds = (asyncio.get_running_loop().time() - started) * 1000.0
            self._log(scope["method"], scope["path"], reply.status, milliseconds)
        await send({"type": "http.response.start", "status": reply.status, "headers": _headers(reply)})
        await send({"type": "http.response.body", "body": reply.body})

    async def _asked(self, scope: Scope, receive: Receive) -> Callable[[], Answer]:
        """Read the request and return what is to be done about it."""
        try:
            if self._door is not None:
                self._door.check(scope["headers"])
            return partial(self.reply, scope, await self._body_of(scope, receive))
        except ApiError as error:
            return partial(self._refusal, error, dict(scope["headers"]))

    async def _body_of(self, scope: Scope, receive: Receive) -> bytes:
        """Read the body; raises ``ApiError`` as soon as it is known to be too large."""
        if declared_too_large(scope["headers"], self._max_body):
            raise too_large(self._max_body)
        message = await receive()
        chunks: list[bytes] = [message.get("body", b"")]
        size = len(chunks[0])
        while message.get("more_body"):
            message = await receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_body:
                raise too_large(self._max_body)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

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
        if self._door is not None and self._door.asks_for_token:
            handed = hand_over(self.service, method, raw_path, body)
            if handed is not None:
                self.service, reply = handed
                return reply
        match, org = self._open.find(raw_path), ""
        if not match.methods:
            match = self._tenant.find(raw_path)
            if method != "OPTIONS":
                org = self._admit(scope, headers)
        if method == "OPTIONS":
            return Answer(204, b"", "", not_allowed(match.methods).allow)
        return self._handle(
            match, method, Request(org, query_of(scope["query_string"]), headers, body, match.path_id)
        )

    def _handle(self, match: Match, method: str, request: Request) -> Answer:
        handler = match.methods.get(method)
        return not_allowed(match.methods) if handler is None else handler(self.service, request)

    def _admit(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        org = auth.org_of(headers)
        key = auth.check_key(self.service.settings, headers, org)
        self.service.limiter.take(key, headers, scope.get("client"))
        return org

    def _refusal(self, error: ApiError, headers: dict[bytes, bytes]) -> Answer:
        correlation = (
            headers.get(b"x-request-id", b"").decode("latin-1") or f"standin/{self.service.next_serial():06d}"
        )
        reply = answer(envelope(error, correlation, self.service.clock.now()), error.status)
        return reply._replace(delay=error.delay) if error.delay else reply


def _headers(reply: Answer) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-length", str(len(reply.body)).encode())]
    if reply.media_type:
        headers.append((b"content-type", reply.media_type.encode()))
    if reply.allow:
        headers.append((b"allow", reply.allow.encode()))
    return headers
