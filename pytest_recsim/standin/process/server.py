"""The HTTP server around the application."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from pytest_recsim.standin.process.connection import Connection, Lines

if TYPE_CHECKING:
    import socket

    from pytest_recsim.standin.process.app import App
    from pytest_recsim.standin.process.persistence import Keeper

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_BACKLOG = 2048
_IDLE_S, _GRACE_S = 90.0, 2.0


class Server:
    """Says where it listens, serves until it is told to stop, and stops without a word."""

    def __init__(self, app: App, keeper: Keeper | None, greeting: str | None) -> None:
        self.keeper = keeper
        self._app = app
        self._greeting = greeting
        self._lines = Lines()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._told = False

    def run(self, listener: socket.socket) -> None:
        """Serve on this socket until a signal comes or ``leave`` is called."""
        asyncio.run(self._serve(listener))

    def leave(self) -> None:
        """End at once, whatever thread says so; with a file to keep, as soon as it is written."""
        if self.keeper is None:
            os._exit(0)
        self._end(at_once=True)

    def _on_signal(self, *_: object) -> None:
        """Wait for answers that are due when first told, for nothing after that."""
        self._end(at_once=self._told)

    def _end(self, *, at_once: bool) -> None:
        self._told = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it is over already
                self._loop.call_soon_threadsafe(self._ended.set)
                if at_once:
                    self._loop.call_soon_threadsafe(self._lines.gone.set)

    async def _serve(self, listener: socket.socket) -> None:
        loop = self._loop = asyncio.get_running_loop()
        for number in _STOPPING:
            # A hang-up that nohup told us to ignore stays ignored.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        if self._told:  # before there was a loop
            return
        server = await loop.create_server(self._connect, sock=listener, backlog=_BACKLOG)
        background = [loop.create_task(self._tick())]
        if self.keeper is not None:
            background.append(loop.create_task(self.keeper.keep()))
        self._say_where(*listener.getsockname()[:2])
        loop.run_in_executor(None, _warm_up)
        await self._ended.wait()
        server.close()
        await self._see_off()
        for task in background:
            task.cancel()

    def _connect(self) -> Connection:
        return Connection(self._app, self._lines)

    def _say_where(self, host: str, port: int) -> None:
        sys.stdout.write(json.dumps({"port": port, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        if self._greeting:
            address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            sys.stderr.write(self._greeting.replace("URL", f"http://{address}"))

    async def _tick(self) -> None:
        """Keep the date of answers, and close connections that nobody uses."""
        while True:
            now = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time()))
            self._lines.date = f"date: {now}\r\n".encode()
            self._lines.close_idle(asyncio.get_running_loop().time() - _IDLE_S)
            await asyncio.sleep(1)

    async def _see_off(self) -> None:
        """Close all connections, after the answers that are due for as long as that is polite."""
        self._lines.end()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._lines.gone.wait(), _GRACE_S)


def _warm_up() -> None:
    """Import the ranking while the first writes come in."""
    import pytest_recsim.standin.ranking.api  # noqa: F401 - imported for its effect on the import cache
