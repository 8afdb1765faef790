"""The connections to one service: kept while they are used, given to one question at a time."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from pytest_recsim.service.http.line import Answer, Line

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

IDLE_S = 4.0
"""Idle connections are dropped before common servers (uvicorn: 5 s) close them under us."""
HAPPY_EYEBALLS_S = 0.25


class Unreachable(Exception):  # noqa: N818 - it is told as a setback, nobody is shown this name
    """Nobody took the connection.

    Attributes:
        os_error: why.
    """

    def __init__(self, os_error: OSError) -> None:
        super().__init__(str(os_error))
        self.os_error = os_error


class Lines:
    """A pool that gives no connection away on which something lies that nobody asked for.

    Such bytes (an answer sent twice) would be read as the answer to the next question, and from then on
    everybody would get the list of somebody else. That may have happened already: a copy that arrives while
    the next question is on its way cannot be told from its answer, and then the true answer is what lies here.
    """

    def __init__(
        self, base: httpx.URL, trust: ssl.SSLContext | None, most: int, stray: Callable[[], None]
    ) -> None:
        self._host = base.raw_host.decode("ascii")
        self._port = base.port or (443 if trust else 80)
        self._trust = trust
        self._stray = stray
        self._room = asyncio.Semaphore(most)
        self._idle: list[Line] = []

    async def ask(self, question: bytes, most: int) -> Answer:
        """Send a request over a connection of its own until it is answered.

        Raises:
            Unreachable: no connection could be made.
            ssl.SSLError: its certificate is not to be trusted.
            BadBody, NotHttp, aiohttp.ClientError, OSError: see ``Line.ask``.
        """
        async with self._room:
            line = self._kept() or await self._connected()
            answer = await line.ask(question, most)
            if line.usable:
                line.idle_since = asyncio.get_running_loop().time()
                self._idle.append(line)
            else:
                self._drop(line)
            return answer

    async def aclose(self) -> None:
        while self._idle:
            self._idle.pop().close()
        await asyncio.sleep(0)

    def _kept(self) -> Line | None:
        """Return the connection that was used last, if there is one that may still be used."""
        earliest = asyncio.get_running_loop().time() - IDLE_S
        while self._idle:
            line = self._idle.pop()
            if line.usable and line.idle_since >= earliest:
                return line
            self._drop(line)
        return None

    def _drop(self, line: Line) -> None:
        if line.stray:
            self._stray()
        line.close()

    async def _connected(self) -> Line:
        try:
            _, line = await asyncio.get_running_loop().create_connection(
                Line,
                self._host,
                self._port,
                ssl=self._trust,
                happy_eyeballs_delay=HAPPY_EYEBALLS_S,
            )
        except ssl.SSLError:
            raise
        except OSError as error:
            raise Unreachable(error) from None
        return line
