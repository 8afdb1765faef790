"""A file of somebody else as UTF-8 text: unpacked, decoded, and what it is not is told."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.data.input.files import MOST_BYTES, read_bytes, shown
from pytest_recsim.data.input.problems import InputError, Problem

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
NO_TEXT = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook: unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd: unpack it first"),
    (b"BZh", "packed with bzip2: unpack it first"),
    (b"\xfd7zXZ", "packed with xz: unpack it first"),
    (b"SQLite format 3", "an SQLite database: export the table as CSV"),
    (b"%PDF", "a PDF"),
    (PARQUET, "Parquet: `recsim import parquet` reads it"),
)
MARKED = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True)
class Text:
    """What a file holds.

    Attributes:
        name: as messages show it.
        data: UTF-8 without a byte order mark, lines end with LF or CR LF.
        notes: sentences of what was recognised.
    """

    name: str
    data: bytes
    notes: tuple[str, ...] = ()


def unpacked(path: Path, what: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a file's bytes, out of gzip where it is packed.

    Raises:
        InputError: it cannot be read.
    """
    data = read_bytes(path, what)
    if not data.startswith(GZIP):
        return data, ()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            data = stream.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(Problem(shown(path), f"gzip that cannot be unpacked: {error}")) from None
    if len(data) > MOST_BYTES:
        raise InputError(Problem(shown(path), f"holds more than {MOST_BYTES:,} bytes when unpacked"))
    return data, (f"{path.name}: unpacked from gzip",)


def read_text(path: Path, what: str, encoding: str | None = None) -> Text:
    """Read a text.

    Args:
        path: the file, perhaps in gzip.
        what: names its kind in messages.
        encoding: None recognises UTF-8 and UTF-16, and takes anything else for Windows-1252, which it says.

    Raises:
        InputError: it cannot be read, is no text, or not in that encoding.
    """
    data, notes = unpacked(path, what)
    for mark, told in NO_TEXT:
        if data.startswith(mark):
            raise InputError(Problem(shown(path), f"{what} expected, this is {told}"))
    if data[:200].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise InputError(Problem(shown(path), f"{what} expected, this is HTML or XML"))
    data, said = _utf8(path, data, encoding)
    if b"\x00" in data:
        raise InputError(Problem(shown(path), f"{what} expected, this holds NUL bytes"))
    if b"\r" in data and b"\n" not in data:
        data, said = data.replace(b"\r", b"\n"), (*said, f"{path.name}: lines end with CR alone")
    return Text(shown(path), data.removeprefix(b"\xef\xbb\xbf"), (*notes, *said))


def _utf8(path: Path, data: bytes, encoding: str | None) -> tuple[bytes, tuple[str, ...]]:
    if encoding is not None:
        return _decoded(path, data, encoding).encode(), ()
    for mark, name in MARKED:
        if data.startswith(mark):
            return _decoded(path, data, name).encode(), (f"{path.name}: UTF-16, as its byte order mark says",)
    try:
        if not data.isascii():
            data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        note = (
            f"{path.name}: not UTF-8 (line {line}), read as Windows-1252 (latin-1); --encoding names another"
        )
        return _western(data).encode(), (note,)
    return data, ()


def _western(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise InputError(
            Problem("encoding", f"`{encoding}` is no encoding; utf-8, cp1252 and latin-1 are")
        ) from None
    except (UnicodeError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(Problem(shown(path), f"is not {encoding}: {reason}")) from None
