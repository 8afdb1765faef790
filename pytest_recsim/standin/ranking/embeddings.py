"""Embeddings: the client's vectors, else hashes of text (contract 2.1). Only cosines are ever used."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_recsim.standin.ranking.arrays import Floats, Ints, largest, settle
from pytest_recsim.standin.ranking.covisits import NEIGHBOURS, Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_recsim.standin.ranking.catalogue import Catalogue

_BLOCKS = 12
_CENTRE = 255
_NONE = Row(np.zeros(0, np.int64), np.zeros(0))


def hashed(text: str) -> NDArray[np.float64]:
    """Return the derived vector of a text, times 255: odd integers from -255 to 255.

    As integers their dot products are exact in single precision, whatever order a processor adds them in.
    """
    data = text.encode()
    blocks = [hashlib.sha256(data + (bytes([block]) if block else b"")).digest() for block in range(_BLOCKS)]
    return np.frombuffer(b"".join(blocks), np.uint8).astype(np.float64) * 2.0 - _CENTRE


class Embeddings:
    """Distinct vectors of a catalogue; ``code[i]`` is item i's vector, -1 for none. Built on first use."""

    def __init__(self, catalogue: Catalogue) -> None:
        distinct: dict[tuple[float, ...] | str, int] = {}
        self.code: Ints = np.array(
            [
                distinct.setdefault(item.embedding, len(distinct)) if item and item.embedding else -1
                for item in catalogue.items
            ],
            np.int64,
        )
        derived = all(isinstance(source, str) for source in distinct)
        rows = [hashed(source) if isinstance(source, str) else np.array(source) for source in distinct]
        self._vectors: NDArray[Any] = np.array(rows, np.float32 if derived else np.float64)
        norms = np.array([float(np.sqrt(np.dot(row, row))) for row in rows])
        self._scale = np.divide(1.0, norms, out=np.zeros(len(rows)), where=norms > 0)
        self._near = np.flatnonzero(catalogue.available[:-1] & (self.code >= 0))
        self._rows: dict[int, Row] = {}

    def rows(self, anchors: list[int]) -> list[Row]:
        """Return the 200 nearest available neighbours of every anchor, cosines clipped to 0..1, zeros left out."""
        missing = [anchor for anchor in anchors if anchor not in self._rows and self.code[anchor] >= 0]
        if missing:
            for anchor, cosines in zip(missing, self._cosines(missing), strict=True):
                near, strength = self._nearest(anchor, cosines, NEIGHBOURS)
                positive = strength > 0
                self._rows[anchor] = Row(near[positive], np.minimum(strength[positive], 1.0))
        return [self._rows.get(anchor, _NONE) for anchor in anchors]

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
        near = self._near[self._near != anchor]
        strength = cosines[self.code[near]]
        best = largest(strength, limit)
        return Row(near[best], strength[best])
