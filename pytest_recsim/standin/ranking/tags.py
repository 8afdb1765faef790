"""Tags as number matrices: raw spellings and their trimmed lower-case forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pytest_recsim.standin.ranking.arrays import Bools, Ints
    from pytest_recsim.standin.ranking.catalogue import Catalogue


# Bit sets are four times as fast as looking up every tag of every item, but grow with items x tags.
_MOST_AS_BITS = 1024


def fold(tag: str) -> str:
    return tag.strip().lower()


def padded(rows: Sequence[Sequence[int]], filler: int) -> Ints:
    """Return codes as a matrix [width, rows], sorted within a row and filled up with ``filler``."""
    width = max(map(len, rows), default=0) or 1
    matrix = np.full((width, len(rows)), filler, np.int64)
    for column, codes in enumerate(rows):
        if codes:
            matrix[: len(codes), column] = sorted(codes)
    return matrix


def bits(matrix: Ints, filler: int) -> NDArray[np.uint64]:
    """Return the codes of every column as a bit set [words, columns]; codes from ``filler`` on are no tags."""
    found = np.zeros((filler // 64 + 1, matrix.shape[1]), np.uint64)
    columns = np.arange(matrix.shape[1])
    for codes in matrix:
        held = codes < filler
        place = (codes[held] // 64, columns[held])
        found[place] |= np.uint64(1) << (codes[held] % 64).astype(np.uint64)
    return found


class Tags:
    """The tags of a catalogue.

    ``raw`` and ``folded`` are matrices [width, size + 1] of codes into ``raw_names`` and ``names`` (both sorted), every
    distinct tag of an item once, filled up with the first code that is not one. ``lists`` (sorted) and ``sets`` hold the
    folded codes of each item. Blank tags have no folded form (code ``blank``). ``exact[f]`` is the raw code whose spelling equals folded tag ``f``, else -1.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        spelled = [frozenset(item.tags) if item else frozenset() for item in catalogue.items]
        self.raw_names = sorted(frozenset().union(*spelled)) if spelled else []
        self.names = sorted({name for tag in self.raw_names if (name := fold(tag))})
        self.raw_index = {tag: code for code, tag in enumerate(self.raw_names)}
        self.index = {tag: code for code, tag in enumerate(self.names)}
        self.blank = len(self.names)
        self.fold_of = np.array([self.index.get(fold(tag), self.blank) for tag in self.raw_names], np.int64)
        self.exact = np.array([self.raw_index.get(tag, -1) for tag in self.names], np.int64)
        self.sets: list[frozenset[int]] = [
            frozenset(self.index[name] for tag in tags if (name := fold(tag))) for tags in spelled
        ]
        self.sets.append(frozenset())
        self.lists = [sorted(codes) for codes in self.sets]
        self.raw = padded(
            [[self.raw_index[tag] for tag in tags] for tags in spelled] + [[]], len(self.raw_names)
        )
        self.folded = padded(self.lists, self.blank)
        few = len(self.raw_names) <= _MOST_AS_BITS
        self._raw_bits = bits(self.raw, len(self.raw_names)) if few else None
        self.count = np.array([len(tags) for tags in spelled] + [0])

    def count_raw(self, codes: Ints) -> NDArray[np.int16]:
        """Count for every item the tags among these raw codes that it carries."""
        wanted = np.zeros(64 * (len(self.raw_names) // 64 + 1), np.bool_)
        wanted[codes] = True
        if self._raw_bits is None:
            return np.asarray(wanted[self.raw].sum(axis=0, dtype=np.int16))
        words = np.packbits(wanted, bitorder="little").view("<u8")
        return np.asarray(np.bitwise_count(self._raw_bits & words[:, None]).sum(axis=0, dtype=np.int16))

    def with_raw(self, tags: Iterable[str]) -> Bools:
        """Tell for every item whether it carries one of the tags in exactly this spelling."""
        return self._with(self.raw, (self.raw_index.get(tag) for tag in tags), len(self.raw_names))

    def with_folded(self, tags: Iterable[str]) -> Bools:
        """Tell for every item whether it carries one of the folded tags."""
        return self._with(self.folded, (self.index.get(tag) for tag in tags), self.blank)

    @staticmethod
    def _with(matrix: Ints, codes: Iterable[int | None], size: int) -> Bools:
        wanted = np.zeros(size + 1, np.bool_)
        wanted[[code for code in codes if code is not None]] = True
        return np.asarray(wanted[matrix].any(axis=0))
