"""A program of its own, which imports nothing of this package: pytest, ended as by Ctrl-C when the process that started it is gone.

Its standard input is a pipe that the other one holds. When that one is killed the pipe closes, and a run that goes on would
otherwise keep a service busy, and changed, with nobody who waits for it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> int:
    """Run pytest with this process's words."""
    import pytest

    owner = os.dup(0)  # pytest puts something else in its place
    threading.Thread(target=_watch, args=(owner,), name="recsim-owner", daemon=True).start()
    return int(pytest.main(sys.argv[1:]))


def _watch(owner: int) -> None:
    while os.read(owner, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
