"""Several files at once: all of them or none, and never over one that is there."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.jsonio import write_atomic

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""What a file system says that knows no second name of a file."""


@dataclass(frozen=True)
class Change:
    """A file to be written.

    Attributes:
        path: where.
        content: makes its bytes, when they are needed.
        what: in a word or two, for people.
        added: the lines that are the customer's own, where the file holds others, too.
        before: the bytes of a file that is there.
    """

    path: Path
    content: Callable[[], bytes]
    what: str
    added: str = ""
    before: bytes | None = None


def write_all(changes: Sequence[Change]) -> None:
    """Write everything. New files come first, so that a kill leaves at most files that nothing refers to.

    Raises:
        InputError: something cannot be written, or came into being meanwhile; then everything is as it was.
    """
    undo: list[Callable[[], None]] = []
    try:
        for change in sorted(changes, key=lambda one: one.before is not None):
            for folder in _missing(change.path.parent):
                folder.mkdir()
                undo.append(folder.rmdir)
            if change.before is None:
                _create(change.path, change.content(), undo)
            else:
                _amend(change, undo)
    except BaseException as error:
        for step in reversed(undo):
            with suppress(OSError):
                step()
        if isinstance(error, OSError):
            what = f"cannot be written: {error.strerror or error}; nothing was"
            raise InputError(Problem(shown(change.path), what)) from None
        raise


def _missing(folder: Path) -> Iterator[Path]:
    """The folders that have to be made, outermost first."""
    if not folder.is_dir():
        yield from _missing(folder.parent)
        yield folder


def _create(path: Path, content: bytes, undo: list[Callable[[], None]]) -> None:
    """Write a new file whole; a name that somebody took meanwhile is refused by the file system itself."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        half.write_bytes(content)
        try:
            os.link(half, path)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            path.open("xb").close()
            half.replace(path)
        undo.append(path.unlink)
    finally:
        half.unlink(missing_ok=True)


def _amend(change: Change, undo: list[Callable[[], None]]) -> None:
    before = change.before or b""
    if change.path.read_bytes() != before:
        raise OSError(0, "it has changed meanwhile", str(change.path))
    undo.append(lambda: write_atomic(change.path, before))
    write_atomic(change.path, change.content())
