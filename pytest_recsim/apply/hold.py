"""Who may use a service: many runs that leave its configuration alone, or a single one that changes it."""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import ReadWriteLock, Timeout

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.private import private_folder
from pytest_recsim.data.input.problems import InputError, Problem

T = TypeVar("T")
WAIT_S = 1800.0
MEET_S = 2.0  # two runs that only open the lock at the same moment are apart again by then
WHO = "who"


def holder(place: str) -> str:
    """Return a word for everybody who takes the lock of this place: the runs of this user on this machine.

    Whoever finds it in a marker and holds that lock knows that the run which wrote it is gone. It is made of a random
    number that lies beside the locks, so it names neither machine nor user; empty where none can be kept.
    """
    try:
        path = _folder() / WHO
        if not path.exists():
            with path.open("x", encoding="ascii") as stream:
                stream.write(secrets.token_hex(16))
        token = path.read_text(encoding="ascii")
    except (OSError, ValueError, InputError):
        return ""
    return hashlib.sha256(f"{token} {place}".encode()).hexdigest()[:16] if token else ""


def _folder() -> Path:
    """The folder of locks, in a place where every user of the machine may put things.

    Raises:
        InputError: it cannot be made, or somebody else could have made it or may change it.
    """
    folder = Path(tempfile.gettempdir()) / f"recsim-locks-{os.getuid()}"
    try:
        return private_folder(folder)
    except InputError as error:
        advice = "delete it, or set TMPDIR to a folder of your own for all runs that share a service"
        raise InputError(Problem("the folder of locks", f"{error} To go on, {advice}.")) from None


class Hold:
    """A service held by this process, for all runs of this user on this machine; ends with the process.

    The lock is the operating system's, so a killed run leaves nothing behind.
    """

    def __init__(self, url: str, *, alone: bool) -> None:
        self._url, self._alone = url, alone
        name = f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.db"
        self._path = _folder() / name
        self._lock = self._sound(lambda: ReadWriteLock(self._path, is_singleton=False))

    def acquire(self, tell: Callable[[str], None], limit_s: float = WAIT_S) -> None:
        """Wait for our turn; ``tell`` hears a sentence when that takes more than ``MEET_S`` seconds.

        Raises:
            InputError: others held the service for longer than ``limit_s`` seconds, or there can be no lock.
        """
        take = self._lock.acquire_write if self._alone else self._lock.acquire_read
        try:
            self._sound(lambda: take(timeout=MEET_S))
        except Timeout:
            others = "other runs use" if self._alone else "another run changes the configuration of"
            tell(f"recsim: {others} {self._url}; waiting for the end of that")
            try:
                self._sound(lambda: take(timeout=limit_s))
            except Timeout:
                what = (
                    f"is still in use by other runs on this machine after {limit_s:g} s; nothing was changed"
                )
                raise InputError(Problem(self._url, f"{what}.")) from None

    def _sound(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Timeout:
            raise
        except (OSError, ValueError, RuntimeError, sqlite3.Error) as error:
            what = f"cannot be used as a lock ({error}); delete it when no run of yours is at work"
            raise InputError(Problem(shown(self._path), f"{what}.")) from None

    def release(self) -> None:
        """Let others in; any number of times."""
        self._lock.release(force=True)
        self._lock.close()
