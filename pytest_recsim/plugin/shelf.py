"""A file of this process's own, for what hardly anybody asks for again and everybody may."""

from __future__ import annotations

import os
import pickle
import zlib
from pathlib import Path
from typing import Any
from weakref import finalize

LEVEL = 1
"""Of compression: what is put away is text that says much twice."""
HEAD = 4
"""Bytes in front of every entry: its length."""
PLAIN = (str, int, float, bool, type(None), list, tuple, dict)
TRACEBACKS = "_pytest._code.code"
"""Where pytest's own words for a traceback are from; they hold nothing but plain values and one another."""


class Shelf:
    """Dicts of values that are plain, by the place that they were put to; they come back equal, to the last digit and in order.

    Args:
        path: of the file, which is made when the first is put away. It may be removed while it is used, and is closed when
            nobody has the shelf any more: reports are read for longer than a run goes on.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._handle, self._end = path, -1, 0
        self._last: tuple[int, dict[str, Any]] = (-1, {})

    def put(self, value: dict[str, Any]) -> int:
        """Put it away and return where.

        Raises:
            OSError: there is no room.
        """
        if self._handle < 0:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            finalize(self, os.close, self._handle)
        packed = zlib.compress(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), LEVEL)
        entry, place = len(packed).to_bytes(HEAD, "big") + packed, self._end
        written = 0
        while written < len(entry):
            written += os.pwrite(self._handle, entry[written:], place + written)
        self._end += written
        return place

    def get(self, place: int) -> dict[str, Any]:
        """Return what was put there; nothing in it is to be changed."""
        if self._last[0] != place:
            length = int.from_bytes(os.pread(self._handle, HEAD, place), "big")
            packed = os.pread(self._handle, length, place + HEAD)
            self._last = (place, pickle.loads(zlib.decompress(packed)))  # noqa: S301 - this process wrote it
        return self._last[1]


def is_plain(value: Any) -> bool:
    """Whether it consists of nothing but what can be put away and comes back as it was."""
    if type(value) not in PLAIN:
        return type(value).__module__ == TRACEBACKS and is_plain(vars(value))
    if isinstance(value, dict):
        return all(is_plain(one) for pair in value.items() for one in pair)
    return not isinstance(value, list | tuple) or all(map(is_plain, value))
