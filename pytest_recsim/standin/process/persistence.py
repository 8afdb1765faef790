"""Keeping the state in a file while the service runs.

What is guaranteed: the file is replaced as a whole or not at all; after an orderly end it holds everything; after any
other end it holds everything but the last seconds of writes (``EVERY_SECONDS``, more only for a state so large that
writing it takes longer than a twentieth of that).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pytest_recsim.standin.process import snapshot

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service

EVERY_SECONDS = 5.0
_MOST_OF_THE_TIME = 20.0
_READING_POSTS = (
    "/v1/recommendations",
    "/v1/rerank",
    "/v1/admin/rules/dry-run",
    "/v1/segments:dry-run",
    "/v1/audit/search",
)


class KeepError(Exception):
    """The file cannot be used; the message is a sentence."""


class Keeper:
    """One service's file. It stays locked, so that two stand-ins never overwrite each other's state."""

    def __init__(self, path: Path, service: Service) -> None:
        self._path = path
        self._service = service
        self._locked: IO[bytes] | None = None
        self._changed = False
        self._failed = False

    def open(self) -> None:
        """Load the file if it is there, then write it, which shows that it can be written; raises ``KeepError``."""
        try:
            if self._path.exists():
                if not self._path.is_file():
                    raise self._refusal("is no regular file")
                self._locked = _lock(self._path.open("rb"))
                snapshot.restore(self._service, self._locked.read())
            self._write(snapshot.dump(self._service))
        except snapshot.SnapshotError as error:
            raise self._refusal(str(error)) from None
        except BlockingIOError:
            raise self._refusal("is in use by another stand-in") from None
        except OSError as error:
            raise self._refusal(f"cannot be used: {error.strerror}") from None

    def _refusal(self, what: str) -> KeepError:
        self._release()
        return KeepError(f"--snapshot: {self._path} {what}.")

    def _release(self, successor: IO[bytes] | None = None) -> None:
        if self._locked is not None:
            self._locked.close()
        self._locked = successor

    def note(self, method: str, path: str, status: int, _milliseconds: float) -> None:
        """Take notice of a request that was answered."""
        if method not in ("GET", "OPTIONS") and status < 400 and path not in _READING_POSTS:
            self._changed = True

    async def keep(self) -> None:
        """Write every few seconds what changed, until cancelled."""
        took = 0.0
        while True:
            await asyncio.sleep(max(EVERY_SECONDS, _MOST_OF_THE_TIME * took))
            if self._changed:
                started = time.perf_counter()
                self._changed = False
                await asyncio.to_thread(self._try, snapshot.dump(self._service))
                took = time.perf_counter() - started

    def close(self) -> bool:
        """Write what changed, let go of the file and tell whether it holds everything."""
        if self._changed or self._failed:
            self._try(snapshot.dump(self._service))
        self._release()
        return not self._failed

    def _try(self, text: bytes) -> None:
        try:
            self._write(text)
        except OSError as error:
            if not self._failed:
                sys.stderr.write(
                    f"--snapshot: {self._path} cannot be written: {error.strerror}; the state from before is kept.\n"
                )
            self._failed = True
        else:
            self._failed = False

    def _write(self, text: bytes) -> None:
        temporary = self._path.with_name(f".{self._path.name}.writing")
        file = _lock(temporary.open("wb"))
        try:
            if self._locked is not None:  # whom its owner lets read it stays as it was
                os.fchmod(file.fileno(), stat.S_IMODE(os.fstat(self._locked.fileno()).st_mode))
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(self._path)
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
        self._release(file)


def _lock(file: IO[bytes]) -> IO[bytes]:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file
