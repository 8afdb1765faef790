"""What everything that is read is held to, whoever wrote it: opened without waiting, and nested so deep at most."""

from __future__ import annotations

import os
from collections.abc import Collection
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

MAX_LEVELS = 100
"""Of objects and lists; what is read has to be written again, from deep inside a test."""
_NESTED = (dict, list)
_AT_ONCE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY


def open_at_once(path: Path, *, follow: bool = True) -> BinaryIO:
    """Open a file to read its bytes; a FIFO is opened, too, but nobody waits until somebody writes to it.

    Args:
        path: where it is. The caller looks at what it is (``os.fstat``) before reading.
        follow: whether it may be a link.

    Raises:
        OSError: it cannot be opened.
    """
    return os.fdopen(os.open(path, _AT_ONCE if follow else _AT_ONCE | os.O_NOFOLLOW), "rb")


def shallow(value: object, levels: int = MAX_LEVELS) -> bool:
    """Return whether objects and lists are nested at most so many levels deep within the outermost one."""
    if levels < 0:
        return False
    for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(entry, _NESTED) and not shallow(entry, levels - 1):
            return False
    return True


def all_shallow(objects: Collection[dict[str, Any]]) -> bool:
    """``shallow`` for all: where no object holds another, as in most data, none is looked into."""
    kinds = set(map(type, chain.from_iterable(map(dict.values, objects))))
    return not any(issubclass(kind, _NESTED) for kind in kinds) or all(map(shallow, objects))
