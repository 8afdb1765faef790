"""Embeddings: the client's vectors, else hashes of text (contract 2.1). Only cosines are ever used."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_recsim.standin.ranking.arrays import Floats, Ints, largest, settle, shuffled
from pytest_recsim.standin.ranking.neighbours import NEIGHBOURS, Neighbours, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from numpy.typing import NDArray

    from pytest_recsim.standin.ranking.catalogue import Catalogue

SIZE = 384
_BLOCKS = 12
_CENTRE = 255.0
_NONE = Row(np.zeros(0, np.int64), np.zeros(0))


def digest(text: str) -> bytes:
    """Return the bytes that a text's vector is derived from."""
    data = text.encode()
    blocks = [data] + [data + bytes([block]) for block in range(1, _BLOCKS)]
    return b"".join(hashlib.sha256(block).digest() for block in blocks)


def derived(digests: Sequence[bytes]) -> Floats:
    """Return derived vectors times 255, one per row: odd integers from -255 to 255.

    As integers their dot products are exact in single precision, whatever order a processor adds them in.
    """
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, SIZE).astype(np.float64) * 2.0 - _CENTRE


class Embeddings:
    """Distinct vectors of a catalogue; ``code[i]`` is item i's vector, -1 for none.

    ``digests`` keeps what was hashed before and takes what is new.
    """

    def __init__(self, catalogue: Catalogue, digests: dict[str, bytes], rng: Random | None = None) -> None:
        distinct: dict[tuple[float, ...] | str, int] = {}
        codes = [
            distinct.setdefault(item.embedding, len(distinct)) if item and item.embedding else -1
            for item in catalogue.items
        ]
        self.code: Ints = np.array(codes, np.int64)
        vectors = _vectors(list(distinct), digests)
        norms = np.sqrt((vectors * vectors).sum(axis=1))
        self._scale = np.divide(1.0, norms, out=np.zeros(len(norms)), where=norms > 0)
        exact = all(isinstance(source, str) for source in distinct)
        self._vectors: NDArray[Any] = vectors.astype(np.float32) if exact else vectors
        self._near = np.flatnonzero(catalogue.available[:-1] & (self.code >= 0))
        self._rng = rng
        self._kept = Neighbours(catalogue.size, catalogue.size)

    def strongest(self, anchors: list[int]) -> Floats:
        """Return per item its cosine, clipped to 0..1, to the nearest of the anchors; each has 200 available neighbours at most."""
        return self._kept.strongest(anchors, self._rows)

    def _rows(self, anchors: list[int]) -> list[Row]:
        known = [anchor for anchor in anchors if self.code[anchor] >= 0]
        found = dict.fromkeys(anchors, _NONE)
        if known:
            for anchor, cosines in zip(known, self._cosines(known), strict=True):
                near, strength = self._nearest(anchor, cosines, NEIGHBOURS)
                positive = strength > 0
                found[anchor] = Row(near[positive], np.minimum(strength[positive], 1.0))
        return [found[anchor] for anchor in anchors]

    def neighbours(self, anchor: int, limit: int) -> Row:
        """Return the nearest available neighbours with their plain cosines, nearest first."""
        if self.code[anchor] < 0:
            return _NONE
        return self._nearest(anchor, self._cosines([anchor])[0], limit)

    def _cosines(self, anchors: list[int]) -> Floats:
        codes = self.code[anchors]
        dots = (self._vectors[codes] @ self._vectors.T).astype(np.float64)
        return np.asarray(settle(dots * self._scale * self._scale[codes][:, None]))

    def _nearest(self, anchor: int, cosines: Floats, limit: int) -> Row:
        near = shuffled(self._near[self._near != anchor], self._rng)
        strength = cosines[self.code[near]]
        best = largest(strength, limit)
        return Row(near[best], strength[best])


def _vectors(sources: list[tuple[float, ...] | str], digests: dict[str, bytes]) -> Floats:
    """Return one vector per source: the client's numbers, or those derived from a text."""
    vectors = np.zeros((len(sources), SIZE))
    texts = [(place, source) for place, source in enumerate(sources) if isinstance(source, str)]
    for _, text in texts:
        if text not in digests:
            digests[text] = digest(text)
    vectors[[place for place, _ in texts]] = derived([digests[text] for _, text in texts])
    for place, source in enumerate(sources):
        if not isinstance(source, str):
            vectors[place] = source
    return vectors
