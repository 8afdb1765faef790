"""Rows of different lengths in one flat array: what is asked of them costs what they hold, however long the longest is."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.standin.ranking.arrays import Bools, Ints


_BYTES_KEPT = 16 << 20


class Ragged:
    """Codes by row.

    Attributes:
        codes: of all rows, one row behind the other, sorted within each.
        owner: the row of each code.
    """

    def __init__(self, rows: Sequence[Sequence[int]]) -> None:
        lengths = np.array([len(row) for row in rows], np.int64)
        self._count = len(rows)
        self._length = lengths
        self._holding: dict[int, Bools] = {}
        self._start = np.cumsum(lengths) - lengths
        self.codes: Ints = np.array(list(chain.from_iterable(map(sorted, rows))), np.int64)
        self.owner: Ints = np.repeat(np.arange(len(rows)), lengths)

    def of(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return the codes of some rows, and beside each its position in ``rows``: all first codes, all second ones, ..."""
        length = self._length[rows]
        which = np.arange(len(rows)).repeat(length)
        slot = np.arange(len(which)) - (length.cumsum() - length)[which]
        order = slot.argsort(kind="stable")
        return self.codes[(self._start[rows][which] + slot)[order]], which[order]

    def flat(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return the same as ``of`` row by row: cheaper, and as good where nothing is added up across rows."""
        length = self._length[rows]
        which = np.arange(len(rows)).repeat(length)
        first = self._start[rows] - length.cumsum() + length
        return self.codes[np.arange(len(which)) + first[which]], which

    def having(self, wanted: Bools) -> Bools:
        """Tell for every row whether it holds a wanted code; ``wanted`` says so for each code."""
        found = np.zeros(self._count, np.bool_)
        found[self.owner[wanted[self.codes]]] = True
        return found

    def holding(self, code: int) -> Bools:
        """Tell for every row whether it holds this code."""
        found = self._holding.get(code)
        if found is None:
            found = np.zeros(self._count, np.bool_)
            found[self.owner[self.codes == code]] = True
            if (len(self._holding) + 1) * self._count <= _BYTES_KEPT:
                self._holding[code] = found
        return found

    def count(self, wanted: Bools) -> Ints:
        """Count the wanted codes in every row."""
        return np.bincount(self.owner[wanted[self.codes]], minlength=self._count)
