"""A proxy on the loopback interface, in front of one service: it lets requests through, or does something to them."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

from fault_wire import Reply, Request, ask, read_request, reset
from kept_port import kept_port
from waiting import LIMIT_S

PHASES = ("pre-flight", "seeding", "observing", "scenarios")
BAD_GATEWAY = Reply(502, (("Content-Type", "text/html"),), b"<html><h1>502 Bad Gateway</h1></html>")


class HangUp(Exception):  # noqa: N818 - it is how a line ends, not an error
    """This connection is over."""


@dataclass(frozen=True)
class When:
    """Which requests are hit.

    Attributes:
        name: a pattern for ``METHOD /path``; it has to match from the first character to the last.
        phase: a pattern for the phase of the run; empty = in all.
        surface: a pattern for the surface of a recommendation request.
        skip: that many matching requests pass first.
        times: that many are hit then; None = all from then on.
    """

    name: str
    phase: str = ""
    surface: str = ""
    skip: int = 0
    times: int | None = 1

    def matches(self, request: Request) -> bool:
        return bool(
            re.fullmatch(self.name, request.name)
            and (not self.phase or re.fullmatch(self.phase, request.phase))
            and (not self.surface or re.fullmatch(self.surface, request.surface))
        )


@dataclass
class Line:
    """One connection of a client, as an act sees it."""

    proxy: Proxy
    writer: asyncio.StreamWriter

    async def ask(self, request: Request) -> Reply:
        """Let the service answer; 502 when there is none, as gateways do."""
        proxy = self.proxy
        try:
            reply = await ask(proxy.host, proxy.target_port, request)
        except (OSError, EOFError):
            return BAD_GATEWAY
        proxy.passed.append(request)
        return reply

    async def say(self, reply: Reply) -> None:
        await self.send(reply.raw())

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    def reset(self) -> None:
        reset(self.writer)
        raise HangUp


Act = Callable[[Line, Request], Awaitable[None]]


@dataclass(frozen=True)
class Hit:
    """What is done to which requests."""

    when: When
    act: Act


class Proxy:
    """Listens in a thread of its own. A context manager.

    Attributes:
        url: where clients reach it.
        target_port: where the service is; may change while the proxy runs.
        phase: how far the run has come, judged by what it has sent.
        passed: requests that reached the service.
        hits: how often every act was carried out.
        beside: asks the service past the proxy, as somebody else would; set by whoever plays.
        restart: ends the service and starts another; set by whoever plays.
    """

    beside: Callable[..., Any]
    restart: Callable[[], None]

    host = "127.0.0.1"

    def __init__(self, target: str, hits: tuple[Hit, ...] = ()) -> None:
        self.target_port = urlsplit(target).port or 80
        self.phase = PHASES[0]
        self.passed: list[Request] = []
        self.hits = [0] * len(hits)
        self._matched = [0] * len(hits)
        self._armed = hits
        self._lines: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(LIMIT_S)
        self.url = f"http://{self.host}:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(LIMIT_S)

    @property
    def target(self) -> str:
        return f"http://{self.host}:{self.target_port}"

    @property
    def writes(self) -> list[str]:
        """What reached the service and changes something."""
        return [one.name for one in self.passed if one.method != "GET" and "recommendations" not in one.path]

    async def shut(self, seconds: float) -> None:
        """Refuse connections for a while, and end those that are open."""
        self._server.close()
        for writer in list(self._lines):
            reset(writer)
        await asyncio.sleep(seconds)
        self._server = await asyncio.start_server(self._client, self.host, self.port)

    def _run(self) -> None:
        with kept_port() as self.port:  # ours while it is shut, too
            asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._server = await asyncio.start_server(self._client, self.host, self.port)
        self._ready.set()
        await self._stop.wait()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._lines.add(writer)
        try:
            await self._converse(reader, Line(self, writer))
        except (HangUp, OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._lines.discard(writer)
            with contextlib.suppress(OSError):
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, line: Line) -> None:
        while True:
            request = await read_request(reader)
            self._advance(request)
            request = replace(request, phase=self.phase)
            act = self._due(request)
            if act is None:
                await line.say(await line.ask(request))
            else:
                await act(line, request)

    def _due(self, request: Request) -> Act | None:
        """Count a request against every armed hit and return the first act that is due."""
        due: list[Act] = []
        for number, hit in enumerate(self._armed):
            if not hit.when.matches(request):
                continue
            turn = self._matched[number] - hit.when.skip
            self._matched[number] += 1
            if turn >= 0 and (hit.when.times is None or turn < hit.when.times):
                self.hits[number] += 1
                due.append(hit.act)
        return due[0] if due else None

    def _advance(self, request: Request) -> None:
        """The run's own order: reads, writes, the configuration, lists on the plain surface, everything else."""
        steers = request.method != "GET" and "/v1/admin/" in request.path
        if self.phase == "pre-flight" and request.method == "POST" and request.path != "/v1/recommendations":
            self.phase = "seeding"
        elif self.phase == "seeding" and request.path == "/v1/admin/recommendation/config":
            self.phase = "observing"
        elif self.phase == "observing" and (steers or request.surface.startswith("recsim-")):
            self.phase = "scenarios"
