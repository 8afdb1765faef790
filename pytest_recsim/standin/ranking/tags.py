"""Tags as numbers: raw spellings and their trimmed lower-case forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.standin.ranking.ragged import Ragged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import DTypeLike, NDArray

    from pytest_recsim.standin.ranking.arrays import Bools, Ints
    from pytest_recsim.standin.ranking.catalogue import Catalogue


# Bit sets are four times as fast as looking up every tag of every item, but grow with items x tags.
_MOST_AS_BITS = 1024


def fold(tag: str) -> str:
    return tag.strip().lower()


def bits(held: Ragged, size: int, columns: int) -> NDArray[np.uint64]:
    """Return the codes (below ``size``) of every row as a bit set [words, columns], a column per row."""
    found = np.zeros((size // 64 + 1, columns), np.uint64)
    shift = (held.codes % 64).astype(np.uint64)
    np.bitwise_or.at(found, (held.codes // 64, held.owner), np.left_shift(np.uint64(1), shift))
    return found


class Tags:
    """The tags of a catalogue.

    ``raw`` and ``folded`` hold for each item, and one more that has none, its codes into ``raw_names`` and ``names``
    (both sorted), every distinct tag once. ``lists`` (sorted) and ``sets`` hold the folded codes of each item. Blank tags have no folded form (code ``blank``). ``exact[f]`` is the raw code whose spelling equals folded tag ``f``, else -1.
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
        self.raw = Ragged(
            [[self.raw_index[tag] for tag in tags] for tags in spelled] + [[]], len(self.raw_names)
        )
        self.folded = Ragged(self.lists, self.blank)
        few = len(self.raw_names) <= _MOST_AS_BITS
        self._raw_bits = bits(self.raw, len(self.raw_names), len(self.sets)) if few else None
        self.count = np.array([len(tags) for tags in spelled] + [0])

    def count_raw(self, codes: Ints) -> NDArray[np.unsignedinteger]:
        """Count for every item the tags among these raw codes that it carries, in as few bytes as hold the counts."""
        small: DTypeLike = np.uint8 if len(codes) < 256 else np.uint16
        wanted = np.zeros(64 * (len(self.raw_names) // 64 + 1), np.bool_)
        wanted[codes] = True
        if self._raw_bits is None:
            return self.raw.count(wanted).astype(small)
        words = np.packbits(wanted, bitorder="little").view("<u8")
        found = np.zeros(len(self.sets), small)
        for place in words.nonzero()[0].tolist():  # a profile's few tags lie in few words
            found += np.bitwise_count(self._raw_bits[place] & words[place])
        return found

    def with_raw(self, tags: Iterable[str]) -> Bools:
        """Tell for every item whether it carries one of the tags in exactly this spelling."""
        return self._with(self.raw, (self.raw_index.get(tag) for tag in tags), len(self.raw_names))

    def with_folded(self, tags: Iterable[str]) -> Bools:
        """Tell for every item whether it carries one of the folded tags."""
        return self._with(self.folded, (self.index.get(tag) for tag in tags), self.blank)

    @staticmethod
    def _with(held: Ragged, codes: Iterable[int | None], size: int) -> Bools:
        wanted = np.zeros(size + 1, np.bool_)
        wanted[[code for code in codes if code is not None]] = True
        return held.having(wanted)
