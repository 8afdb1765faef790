"""One connection: HTTP/1.1 as the parser reads it, answered in the order it was asked.

There is as little as can be between the socket and the application: what a server for any application makes of a request
(a task, messages, locks) costs half as much as ranking a list.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httptools

from pytest_recsim.standin.http.door import too_large
from pytest_recsim.standin.http.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_recsim.standin.http.messages import Answer
    from pytest_recsim.standin.process.app import App, Scope

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 30\r\n"
    b"connection: close\r\n\r\nInvalid HTTP request received."
)


class Lines:
    """What all connections share.

    Attributes:
        open: those that have not ended.
        date: the header line that says when an answer was given.
        ending: whether each of them ends with the answer that is due.
        gone: set when they all have.
    """

    def __init__(self) -> None:
        self.open: set[Connection] = set()
        self.date = b""
        self.ending = False
        self.gone = asyncio.Event()

    def close_idle(self, before: float) -> None:
        """Close the connections on which nothing came since this instant of the loop's clock."""
        for connection in list(self.open):
            if connection.idle and connection.since < before:
                connection.close()

    def end(self) -> None:
        """Close every connection, one with an answer due after that."""
        self.ending = True
        for connection in list(self.open):
            if connection.idle:
                connection.close()
        self._look()

    def left(self, connection: Connection) -> None:
        """Take notice that a connection has ended."""
        self.open.discard(connection)
        self._look()

    def _look(self) -> None:
        if self.ending and not self.open:
            self.gone.set()


class _Asked:
    """A request as far as it has come; ``work`` is what there is to do about it, once that is known."""

    __slots__ = ("expects", "kept", "parts", "scope", "size", "started", "work")

    def __init__(self, scope: Scope, started: float, *, kept: bool, expects: bool) -> None:
        self.scope = scope
        self.started = started
        self.kept = kept
        self.expects = expects
        self.parts: list[bytes] = []
        self.size = 0
        self.work: Callable[[], Answer]


class Connection(asyncio.Protocol):
    """One client's connection to the application.

    Attributes:
        since: when something was last received or sent, by the loop's clock.
    """

    def __init__(self, app: App, lines: Lines) -> None:
        self._app = app
        self._lines = lines
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._client: tuple[str, int] | None = None
        self._asked: _Asked | None = None
        self._ready: deque[_Asked] = deque()
        self._late: asyncio.Task[None] | None = None
        self._full = self._broken = False
        self.since = self._loop.time()

    @property
    def idle(self) -> bool:
        """Whether no answer is due."""
        return self._asked is None and not self._ready and self._late is None

    @property
    def closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._ready.clear()
        self._transport.close()

    # --- what the loop calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is no subclass
        peer = transport.get_extra_info("peername")
        self._client = (str(peer[0]), int(peer[1])) if peer else None
        self._lines.open.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._lines.left(self)
        self._ready.clear()

    def data_received(self, data: bytes) -> None:
        self.since = self._loop.time()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._broken, self._asked = True, None
        self._serve()
        asked = self._asked
        if asked is not None and asked.expects and not self._ready and self._late is None:
            asked.expects = False
            self._transport.write(_CONTINUE)

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self._parser.feed_data(data)
            except (
                httptools.HttpParserUpgrade
            ) as wish:  # another protocol is asked for; we go on with this one
                data = data[wish.args[0] :]
            else:
                return

    def pause_writing(self) -> None:
        """Take no more questions from somebody who does not fetch the answers."""
        self._full = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._full = False
        self._go_on()

    # --- what the parser calls ---

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        headers, url = self._headers, httptools.parse_url(self._url)
        self._headers = []  # what comes behind a body is no part of the head
        path, modern = url.path.decode("ascii"), self._parser.get_http_version() != "1.0"
        scope: Scope = {
            "type": "http",
            "method": self._parser.get_method().decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
            "headers": headers,
            "client": self._client,
        }
        kept, expects = modern and self._parser.should_keep_alive(), modern and _expects(headers)
        asked = self._asked = _Asked(scope, self.since, kept=kept, expects=expects)
        try:
            self._app.admit(headers)
        except ApiError as error:
            self._refuse(asked, error)

    def on_body(self, body: bytes) -> None:
        asked = self._asked
        if asked is None:
            return
        asked.parts.append(body)
        asked.size += len(body)
        if asked.size > self._app.max_body:
            self._refuse(asked, too_large(self._app.max_body))

    def on_message_complete(self) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            body = asked.parts[0] if len(asked.parts) == 1 else b"".join(asked.parts)
            asked.work = partial(self._app.reply, asked.scope, body)
            self._ready.append(asked)

    def _refuse(self, asked: _Asked, error: ApiError) -> None:
        """Answer at once; the rest of the body is read and forgotten."""
        self._asked = None
        asked.work = self._app.refusal(asked.scope, error)
        self._ready.append(asked)

    # --- answering ---

    def _serve(self) -> None:
        """Answer what is ready, one after another."""
        while self._ready and self._late is None and not self._full:
            asked = self._ready.popleft()
            if self._app.waits:
                self._answer_later(asked, asked.work)
                return
            reply = asked.work()
            if reply.delay:
                self._answer_later(asked, partial(_given, reply))
                return
            self._answer(asked, reply)
        if self._broken and self.idle and not self.closing:
            self._transport.write(_NO_HTTP)
            self.close()

    def _answer_later(self, asked: _Asked, work: Callable[[], Answer]) -> None:
        async def late() -> None:
            reply = await self._app.in_turn(work)
            self._late, self.since = None, self._loop.time()
            self._answer(asked, reply)
            self._go_on()

        self._transport.pause_reading()
        self._late = self._loop.create_task(late())

    def _answer(self, asked: _Asked, reply: Answer) -> None:
        self._app.note(asked.scope, reply, self._loop.time() - asked.started)
        if self.closing:
            return
        kept = asked.kept and not self._lines.ending
        head = [_first_line(reply.status), self._lines.date]
        head += [b"%b: %b\r\n" % header for header in reply.headers]
        head.append(b"\r\n" if kept else b"connection: close\r\n\r\n")
        if asked.scope["method"] != "HEAD":
            head.append(reply.body)
        self._transport.write(b"".join(head))
        if not kept:
            self.close()

    def _go_on(self) -> None:
        self._serve()
        if self._late is None and not self._full and not self.closing:
            self._transport.resume_reading()


def _expects(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"expect" and value.lower() == b"100-continue" for name, value in headers)


def _given(reply: Answer) -> Answer:
    return reply


@cache
def _first_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
