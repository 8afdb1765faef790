"""Starting the stand-in service as a subprocess, and making sure that it ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Self

import msgspec

from pytest_recsim.clock import monotonic
from pytest_recsim.data.input.problems import InputError, Problem

MODULE = "pytest_recsim.standin"
START_S, STOP_S, ENDING_S = 60.0, 5.0, 1.0
TAIL = 600
SILENT = "it wrote nothing"
TOKEN_VARIABLE = "RECSIM_STANDIN_TOKEN"  # noqa: S105 - a name
KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "TZ", "LANG")


class Hello(msgspec.Struct, frozen=True):
    """The line with which the stand-in says that it listens."""

    port: int
    pid: int


@dataclass(frozen=True)
class StandIn:
    """A running stand-in. A context manager; it also ends when this process does (its stdin closes).

    Attributes:
        url: its base URL on the loopback interface.
        pid: its process id.
    """

    url: str
    pid: int
    _process: subprocess.Popen[bytes]
    _stderr: IO[bytes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ended(self) -> str:
        """Say how it ended by itself, empty where it runs; to be asked when it has given no answer."""
        with suppress(subprocess.TimeoutExpired):  # its connections close a moment before it is gone
            self._process.wait(ENDING_S)
        return _ended(self._process, self.complaints())

    def complaints(self) -> str:
        """Return the end of what it wrote to stderr; an empty string once it is stopped."""
        return "" if self._stderr.closed else _tail(self._stderr)

    def stop(self) -> None:
        """End it; any number of times."""
        _end(self._process)
        self._stderr.close()


def launch(
    env: Mapping[str, str],
    now: datetime | None = None,
    access_log: Path | None = None,
    latency_ms: float = 0,
    *,
    quirks: str = "",
    token: str = "",
    module: str = MODULE,
) -> StandIn:
    """Start a stand-in on a free loopback port and wait until it listens.

    Args:
        env: the knobs; besides them only what Python needs is passed on, never the user's own variables.
        now: the instant its clock is frozen at, with offset; None = a running clock.
        access_log: a file that gets one line per request.
        latency_ms: added to every answer.
        quirks: known defects of the real service to reproduce, a comma list or `all`.
        token: answer only requests that carry it (``Endpoint.token``); handed over in the environment, which other
            users cannot read.
        module: what is run; tests put another one here.

    Raises:
        InputError: it did not start within a minute (it takes a tenth of a second, but a machine may be busy); says what it wrote to stderr.
    """
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process, StandIn.stop closes it
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        [*_command(module, now, access_log, latency_ms), *([f"--quirks={quirks}"] if quirks else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=_environment(env) | ({TOKEN_VARIABLE: token} if token else {}),
        start_new_session=True,  # Ctrl-C in the terminal must not end it before we have cleaned up
    )
    try:
        hello = _hello(process, stderr)
    except BaseException:
        _end(process)
        stderr.close()
        raise
    return StandIn(f"http://127.0.0.1:{hello.port}", hello.pid, process, stderr)


def _command(module: str, now: datetime | None, access_log: Path | None, latency_ms: float) -> list[str]:
    # -P keeps a stray `json.py` in the user's folder from being imported instead of the real one
    command = [sys.executable, "-P", "-m", module, "--port", "0", "--owner-pipe"]
    if now is not None:
        command += ["--now", now.isoformat()]
    if access_log is not None:
        command += ["--access-log", str(access_log.absolute())]
    if latency_ms:
        command += ["--latency-ms", f"{latency_ms:g}"]
    return command


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("LC_")}
    source = Path(__file__).resolve().parents[2]
    if source.name not in {"site-packages", "dist-packages"}:  # a checkout that may not be installed
        kept["PYTHONPATH"] = os.pathsep.join(part for part in (kept.get("PYTHONPATH"), str(source)) if part)
    return {**kept, **env}


def _hello(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> Hello:
    line = _first_line(process)
    try:
        return msgspec.json.decode(line, type=Hello)
    except msgspec.DecodeError:
        said = _tail(stderr) or line.decode("utf-8", "replace").strip()
        silent = f"the embedded service did not say where it listens: {said or SILENT}"
        raise InputError(Problem("stand-in", _ended(process, said) or silent)) from None


def _ended(process: subprocess.Popen[bytes], said: str) -> str:
    code = process.poll()
    if code is None:
        return ""
    how = f"by signal {-code}" if code < 0 else f"with code {code}"
    return f"the embedded service ended {how}: {said or SILENT}"


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    """Read up to the first line break, the end of the stream, or the time limit."""
    assert process.stdout is not None
    out, line, deadline = process.stdout.fileno(), b"", monotonic() + START_S
    while b"\n" not in line:
        ready, _, _ = select.select([out], [], [], max(0.0, deadline - monotonic()))
        chunk = os.read(out, 4096) if ready else b""
        if not chunk:
            with suppress(subprocess.TimeoutExpired):  # let it end, so that its exit code can be told
                process.wait(STOP_S)
            break
        line += chunk
    return line.partition(b"\n")[0]


def _tail(stderr: IO[bytes]) -> str:
    # pread, because the process writes through the same file offset
    size = os.fstat(stderr.fileno()).st_size
    return os.pread(stderr.fileno(), TAIL, max(0, size - TAIL)).decode("utf-8", "replace").strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    process.stdout.close()
