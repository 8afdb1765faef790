"""The env file on the disk: its copy, and writing it in place."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem


def content(path: Path) -> bytes:
    """Return what the file holds; nothing when it is gone.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise InputError(Problem(shown(path), f"cannot be read ({error.strerror}).")) from None


def refuse_copy(backup: Path) -> None:
    """Stop where an earlier copy lies: it may be the only one.

    Raises:
        InputError: there is one.
    """
    if backup.exists():
        what = "the copy of an earlier run is still there; compare it with the env file, keep one, then delete it"
        raise InputError(Problem(shown(backup), f"{what}."))


def copy(backup: Path, held: bytes) -> None:
    """Write the copy, for the owner alone, down to the disk.

    Raises:
        InputError: it cannot be written.
    """
    try:
        descriptor = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(held)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        what = f"the env file cannot be copied before it is changed ({error.strerror})"
        raise InputError(Problem(shown(backup), f"{what}.")) from None


def overwritten(path: Path, held: bytes) -> None:
    """Write in place: owner, mode and a container's mount of this very file stay, and the copy makes it safe.

    Raises:
        InputError: it cannot be written.
    """
    try:
        with path.open("r+b" if path.exists() else "wb") as stream:
            stream.write(held)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise InputError(
            Problem(shown(path), f"the env file cannot be written ({error.strerror}).")
        ) from None
