"""Restarts a service as an operator would: ends the one whose pid is noted, starts another with the env file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dotenv import dotenv_values


def main(env_file: str, port: str, pid_file: str) -> None:
    noted = Path(pid_file)
    if noted.exists():
        os.kill(int(noted.read_text()), 15)
    knobs = {name: value for name, value in dotenv_values(env_file, interpolate=False).items() if value}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_recsim.standin", "--port", port],
        env=os.environ | knobs,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    noted.write_text(str(process.pid))


if __name__ == "__main__":
    main(*sys.argv[1:])
