"""Tags as number matrices: raw spellings and their trimmed lower-case forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_recsim.standin.ranking.arrays import Bools, Ints
    from pytest_recsim.standin.ranking.catalogue import Catalogue


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
        self.count = np.array([len(tags) for tags in spelled] + [0])

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
