"""Rows of different lengths in one flat array: what is asked of them costs what they hold, however long the longest is."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.standin.ranking.arrays import Bools, Floats, Ints


_BYTES_KEPT = 16 << 20
_MOST_WASTED, _SMALL = 3, 4096


class Ragged:
    """Codes by row.

    Attributes:
        codes: of all rows, one row behind the other, sorted within each.
        owner: the row of each code.
    """

    def __init__(self, rows: Sequence[Sequence[int]], none: int = 0) -> None:
        """Take rows of codes below ``none``, which stands for no code."""
        self._none = none
        lengths = np.array([len(row) for row in rows], np.int64)
        self._count = len(rows)
        self._length = lengths
        self._holding: dict[int, Bools] = {}
        self._start = np.cumsum(lengths) - lengths
        self.codes: Ints = np.array(list(chain.from_iterable(map(sorted, rows))), np.int64)
        self.owner: Ints = np.repeat(np.arange(len(rows)), lengths)

    @cached_property
    def _table(self) -> Ints | None:
        """Return the rows filled up with ``none`` to the longest one; None where a few long ones would waste space."""
        longest = int(self._length.max(initial=0))
        if longest * self._count > _MOST_WASTED * len(self.codes) + _SMALL:
            return None
        table = np.full((self._count, longest), self._none, np.int64)
        table[self.owner, np.arange(len(self.codes)) - self._start[self.owner]] = self.codes
        return table

    def totals(self, rows: Ints, weights: Floats) -> Floats:
        """Return per code below ``none`` the summed weights of the rows that hold it.

        They are added up by the code's place in its row, first codes first, and then in the order of ``rows``.
        """
        if self._table is None:
            codes, which, slot = self._flat(rows)
            order = slot.argsort(kind="stable")
            codes, each = codes[order], weights[which[order]]
        else:
            codes = self._table.take(rows, axis=0).T.ravel()
            each = weights[None].repeat(self._table.shape[1], axis=0).ravel()
        return np.asarray(np.bincount(codes, each, self._none + 1)[: self._none], np.float64)

    def sums(self, rows: Ints, values: Floats) -> Floats:
        """Return the sum of the values of each row's codes, from the first one on; the value of ``none`` is 0."""
        if self._table is None:
            codes, which, _ = self._flat(rows)
            return np.asarray(np.bincount(which, values[codes], len(rows)), np.float64)
        total = np.zeros(len(rows))
        for part in values.take(self._table.take(rows, axis=0)).T:
            total += part
        return total

    def _flat(self, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the codes of some rows, row by row, each with its position in ``rows`` and its place in its row."""
        length = self._length[rows]
        which = np.arange(len(rows)).repeat(length)
        slot = np.arange(len(which)) - (length.cumsum() - length)[which]
        return self.codes[self._start[rows][which] + slot], which, slot

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
