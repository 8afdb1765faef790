"""Files: how a path is shown to people, and what is said when one cannot be read or written."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.bounds import open_at_once

_HOME = Path(__file__).resolve().parents[3]
BOM = b"\xef\xbb\xbf"
MOST_BYTES = 2_000_000_000
"""Of a data set; twelve times as much memory is needed while it is read."""
MOST_SETTINGS = 4_000_000
"""Bytes of a file that people write by hand: a profile, guardrails, a batch."""


SHIPPED = ("guardrails.yml", "profiles")


def shown(path: Path) -> str:
    """Return the path as people should read it: relative to the working folder, else whole.

    Of a file that ships with us, and is not in the working folder, only that: nobody looks for it where it lies.
    """
    absolute = path.absolute()
    if absolute.is_relative_to(Path.cwd()):
        return str(absolute.relative_to(Path.cwd()))
    for ours in map(packaged, SHIPPED):
        if absolute.is_relative_to(ours):
            return f"packaged {absolute.relative_to(ours.parent)}"
    return str(absolute.relative_to(_HOME) if absolute.is_relative_to(_HOME) else absolute)


def packaged(name: str) -> Path:
    """Return a file or folder that ships with us: inside the installed package, else beside it in a checkout."""
    inside = _HOME / "pytest_recsim" / name
    return inside if inside.exists() else _HOME / name


def is_file(path: Path) -> bool:
    """Return whether the path is a file; a name that no file system accepts is not one.

    A FIFO counts, so that reading it can say what is wrong with it.
    """
    try:
        return path.is_file() or path.is_fifo()
    except (OSError, ValueError):
        return False


def said_by(error: Exception) -> str:
    """What an error says, on one line: of the system's its reason alone, without number and path."""
    return getattr(error, "strerror", None) or " ".join(str(error).split())


def unwritable(folder: Path, error: OSError) -> str:
    """Say that nothing can be written below a folder, and why."""
    return f"{shown(folder)}: cannot be written: {error.strerror or error}"


_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_bytes(path: Path, what: str, most: int = MOST_BYTES) -> bytes:
    """Return the file's bytes without a byte order mark, see ``open_input``.

    Raises:
        InputError: it cannot be read, with the reason.
    """
    try:
        with open_input(path, what, most) as stream:
            return stream.read().removeprefix(BOM)
    except OSError as error:
        raise unreadable(path, what, error) from None


def open_input(path: Path, what: str, most: int = MOST_BYTES) -> BinaryIO:
    """Open a file to read its bytes.

    Args:
        path: a file; what has no end (a FIFO, a device) is refused without waiting for it.
        what: names its kind in the sentence of an error.
        most: how large it may be.

    Raises:
        InputError: it cannot be opened, with the reason.
    """
    try:
        stream = open_at_once(path)
    except (OSError, ValueError) as error:
        raise unreadable(path, what, error) from None
    facts = os.fstat(stream.fileno())
    odd = next((kind for is_kind, kind in _KINDS if is_kind(facts.st_mode)), "")
    if not odd and facts.st_size <= most:
        return stream
    stream.close()
    size = f"{what} has {facts.st_size:,} bytes; it must have at most {most:,} bytes"
    raise InputError(Problem(shown(path), f"{what} must be a file, not {odd}" if odd else size))


def unreadable(path: Path, what: str, error: Exception) -> InputError:
    """Say why a file cannot be read."""
    reason = f"{what} cannot be read: {getattr(error, 'strerror', None) or error}"
    if isinstance(error, FileNotFoundError):
        reason = f"{what} not found"
    elif isinstance(error, IsADirectoryError):
        reason = f"{what} expected here, but this is a folder"
    return InputError(Problem(shown(path), reason))


def read_text(path: Path, what: str, most: int = MOST_BYTES) -> str:
    """Return the file as text, see ``read_bytes``; anything but UTF-8 is a problem that names the line."""
    return utf8(read_bytes(path, what, most), path)


def utf8(data: bytes, path: Path) -> str:
    """Decode a file's bytes; a byte that is not UTF-8 is a problem that names its line."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        sentence = f"byte 0x{data[error.start]:02x} is not UTF-8; must be UTF-8 text"
        raise InputError(Problem(f"{shown(path)}:{line}", sentence)) from None
