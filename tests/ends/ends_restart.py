"""What keeps the service running, as a supervisor would: starts it from its env file, one start at a time.

    python ends_restart.py FOLDER PORT

A second start waits for the first; nobody who is ended in the middle leaves two services or none for long.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from dotenv import dotenv_values


def main(folder: Path, port: str) -> None:
    with (folder / "restart.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        end(folder / "pid")
        knobs = {
            name: text for name, text in dotenv_values(folder / "api.env", interpolate=False).items() if text
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest_recsim.standin", "--port", port, "--quirks", "order"],
            env=os.environ | knobs,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        (folder / "pid").write_text(str(process.pid))
        ready, _, _ = select.select([process.stdout], [], [], 30)
        if not ready or not process.stdout.readline():
            sys.exit("the service does not start")


def end(noted: Path) -> None:
    """End the service that runs, if one does, and wait until it is gone."""
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        pid = int(noted.read_text())
        if not serves(pid):  # its number may be somebody else's by now
            return
        os.kill(pid, signal.SIGKILL)
        while alive(pid):
            time.sleep(0.01)


def serves(pid: int) -> bool:
    """Whether a process is a stand-in of ours."""
    try:
        return b"pytest_recsim.standin" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
