"""Running the stand-in as a process of its own."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pytest_recsim.standin.http.door import TOKEN_VARIABLE, Door
from pytest_recsim.standin.process import options as command_line
from pytest_recsim.standin.process.app import App, Log
from pytest_recsim.standin.process.options import USAGE
from pytest_recsim.standin.process.server import Server
from pytest_recsim.standin.settings.clock import Clock
from pytest_recsim.standin.settings.environment import SettingsError, from_environ
from pytest_recsim.standin.state.service import Service

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from pytest_recsim.standin.process.persistence import Keeper

_COLLECT = 50_000, 20, 50
_LOST, _INTERRUPTED = 1, 130
_SOME_ORG = "00000000-0000-0000-0000-000000000001"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT, SIGHUP or, with ``--owner-pipe``, the end of stdin.

    Returns 0, or 4 for settings that cannot be used, or 1 when the last snapshot could not be written.
    """
    options = command_line.read(argv)
    # Products this small only lose by threads, and the harness beside us needs the other cores. Read on numpy's import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with contextlib.ExitStack() as stack:
        try:
            server, listener = _prepare(options, stack)
        except SettingsError as error:
            sys.stderr.write("\n".join(error.problems) + "\n")
            return USAGE
        except KeyboardInterrupt:
            return _INTERRUPTED
        if options.owner_pipe:
            threading.Thread(target=_end_with_owner, args=(server.leave,), daemon=True).start()
        # What an answer is made of is freed as soon as it is sent; looking for cycles every 700 objects costs a tenth of it.
        gc.set_threshold(*_COLLECT)
        server.run(sockets=[listener])
        return 0 if server.keeper is None or server.keeper.close() else _LOST


def _prepare(options: argparse.Namespace, stack: contextlib.ExitStack) -> tuple[Server, socket.socket]:
    """Set up everything that can fail; raises ``SettingsError``."""
    service = Service(from_environ(os.environ), Clock(options.now), options.quirks)
    listener = stack.enter_context(_bind(options.host, options.port))
    logs = [_log_to(stack.enter_context(_open(options.access_log)))] if options.access_log else []
    keeper = _keeper(options.snapshot, service) if options.snapshot else None
    if keeper:
        logs.append(keeper.note)
    door = Door(options.host, os.environ.get(TOKEN_VARIABLE, ""))
    app = App(service, options.latency_ms / 1000.0, _all(logs), door, room=options.room)
    return Server(app, keeper, _greeting(options, service) if options.announce else None), listener


def _bind(host: str, port: int) -> socket.socket:
    # asyncio switches Nagle off only for sockets that name their protocol; without that every answer waits 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(
            [f"--port: {host}:{port} cannot be used: {reason}; 0 takes a free one."]
        ) from None
    return listener


def _open(path: Path) -> TextIO:
    try:
        return path.open("a")
    except OSError as error:
        raise SettingsError([f"--access-log: {path} cannot be written: {error.strerror}."]) from None


def _keeper(path: Path, service: Service) -> Keeper:
    from pytest_recsim.standin.process.persistence import Keeper, KeepError

    keeper = Keeper(path, service)
    try:
        keeper.open()
    except KeepError as error:
        raise SettingsError([str(error)]) from None
    return keeper


def _end_with_owner(leave: Callable[[], None]) -> None:
    """Read stdin until its writer is gone, however it went, then leave."""
    descriptor = sys.stdin.fileno()
    while os.read(descriptor, 4096):
        pass
    leave()


def _all(logs: list[Log]) -> Log | None:
    def log(method: str, path: str, status: int, milliseconds: float) -> None:
        for each in logs:
            each(method, path, status, milliseconds)

    return log if len(logs) > 1 else logs[0] if logs else None


def _log_to(file: TextIO) -> Log:
    def log(method: str, path: str, status: int, milliseconds: float) -> None:
        line = {"method": method, "path": path, "status": status, "ms": round(milliseconds, 3)}
        file.write(json.dumps(line) + "\n")
        file.flush()

    return log


def _greeting(options: argparse.Namespace, service: Service) -> str:
    """Return what people are told, with ``URL`` where the address belongs."""
    kept = f"kept in {options.snapshot}" if options.snapshot else "gone when it stops"
    key = " -H 'X-API-Key: KEY'" if service.settings.auth_enabled else ""
    return (
        f"Recsys stand-in on URL with profile {options.announce}; what you send it is {kept}.\n"
        f"Try it:  curl -s URL/v1/recommendations -H 'X-Org-ID: {_SOME_ORG}'{key} -d '{{\"user_id\": \"u1\"}}'\n"
        "Stop it: Ctrl-C\n"
    )
