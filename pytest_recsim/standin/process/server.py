"""The HTTP server around the application."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

    from pytest_recsim.standin.process.app import App
    from pytest_recsim.standin.process.persistence import Keeper

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_GRACE_SECONDS = 2
_WARM_UP_AFTER_S = 0.05


class Server(uvicorn.Server):
    """uvicorn that says where it listens and stops without a word."""

    def __init__(self, app: App, keeper: Keeper | None, greeting: str | None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=2048,
                timeout_keep_alive=90,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self.keeper = keeper
        self._greeting = greeting
        self._writing: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """End at once; with a file to keep, as soon as it is written."""
        if self.keeper is None:
            os._exit(0)
        self.should_exit = self.force_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        sys.stdout.write(json.dumps({"port": port, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        if self._greeting:
            address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            sys.stderr.write(self._greeting.replace("URL", f"http://{address}"))
        if self.keeper is not None:
            self._writing = asyncio.create_task(self.keeper.keep())
        # A thread that imports holds up every answer for milliseconds: those who wait for the first one come first.
        loop = asyncio.get_running_loop()
        loop.call_later(_WARM_UP_AFTER_S, loop.run_in_executor, None, _warm_up)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on the usual signals; uvicorn's own version would raise them again afterwards."""
        for number in _STOPPING:
            # A hang-up that nohup told us to ignore stays ignored.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self.handle_exit)
        yield


def _warm_up() -> None:
    """Import the ranking while the first writes come in."""
    import pytest_recsim.standin.ranking.api  # noqa: F401 - imported for its effect on the import cache
