"""The scratch folder that all processes of a run share, and those that killed runs have left behind.

It holds lists of users, so it is for its owner alone and goes with the run. Every process of the run keeps a shared lock
on a file in it, which the operating system takes back from whoever is killed: where the lock is free, nobody is left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from pytest_recsim.clock import wall

PREFIX, HELD, GOING = "recsim-run-", ".held", ".going"
UNHELD_S = 60.0
"""A folder without the file for that long belongs to a run that was killed while making it."""


def make() -> tuple[Path, IO[bytes]]:
    """Make this run's folder; it is removable once this file, and those of :func:`hold`, are closed.

    Raises:
        OSError: it cannot be made.
    """
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    new = (
        folder / f"{HELD}.new"
    )  # under another name until it is locked: a file that nobody holds is an invitation
    held = _locked(new.open("xb"), fcntl.LOCK_SH)
    new.rename(folder / HELD)
    return folder, held


def hold(folder: Path) -> IO[bytes]:
    """Keep the folder of a run that this process takes part in."""
    return _locked((folder / HELD).open("rb"), fcntl.LOCK_SH)


def remove(folder: Path) -> None:
    """Remove it under a name that says so: who is killed meanwhile leaves what anybody may go on removing."""
    with suppress(OSError):
        folder = folder.rename(folder.with_name(f"{folder.name}{GOING}"))
    shutil.rmtree(folder, ignore_errors=True)  # follows no link


def sweep() -> None:
    """Remove the folders of this user's runs of which no process is left; what cannot be removed stays."""
    for folder in _ours(Path(tempfile.gettempdir())):
        if folder.name.endswith(GOING):
            shutil.rmtree(folder, ignore_errors=True)
            continue
        with suppress(OSError), _only_one(folder):
            remove(folder)


def _ours(place: Path) -> Iterator[Path]:
    with suppress(OSError), os.scandir(place) as found:
        for entry in found:
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == os.getuid():
                        yield Path(entry.path)


def _only_one(folder: Path) -> IO[bytes]:
    """Return the file, locked against everybody.

    Raises:
        OSError: a process of that run still holds it, or there is none yet.
    """
    try:
        handle = os.open(folder / HELD, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or wall() - facts.st_mtime < UNHELD_S:
            raise
        return _locked((folder / HELD).open("xb"), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return _locked(os.fdopen(handle, "rb"), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _locked(file: IO[bytes], how: int) -> IO[bytes]:
    try:
        fcntl.flock(file, how)
    except OSError:
        file.close()
        raise
    return file
