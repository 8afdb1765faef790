"""Reading a record again: it may be damaged, foreign, edited or of a later version, and is never believed blindly."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.record.bounds import MAX_LEVELS, open_at_once, shallow

MOST_BYTES = 256_000_000
"""Of one file of a record; the largest customer that was tried leaves 2 MB."""


class Unreadable(msgspec.DecodeError):  # whoever expects damaged JSON expects this, too
    """A file of a record that is not one; the text says what is wrong with it."""


def read_record(path: Path, kind: Any = Any) -> Any:
    """Return what a JSON file of a record holds.

    Raises:
        Unreadable: no JSON of this kind, too large, nested too deeply, or no file at all.
        OSError: it cannot be opened.
    """
    return decoded(read_bounded(path), kind)


def read_bounded(path: Path) -> bytes:
    """Return a file's bytes; a FIFO or a device is refused without waiting for it."""
    with open_at_once(path) as stream:
        facts = os.fstat(stream.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise Unreadable("it is not a file")
        if facts.st_size > MOST_BYTES:
            raise Unreadable(f"it has {facts.st_size:,} bytes; a record has at most {MOST_BYTES:,}")
        return stream.read()


def decoded(data: bytes, kind: Any = Any) -> Any:
    """Decode JSON of a record; see ``read_record``."""
    try:
        found = msgspec.json.decode(data, type=kind)
    except RecursionError:
        raise Unreadable(f"it is nested deeper than {MAX_LEVELS} levels") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)[:200]) from None
    if not shallow(found, MAX_LEVELS - 1):
        raise Unreadable(f"it is nested deeper than {MAX_LEVELS} levels")
    return found
