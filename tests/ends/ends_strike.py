"""The ways in which a run is ended."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from plugin.plugin_shop import children

if TYPE_CHECKING:
    from ends.ends_place import Place

INT, TERM, HUP, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL
SIGNALS = {
    "Ctrl-C": (INT,),
    "SIGTERM": (TERM,),
    "SIGHUP": (HUP,),
    "Ctrl-C, then Ctrl-C": (INT, INT),
    "SIGTERM, then Ctrl-C and SIGHUP": (TERM, INT, HUP),
    "kill -9": (KILL,),
}
OTHER, FULL = "kill -9 of another process", "disk full"
DIES, GONE = "service dies, comes back", "service dies, stays down"
ENDS = (*SIGNALS, OTHER, FULL, DIES, GONE)
BY_SIGNAL = {"Ctrl-C": {2}, "Ctrl-C, then Ctrl-C": {2}, "SIGTERM": {143}, "SIGHUP": {129}, "kill -9": {-9}}
ENDED = {
    **{name: codes | {10} for name, codes in BY_SIGNAL.items()},
    "SIGTERM, then Ctrl-C and SIGHUP": {143, 129, 2, 10},  # in one moment, the order is the system's
    OTHER: {0, 1, 2, 3, 4, 10, -9},  # a run without others is killed itself
    FULL: {0, 1, 3, 4, 10},
    DIES: {0, 1, 4, 10},
    GONE: {0, 1, 4, 10},
}
"""What a run may end with, besides 0 and 1 where the moment came when its end had begun; kill -9 leaves no time for a code."""


def hold_still(run: subprocess.Popen[str]) -> None:
    """Stop the run where it is, until it is struck."""
    run.send_signal(signal.SIGSTOP)
    while run.poll() is None and not _stopped(run.pid):
        time.sleep(0.001)


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def strike(place: Place, end: str, run: subprocess.Popen[str], dice: random.Random) -> None:
    """End the run, which holds still, or something that it needs."""
    if end in SIGNALS:
        _send(run, SIGNALS[end], dice)
        return
    run.send_signal(signal.SIGCONT)
    if end == OTHER:
        others = [pid for pid in children(run.pid) if pid != place.pid]
        with suppress(ProcessLookupError):
            os.kill(dice.choice(others or [run.pid]), KILL)
    elif end == FULL:
        place.fill()
    else:
        place.kill()
        if end == DIES:
            time.sleep(dice.uniform(0.0, 1.5))
            place.revive()


def _send(run: subprocess.Popen[str], numbers: tuple[signal.Signals, ...], dice: random.Random) -> None:
    run.send_signal(numbers[0])
    run.send_signal(signal.SIGCONT)
    for number in numbers[1:]:
        time.sleep(dice.choice((0.0, 0.01, 0.1, 0.5)))
        run.send_signal(number)
