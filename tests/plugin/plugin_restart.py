"""Restarts a service as an operator would: ends the one whose pid is noted, starts another with the env file.

Usage: ENV_FILE PORT PID_FILE [more words for the stand-in]. It comes back when the new one answers. Whatever keeps that from happening is one sentence and an exit code of 1.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dotenv import dotenv_values

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kept_port import is_free
from waiting import gone

END_S, START_S = 40.0, 60.0
"""Together less than the patience of the run that started us, so that it hears our sentence."""


def main(env_file: str, port: str, pid_file: str, *more: str) -> None:
    noted = Path(pid_file)
    if noted.exists():
        end_old(int(noted.read_text()), int(port))
        noted.unlink()
    knobs = {name: value for name, value in dotenv_values(env_file, interpolate=False).items() if value}
    with Path(f"{pid_file}.stderr").open("w+") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest_recsim.standin", "--port", port, *more],
            env=os.environ | knobs,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
        noted.write_text(str(process.pid))
        if not answers(process, port):
            process.kill()
            code = process.wait()
            noted.unlink()
            stderr.seek(0)
            sys.exit(
                f"the new service does not answer on port {port} (code {code}): {stderr.read().strip() or 'no word'}"
            )


def end_old(pid: int, port: int) -> None:
    """Tell the old service to end and wait until it has, and has let go of its port.

    Where nobody holds the port it is gone, and its number may by now be that of somebody else's process.
    """
    if is_free(port):
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if not within(END_S, lambda: gone([pid])):
        sys.exit(f"the old service (pid {pid}) still runs {END_S:g} s after it was told to end")
    if not within(END_S, lambda: is_free(port)):
        sys.exit(f"port {port} is still taken {END_S:g} s after the old service ended")


def answers(process: subprocess.Popen[bytes], port: str) -> bool:
    """Wait until this very process says that it listens, and then answers."""
    ready, _, _ = select.select([process.stdout], [], [], START_S)
    line = process.stdout.readline() if ready and process.stdout else b""
    if not line or json.loads(line)["pid"] != process.pid:
        return False
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError), opener.open(f"http://127.0.0.1:{port}/health", timeout=START_S) as answer:
        return answer.status == 200
    return False


def within(limit_s: float, question: Callable[[], bool]) -> bool:
    end = time.monotonic() + limit_s
    while not (answer := question()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


if __name__ == "__main__":
    main(*sys.argv[1:])
