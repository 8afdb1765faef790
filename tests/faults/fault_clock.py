"""A stand-in whose clock runs, but is some hours away from this machine's: ``python fault_clock.py HOURS ...``."""

from __future__ import annotations

import sys
import time

HOUR_NS = 3_600_000_000_000


def shift(hours: float) -> None:
    """Move the wall clock of this process; the monotonic ones stay."""
    real, ahead = time.time_ns, round(hours * HOUR_NS)
    time.time_ns = lambda: real() + ahead
    time.time = lambda: time.time_ns() / 1e9


if __name__ == "__main__":
    shift(float(sys.argv[1]))
    from pytest_recsim.standin.process.main import main

    sys.exit(main(sys.argv[2:]))
