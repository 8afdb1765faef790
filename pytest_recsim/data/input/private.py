"""Folders and small files of this user alone: whose they are is checked before anything in them is believed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.bounds import open_at_once

OTHERS, WRITING = 0o077, 0o022
"""Permission bits of everybody but the owner: any of them, and those that let them change things."""


def private_folder(path: Path, closed_to: int = OTHERS) -> Path:
    """Return the folder, made when it is missing; ``closed_to`` are the permission bits that it may not have.

    Raises:
        InputError: it cannot be made, is a link or no folder, is another user's, or is open to others.
    """
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        what = (
            "must be a folder" if isinstance(error, FileExistsError) else f"cannot be made ({error.strerror})"
        )
        raise refused(path, what) from None
    if why := _unsafe(found, closed_to, folder=True):
        raise refused(path, why)
    return path


def read_private(path: Path, limit: int) -> bytes | None:
    """Return at most ``limit`` bytes of a file in such a folder, None when there is none.

    Raises:
        InputError: it is a link or no file, is another user's, or is open to others.
        OSError: it cannot be read.
    """
    try:
        stream = open_at_once(path, follow=False)
    except FileNotFoundError:
        return None
    with stream:
        if why := _unsafe(os.fstat(stream.fileno()), OTHERS, folder=False):
            raise refused(path, why)
        return stream.read(limit)


def _unsafe(found: os.stat_result, closed_to: int, *, folder: bool) -> str:
    if not (stat.S_ISDIR if folder else stat.S_ISREG)(found.st_mode):
        return f"must be a {'folder' if folder else 'file'}, and not a link to one"
    if found.st_uid != os.geteuid():
        return f"belongs to user {found.st_uid}, and must belong to the user who runs this ({os.geteuid()})"
    if found.st_mode & closed_to:
        mode = stat.S_IMODE(found.st_mode)
        return f"has mode {mode:03o}, and must be closed to other users (chmod {'700' if folder else '600'})"
    return ""


def refused(path: Path, why: str) -> InputError:
    return InputError(Problem(shown(path), f"{why}."))
