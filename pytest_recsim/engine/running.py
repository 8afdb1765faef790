"""The processes of this worker's tasks, for whoever wants them to end: the cluster can cancel a task, not stop its thread."""

from __future__ import annotations

import signal
import subprocess
import threading
from contextlib import suppress

Process = subprocess.Popen[bytes]
_running: dict[str, dict[str, Process]] = {}
_ending: set[str] = set()
_lock = threading.Lock()


def begin(batch: str, task: str, process: Process) -> None:
    """Remember a process; one whose batch is being ended is told so at once."""
    with _lock:
        _running.setdefault(batch, {})[task] = process
    if is_ending(batch):
        interrupt(process)


def over(batch: str, task: str) -> None:
    with _lock:
        _running.get(batch, {}).pop(task, None)


def is_ending(batch: str) -> bool:
    return batch in _ending


def end(batch: str) -> list[str]:
    """End a batch on this worker, any number of times: nothing new is begun, what runs is told as by Ctrl-C.

    Returns:
        What still runs.
    """
    first = batch not in _ending
    with _lock:
        _ending.add(batch)
        found = dict(_running.get(batch, {}))
    for process in found.values() if first else ():
        interrupt(process)
    return sorted(found)


def interrupt(process: Process) -> None:
    """Ask a run to end as Ctrl-C does, so that it puts back what it changed."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
