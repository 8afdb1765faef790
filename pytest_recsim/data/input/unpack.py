"""Bytes out of files, plain or gzip, block by block and within bounds: a small file may hold what no memory does."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pytest_recsim.data.input.files import BOM, MOST_BYTES, open_input, shown, unreadable
from pytest_recsim.data.input.kinds import GZIP, HEAD, named
from pytest_recsim.data.input.problems import InputError, Problem

BLOCK = 2**20
TIMES = 250
"""How many times its size a gzip file may unpack to; data sets reach 30 times."""
FREE = 64 * 2**20
"""Bytes that any gzip file may unpack to."""


def blocks(path: Path, what: str) -> Iterator[bytes]:
    """Yield the bytes of a file without a byte order mark; unpacked where its name ends in .gz.

    Raises:
        InputError: it cannot be read, is no gzip though its name says so, is cut short, or unpacks to too much.
    """
    packed = path.name.endswith(".gz")
    try:
        with open_input(path, what) as stream:
            found = _unpacked(path, stream) if packed else iter(lambda: stream.read(BLOCK), b"")
            first = next(found, b"")
            yield first.removeprefix(BOM)
            yield from found
    except (OSError, EOFError, zlib.error) as error:
        if packed and not (isinstance(error, OSError) and error.errno):
            told = "is gzip that is cut short" if isinstance(error, EOFError) else "is damaged gzip"
            raise InputError(Problem(shown(path), f"{told}; must be whole: write or copy it again")) from None
        raise unreadable(path, what, error) from None


def _unpacked(path: Path, stream: BinaryIO) -> Iterator[bytes]:
    head = stream.read(HEAD)
    size = stream.seek(0, 2)
    if not head.startswith(GZIP):
        sentence = named(head, path) or "this is not packed: its name must be without .gz"
        raise InputError(Problem(shown(path), f"its name ends in .gz, but {sentence}"))
    stream.seek(0)
    most, found = min(MOST_BYTES, max(FREE, TIMES * size)), 0
    with gzip.GzipFile(fileobj=stream) as unpacked:
        while block := unpacked.read(BLOCK):
            found += len(block)
            if found > most:
                what = f"is gzip that unpacks to more than {most:,} bytes"
                raise InputError(
                    Problem(
                        shown(path),
                        f"{what}, {TIMES} times its size; must be at most that, as every data set is",
                    )
                )
            yield block


def lines(path: Path, what: str) -> Iterator[bytes]:
    """Yield blocks of whole lines; see ``blocks``."""
    rest: list[bytes] = []
    for block in blocks(path, what):
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join((*rest, block[:end]))
            rest = [block[end:]]
        else:
            rest.append(block)
    yield b"".join(rest)
