"""Reading an answer's body: unpacked piece by piece, and dropped as soon as it is larger than any sound one."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
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
        status: of the answer that has it.
    """

    status: int | None = None

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Body:
    """A body as it arrives: unpacked, and no longer taken as soon as it is larger than ``most``.

    Of an answer that is not a 2xx only the beginning is kept, and nothing where it cannot be unpacked.

    Attributes:
        read: bytes so far, before they are unpacked.
        enough: whether the rest need not be received.
    """

    def __init__(self, status: int, encoding: str, most: int) -> None:
        self.status = status
        self.read = 0
        self.enough = False
        self._refusal = not 200 <= status < 300
        self._most = MOST_OF_A_REFUSAL if self._refusal else most
        self._pieces: list[bytes] = []
        self._size = 0
        self._bad: BadBody | None = None
        try:
            self._unpack = _unpacker(encoding) if encoding else None
        except BadBody as error:
            self._end(error)

    def feed(self, raw: bytes) -> None:
        """Take what was received next."""
        if self.enough:
            return
        self.read += len(raw)
        if self._unpack is None:
            self._take(raw)
            return
        try:
            for piece in self._unpack(raw):
                self._take(piece)
                if self.enough:
                    return
        except BadBody as error:
            self._end(error)

    def whole(self) -> bytes:
        """Return the body.

        Raises:
            BadBody: it is larger than ``most`` bytes, or packed in a way that was not asked for.
        """
        if self._refusal:
            return b"" if self._bad else b"".join(self._pieces)[:MOST_OF_A_REFUSAL]
        if self._bad is None and self._size > self._most:
            text = f"answered {self.status} with more than {self._most:,} bytes (unpacked from {self.read:,} so far)"
            self._end(BadBody("too_large", text))
        if self._bad is not None:
            self._bad.status = self.status
            raise self._bad
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def _take(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        self.enough = self._size > self._most

    def _end(self, error: BadBody) -> None:
        self._bad, self.enough = error, True


async def received(response: httpx.Response, most: int) -> bytes:
    """Return the unpacked body of a streamed response; of one that is not a 2xx only its beginning.

    Raises:
        BadBody: it is larger than ``most`` bytes, or packed in a way that was not asked for.
    """
    body = Body(response.status_code, response.headers.get("content-encoding", ""), most)
    if not body.enough:
        async for raw in response.aiter_raw():
            body.feed(raw)
            if body.enough:
                break
    return body.whole()


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
