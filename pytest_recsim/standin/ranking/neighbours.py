"""The strongest neighbours of items, their rows kept one below the other so that several are looked up as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.arrays import Floats, Ints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

NEIGHBOURS = 200
_FIRST = 64


class Row(NamedTuple):
    """An item's neighbours, best first, and their strength."""

    items: Ints
    strength: Floats


class Neighbours:
    """Rows of up to 200 neighbours among ``size`` items, by any key; at most ``most`` are kept."""

    def __init__(self, size: int, most: int) -> None:
        self._size = size
        self._most = most
        self._place: dict[Any, int] = {}
        self._items: Ints = np.zeros((0, min(NEIGHBOURS, size)), np.int64)
        self._strength: Floats = np.zeros(self._items.shape)

    def strongest(self, keys: Sequence[Any], rows: Callable[[list[Any]], Iterable[Row]]) -> Floats:
        """Return per item, and for one more that is none of them, the highest strength in the rows of these keys, or 0.

        ``rows`` is called for the keys that are not there yet.
        """
        found = np.zeros(self._size + 1)
        if keys:
            missing = [key for key in keys if key not in self._place]
            if len(self._place) + len(missing) > self._most:
                self._place.clear()
                missing = list(keys)
            if missing:
                for key, row in zip(missing, rows(missing), strict=True):
                    self._add(key, row)
            places = [self._place[key] for key in keys]
            np.maximum.at(
                found, self._items.take(places, axis=0).ravel(), self._strength.take(places, axis=0).ravel()
            )
        return found

    def _add(self, key: Any, row: Row) -> None:
        place = self._place[key] = len(self._place)
        if place == len(self._items):
            more = max(_FIRST, place), self._items.shape[1]
            self._items = np.concatenate([self._items, np.zeros(more, np.int64)])
            self._strength = np.concatenate([self._strength, np.zeros(more)])
        # What is left of a row points at none of the items.
        self._items[place], self._strength[place] = self._size, 0.0
        self._items[place, : len(row.items)], self._strength[place, : len(row.items)] = row
