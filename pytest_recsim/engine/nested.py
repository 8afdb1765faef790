"""A program of its own, which imports nothing of this package: pytest with options that are given as values.

Its standard input is a pipe that the worker holds. When the worker is killed the pipe closes, and the run ends as by
Ctrl-C: it takes back what it changed, and leaves the namespace to whoever repeats the task.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

BEHIND = 120.0
"""Seconds after which a run that nobody waits for is ended for good."""


def main() -> int:
    """Run pytest; ``argv`` names the file with its options and places, and the one for why it was refused."""
    import pytest

    options, places = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    owner = os.dup(0)  # pytest puts something else in its place
    threading.Thread(target=_watch, args=(owner,), name="recsim-owner", daemon=True).start()
    config = None
    try:
        config = pytest.Config.fromdictargs(options, places)
        return int(config.hook.pytest_cmdline_main(config=config))
    except pytest.UsageError as error:
        Path(sys.argv[2]).write_text("\n".join(map(str, error.args)), encoding="utf-8")
        return int(pytest.ExitCode.USAGE_ERROR)
    finally:
        if config is not None:
            config._ensure_unconfigure()  # noqa: SLF001 - pytest.main does, and takes no values


def _watch(owner: int) -> None:
    while os.read(owner, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(BEHIND)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
