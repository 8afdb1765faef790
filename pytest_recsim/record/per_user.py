"""``artifacts/per_user.jsonl.gz``: what every evaluated user got and how good it was, so that two runs can be compared user by user."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pytest_recsim.record.jsonio import dumps, write_gzip_lines
from pytest_recsim.record.reading import MOST_BYTES, Unreadable, decoded, read_bounded

NAME = "per_user.jsonl.gz"


class UserLine(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluated user.

    Attributes:
        user, segment: who.
        in_effect: whether the profile is, as far as the service shows it; figures leave the others out.
        items: ids of the quality list, best first, at most 20.
        values: metric -> this user's number under the judged relevance; a metric without one is absent.
        baseline: the same of the popularity baseline's list, for the metrics that have a lift.
    """

    user: str
    segment: str
    in_effect: bool = True
    items: tuple[str, ...] = ()
    values: dict[str, float] = {}
    baseline: dict[str, float] = {}


def write_lines(path: Path, lines: Iterable[UserLine]) -> None:
    """Write one line per user.

    Raises:
        OSError: it cannot be written.
    """
    write_gzip_lines(path, map(dumps, lines))


def read_lines(path: Path) -> list[UserLine]:
    """Read them back.

    Raises:
        OSError: it cannot be opened.
        Unreadable: it is no such file, or larger than a record may be.
    """
    data = _unpacked(read_bounded(path))
    return [decoded(line, UserLine) for line in data.splitlines() if line.strip()]


def _unpacked(packed: bytes) -> bytes:
    """Unpack no more than a record may hold, whatever the file claims."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        data = unpacker.decompress(packed, MOST_BYTES)
    except zlib.error as error:
        raise Unreadable(f"it is no gzip file ({error})") from None
    if unpacker.unconsumed_tail:
        raise Unreadable(f"it unpacks to more than {MOST_BYTES:,} bytes")
    if not unpacker.eof:
        raise Unreadable("it ends too early")
    return data
