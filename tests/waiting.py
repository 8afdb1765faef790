"""Waiting for what must come true, with a limit that only a fault reaches, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LIMIT_S = 120.0
"""For everything that takes a second on a quiet machine: a start, an end, an answer."""


def eventually(question: Callable[[], object], limit_s: float = LIMIT_S) -> Any:
    """Ask until the answer is truthy."""
    end = time.monotonic() + limit_s
    while not (answer := question()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return answer


def gone(pids: Sequence[int]) -> bool:
    """Whether none of these processes runs any more (an unreaped one does not)."""

    def runs(pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state not in "ZX"

    return not any(map(runs, pids))
