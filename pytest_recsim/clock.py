"""Clocks that a test cannot freeze or shift: the service and its deadlines go by the real ones.

A scenario of the user's may run under freezegun or time-machine. The events that were replayed for it, and the patience
with a service, must not move with it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec

_REAL = (
    time.time,
    time.monotonic,
    time.perf_counter,
    datetime,
)  # in a tuple, where freezegun does not look for names


def wall() -> float:
    """Seconds since 1970."""
    hatch = getattr(sys.modules.get("time_machine"), "escape_hatch", None)  # it changes the function itself
    real: Callable[[], float] = hatch.time.time if hatch is not None and hatch.is_travelling() else _REAL[0]
    return real()


def utc_now() -> datetime:
    return _REAL[3].fromtimestamp(wall(), UTC)


def monotonic() -> float:
    """Seconds that only ever grow, for deadlines and durations."""
    return _REAL[1]()


def perf_counter() -> float:
    """Seconds as fine as they can be had, for durations."""
    return _REAL[2]()


def keep_real() -> None:
    """Tell freezegun, where it is installed, to leave this package's own names alone; call it before anything is frozen."""
    if find_spec("freezegun") is not None:
        import_module("freezegun").configure(extend_ignore_list=["pytest_recsim"])
