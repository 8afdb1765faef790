"""Co-visitation: how often the same users touched two items (contract 12.6), one anchor row at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.standin.ranking.arrays import Floats, largest, ranges, shuffled
from pytest_recsim.standin.ranking.neighbours import NEIGHBOURS, Neighbours, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from pytest_recsim.standin.ranking.catalogue import Catalogue
    from pytest_recsim.standin.ranking.eventlog import EventLog

_ROWS_KEPT = 20_000


class CoVisits:
    """Rows computed on demand from the users' event lists, so that nothing of items x items is ever held."""

    def __init__(self, log: EventLog, catalogue: Catalogue, rng: Random | None = None) -> None:
        self._log = log
        self._size = catalogue.size + 1
        self._rng = rng
        self._kept = Neighbours(catalogue.size, _ROWS_KEPT)

    def strongest(self, anchors: list[int], since: int) -> Floats:
        """Return per item how often it was touched with that of the anchors it goes with best, by events at or after ``since``.

        An anchor has 200 neighbours at most.
        """
        return self._kept.strongest([(anchor, since) for anchor in anchors], self._rows)

    def _rows(self, keys: list[tuple[int, int]]) -> Iterator[Row]:
        return (self.neighbours(anchor, since, NEIGHBOURS) for anchor, since in keys)

    def neighbours(self, anchor: int, since: int, limit: int) -> Row:
        pairs = self._pairs(anchor, since)
        touched = shuffled(pairs.nonzero()[0], self._rng)
        chosen = touched[largest(pairs[touched], limit)]
        return Row(chosen, pairs[chosen])

    def _pairs(self, anchor: int, since: int) -> Floats:
        """Count event pairs per item; an anchor is no neighbour of itself."""
        log = self._log
        mine = log.by_item[log.item_start[anchor] : log.item_start[anchor + 1]]
        mine = mine[log.ts[mine] >= since]
        users, visits = np.unique(log.user[mine], return_counts=True)
        lengths = log.user_start[users + 1] - log.user_start[users]
        events = ranges(log.user_start[users], lengths)
        inside = log.ts[events] >= since
        pairs = np.bincount(log.item[events][inside], np.repeat(visits, lengths)[inside], self._size)
        pairs[anchor] = 0.0
        return np.asarray(pairs, np.float64)
