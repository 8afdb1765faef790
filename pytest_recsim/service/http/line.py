"""One connection that is spoken to directly: HTTP/1.1, one question at a time, as little as can be between two sockets.

httpx over aiohttp takes four times the processor time of all else that becomes of a question. They stay the way through
proxies (see ``wiring``), whose errors these are named after.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import httptools

from pytest_recsim.service.http.body import Body

if TYPE_CHECKING:
    from collections.abc import Mapping

Answer = tuple[int, "Mapping[str, str]", bytes]
"""Status, headers with names in small letters, body."""
QUOTED = 400
MOST_OF_A_HEAD = 64_000


class NotHttp(Exception):  # noqa: N818 - it is told as a setback, nobody is shown this name
    """What came is no answer; the text quotes its beginning.

    Attributes:
        overlong: whether it is what follows an answer that said how long it is.
    """

    def __init__(self, text: str, *, overlong: bool = False) -> None:
        super().__init__(text)
        self.overlong = overlong


class Line(asyncio.Protocol):
    """One connection.

    Attributes:
        idle_since: the loop's time at which the last answer was complete.
    """

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._transport: asyncio.Transport
        self._waiting: asyncio.Future[Answer] | None = None
        self._stray = self._closed = False
        self._begin(0)

    def _begin(self, most: int) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: Body | None = None
        self._most, self._head_size = most, 0
        self._complete = self._kept = False

    @property
    def usable(self) -> bool:
        return not self._closed and not self._transport.is_closing()

    @property
    def stray(self) -> bool:
        """Whether something lies on it that nobody asked for."""
        return self._stray

    def close(self) -> None:
        self._closed = True
        self._transport.abort()

    async def ask(self, question: bytes, most: int) -> Answer:
        """Send a whole request and wait for its answer.

        Args:
            question: head and body.
            most: bytes that the unpacked body of a 2xx may have.

        Raises:
            BadBody: see ``Body``.
            NotHttp: what came is no HTTP.
            aiohttp.ClientError, OSError: the connection ended first.
        """
        self._begin(most)
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            self._transport.write(question)
            return await self._waiting
        except BaseException:
            self.close()
            raise
        finally:
            self._waiting = None

    # --- what asyncio calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._closed:
            return
        if self._waiting is None or self._waiting.done():
            self._stray = True
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(NotHttp("it wants to speak another protocol"))
        except httptools.HttpParserError as error:
            begun = self._body is not None and b"\r\n\r\n" in data  # its head is not what is wrong with it
            wrong = data.partition(b"\r\n\r\n")[2] if begun else data
            overlong = self._complete and "content-length" in self._headers
            self._fail(NotHttp(f"{error}: {wrong[:QUOTED]!r}", overlong=overlong))
        else:
            if self._complete or (self._body is not None and self._body.enough):
                self._finish()

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        if self._waiting is None or self._waiting.done():
            return
        if self._body is None:
            self._fail(error or aiohttp.ServerDisconnectedError())
        elif "content-length" in self._headers or "transfer-encoding" in self._headers:
            self._fail(aiohttp.ClientPayloadError("the body is not whole"))
        else:
            self._finish()

    # --- what the parser calls ---

    def on_message_begin(self) -> None:
        if self._complete:  # a second answer in one go, which nobody can take for the next question's
            self._closed = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if self._head_size > MOST_OF_A_HEAD:
            raise ValueError("its headers do not end")
        if self._complete:
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        if self._complete:
            return
        status = self._parser.get_status_code()
        if status < 200:  # to be followed by the answer itself
            self._headers.clear()
            return
        self._body = Body(status, self._headers.get("content-encoding", ""), self._most)

    def on_body(self, raw: bytes) -> None:
        if not self._complete and self._body is not None:
            self._body.feed(raw)

    def on_message_complete(self) -> None:
        if self._body is not None and not self._complete:
            self._complete = True
            self._kept = self._parser.should_keep_alive()

    def _finish(self) -> None:
        body, waiting = self._body, self._waiting
        assert body is not None
        assert waiting is not None
        if self._stray or not self._kept:
            self._closed = True
        try:
            waiting.set_result((body.status, self._headers, body.whole()))
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            waiting.set_exception(error)

    def _fail(self, error: Exception) -> None:
        self._closed = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
