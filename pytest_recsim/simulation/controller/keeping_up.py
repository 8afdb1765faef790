"""What a killed run leaves is kept up to date while checks report, in a small part of the time."""

from __future__ import annotations

from collections.abc import Callable

from pytest_recsim.clock import monotonic

SHARE = 50
"""Keeping up takes one part in so many at most."""


class NowAndThen:
    """Does a thing again no sooner than ``SHARE`` times what it took the last time; the first time at once."""

    def __init__(self) -> None:
        self._due = 0.0

    def do(self, act: Callable[[], object]) -> None:
        began = monotonic()
        if began >= self._due:
            act()
            self._due = monotonic() + SHARE * (monotonic() - began)
