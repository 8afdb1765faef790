"""Reading an answer's body: unpacked piece by piece, and dropped as soon as it is larger than any sound one."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

ENCODINGS = "gzip, deflate"
"""What is asked for; both are unpacked in bounded steps."""
MOST = 64_000_000
"""Bytes of an answer, unpacked: a listing of 1,000 rows has 1 MB, with long descriptions 10 MB."""
MOST_OF_A_LIST = 8_000_000
"""Of a recommendation, of which several are in flight: 1,000 items fully explained have 2 MB."""
MOST_OF_A_REFUSAL = 64_000
"""What follows in an answer that is not a 2xx is not read."""
STEP = 256_000


class BadBody(Exception):  # noqa: N818 - it is told as a setback, nobody is shown this name
    """A body that is not taken.

    Attributes:
        code: ``too_large`` or ``encoding``.
        text: half a sentence.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


async def received(response: httpx.Response, most: int) -> bytes:
    """Return the unpacked body of a streamed response; of one that is not a 2xx only its beginning.

    Raises:
        BadBody: it is larger than ``most`` bytes, or packed in a way that was not asked for.
    """
    if not 200 <= response.status_code < 300:
        return await _beginning(response)
    body = b"".join([piece async for piece in _pieces(response, most)])
    if len(body) > most:
        read = response.num_bytes_downloaded
        text = (
            f"answered {response.status_code} with more than {most:,} bytes (unpacked from {read:,} so far)"
        )
        raise BadBody("too_large", text)
    return body


async def _beginning(response: httpx.Response) -> bytes:
    """What an answer says that its status says already; nothing where it cannot be unpacked."""
    try:
        pieces = [piece async for piece in _pieces(response, MOST_OF_A_REFUSAL)]
    except BadBody:
        return b""
    return b"".join(pieces)[:MOST_OF_A_REFUSAL]


async def _pieces(response: httpx.Response, most: int) -> AsyncIterator[bytes]:
    """Yield the unpacked body, and no piece after the one with which it is too large."""
    unpack, size = _unpacker(response.headers.get("content-encoding", "")), 0
    async for raw in response.aiter_raw():
        for piece in unpack(raw):
            yield piece
            size += len(piece)
            if size > most:
                return


Unpack = Callable[[bytes], Iterator[bytes]]


def _unpacker(encoding: str) -> Unpack:
    named = encoding.strip().lower()
    if named in ("", "identity"):
        return lambda raw: iter((raw,))
    if named in ("gzip", "x-gzip"):
        return _Inflating(named, zlib.MAX_WBITS | 16)
    if named == "deflate":
        return _Inflating(named, zlib.MAX_WBITS)
    raise BadBody("encoding", f"answered in the content encoding `{named[:40]}`, which was not asked for")


class _Inflating:
    """Unpacks in steps, because a few bytes may hold a thousand times as many."""

    def __init__(self, name: str, bits: int) -> None:
        self._name = name
        self._machine = zlib.decompressobj(bits)
        self._raw = bits == zlib.MAX_WBITS  # "deflate" without its header is often seen

    def __call__(self, raw: bytes) -> Iterator[bytes]:
        while raw and not self._machine.eof:
            try:
                piece = self._machine.decompress(raw, STEP)
            except zlib.error:
                if not self._raw:
                    text = f"answered with a body that cannot be unpacked as `{self._name}`"
                    raise BadBody("encoding", text) from None
                self._machine, self._raw = zlib.decompressobj(-zlib.MAX_WBITS), False
                continue
            self._raw = False
            yield piece
            raw = self._machine.unconsumed_tail
