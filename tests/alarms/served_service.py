"""A stand-in that somebody else runs: started from an env file, restarted by a command of its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kept_port import kept_port

if TYPE_CHECKING:
    from served_worlds import Served

RESTART = Path(__file__).parents[1] / "plugin" / "plugin_restart.py"
SLOW_START_S = 1.0


@dataclass(frozen=True)
class Running:
    """Where it is, what it starts with, and how it is restarted."""

    url: str
    env_file: Path
    restart_command: str


@contextmanager
def running(root: Path, world: Served, number: int) -> Iterator[Running]:
    """Start the service of a world and end it; the process is none of the suite's children."""
    env_file, pid_file = (root / f"{world.case.customer}.service{ending}" for ending in (".env", ".pid"))
    quirks = [f"--quirks={world.quirks}", f"--quirks-seed={number}", f"--slow-start-s={SLOW_START_S}"]
    with kept_port() as port:
        command = [sys.executable, str(RESTART), str(env_file), str(port), str(pid_file)]
        command += quirks if world.quirks else []
        subprocess.run(command, check=True, cwd=root, stdout=subprocess.DEVNULL, env=quiet())
        try:
            yield Running(f"http://127.0.0.1:{port}", env_file, shlex.join(command))
        finally:
            with suppress(OSError, ValueError):
                os.kill(int(pid_file.read_text()), signal.SIGTERM)


def quiet() -> dict[str, str]:
    """An environment without threads of its own, keys and proxies."""
    dropped = ("RECSYS_", "PYTEST_", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"OPENBLAS_NUM_THREADS": "1"}
