"""Running the stand-in as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import uvicorn

from pytest_recsim.standin.app import App, Log
from pytest_recsim.standin.clock import Clock, parse_rfc3339
from pytest_recsim.standin.settings import SettingsError, from_environ
from pytest_recsim.standin.state import Service

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_GRACE_SECONDS = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or, with ``--owner-pipe``, the end of stdin; 2 for settings that cannot be used."""
    options = _options(argv)
    # Products this small only lose by threads, and the harness beside us needs the other cores. Read on numpy's import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if options.owner_pipe:
        threading.Thread(target=_die_with_owner, daemon=True).start()
    with contextlib.ExitStack() as stack:
        try:
            service = Service(from_environ(os.environ), Clock(options.now))
            listener = stack.enter_context(_bind(options.host, options.port))
            log = _log_to(stack.enter_context(options.access_log.open("a"))) if options.access_log else None
        except SettingsError as error:
            sys.stderr.write("\n".join(error.problems) + "\n")
            return 2
        except (OSError, OverflowError) as error:
            sys.stderr.write(f"Cannot serve on {options.host}:{options.port}: {error}.\n")
            return 2
        _Server(App(service, options.latency_ms / 1000.0, log)).run(sockets=[listener])
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pytest_recsim.standin", description="Serve the Recsys stand-in."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--now", type=_instant, help="freeze the service clock at this RFC 3339 instant")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to every answer")
    parser.add_argument("--access-log", type=Path, help="append one JSON line per request")
    parser.add_argument("--owner-pipe", action="store_true", help="exit when stdin ends")
    return parser.parse_args(argv)


def _instant(text: str) -> int:
    moment = parse_rfc3339(text)
    if moment is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not an RFC 3339 instant with offset")
    return moment


def _bind(host: str, port: int) -> socket.socket:
    # asyncio switches Nagle off only for sockets that name their protocol; without that every answer waits 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _die_with_owner() -> None:
    """Read stdin until its writer is gone, however it went, then leave at once."""
    descriptor = sys.stdin.fileno()
    while os.read(descriptor, 4096):
        pass
    os._exit(0)


def _log_to(file: TextIO) -> Log:
    def log(method: str, path: str, status: int, milliseconds: float) -> None:
        line = {"method": method, "path": path, "status": status, "ms": round(milliseconds, 3)}
        file.write(json.dumps(line) + "\n")
        file.flush()

    return log


class _Server(uvicorn.Server):
    """uvicorn that says where it listens and stops without a word."""

    def __init__(self, app: App) -> None:
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

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        port = (sockets or [])[0].getsockname()[1]
        sys.stdout.write(json.dumps({"port": port, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        asyncio.get_running_loop().run_in_executor(None, _warm_up)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on SIGTERM and SIGINT; uvicorn's own version would raise them again afterwards."""
        for number in _STOPPING:
            signal.signal(number, self.handle_exit)
        yield


def _warm_up() -> None:
    """Import the ranking while the first writes come in."""
    import pytest_recsim.standin.ranking.api  # noqa: F401 - imported for its effect on the import cache
