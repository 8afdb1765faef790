"""The items of a namespace as arrays, in id order: comparing positions is comparing ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_recsim.standin.state.store import Item


class Catalogue:
    """Items, and ids that only events know, sorted by id.

    Every array has ``size + 1`` entries; the last one stands for any id outside the catalogue and is unknown,
    unavailable, without price and tags.
    """

    def __init__(self, items: Mapping[str, Item], others: Iterable[str]) -> None:
        self.ids = sorted(items.keys() | set(others))
        self.size = len(self.ids)
        self.index = {item_id: position for position, item_id in enumerate(self.ids)}
        self.items: list[Item | None] = [items.get(item_id) for item_id in self.ids]
        rows: list[Item | None] = [*self.items, None]
        self.known = np.array([row is not None for row in rows])
        self.available = np.array([row is not None and row.available for row in rows])
        self.price = np.array([np.nan if row is None or row.price is None else row.price for row in rows])
        self.created = np.array([0 if row is None else row.created for row in rows], np.int64)


class Names:
    """Positions for all ids of one request: the catalogue's, then those that only the request or a rule names."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._size = catalogue.size
        self._strangers: dict[str, int] = {}
        self._stranger_ids: list[str] = []

    @property
    def strangers(self) -> int:
        """The number of ids that the catalogue does not know."""
        return len(self._stranger_ids)

    def position(self, item_id: str) -> int:
        """Return the id's position, given out on first sight for a stranger."""
        known = self._catalogue.index.get(item_id)
        if known is not None:
            return known
        position = self._strangers.setdefault(item_id, self._size + len(self._stranger_ids))
        if position == self._size + len(self._stranger_ids):
            self._stranger_ids.append(item_id)
        return position

    def id(self, position: int) -> str:
        return (
            self._catalogue.ids[position]
            if position < self._size
            else self._stranger_ids[position - self._size]
        )
