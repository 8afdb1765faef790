"""Who may use a service: many runs that leave its configuration alone, or a single one that changes it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import ReadWriteLock, Timeout

from pytest_recsim.data.problems import InputError, Problem

WAIT_S = 1800.0


class Hold:
    """A service held by this process, for all runs of this user on this machine; ends with the process.

    The lock is the operating system's, so a killed run leaves nothing behind.
    """

    def __init__(self, url: str, *, alone: bool) -> None:
        folder = Path(tempfile.gettempdir()) / f"recsim-locks-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._url, self._alone = url, alone
        name = f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.db"
        self._lock = ReadWriteLock(folder / name, is_singleton=False)

    def acquire(self, tell: Callable[[str], None], limit_s: float = WAIT_S) -> None:
        """Wait for our turn; ``tell`` hears a sentence when that takes a while.

        Raises:
            InputError: others held the service for longer than ``limit_s`` seconds.
        """
        take = self._lock.acquire_write if self._alone else self._lock.acquire_read
        try:
            take(timeout=0)
        except Timeout:
            others = "other runs use" if self._alone else "another run changes the configuration of"
            tell(f"recsim: {others} {self._url}; waiting for the end of that")
            try:
                take(timeout=limit_s)
            except Timeout:
                what = (
                    f"is still in use by other runs on this machine after {limit_s:g} s; nothing was changed"
                )
                raise InputError(Problem(self._url, f"{what}.")) from None

    def release(self) -> None:
        """Let others in; any number of times."""
        self._lock.release(force=True)
        self._lock.close()
