"""The events of a namespace as columns, grouped by user and by item."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.arrays import shuffled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from pytest_recsim.standin.ranking.arrays import Floats, Ints
    from pytest_recsim.standin.state.store import Event


class Columns(NamedTuple):
    """Events in order of arrival; ``items`` and ``users`` map ids to codes by first appearance."""

    users: dict[str, int]
    items: dict[str, int]
    user: Ints
    item: Ints
    type: Ints
    value: Floats
    ts: Ints


def columns(events: Sequence[Event]) -> Columns:
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    user = [users.setdefault(event.user_id, len(users)) for event in events]
    item = [items.setdefault(event.item_id, len(items)) for event in events]
    return Columns(
        users,
        items,
        np.array(user, np.int64),
        np.array(item, np.int64),
        np.array([event.type for event in events], np.int64),
        np.array([event.value for event in events], np.float64),
        np.array([event.ts for event in events], np.int64),
    )


class EventLog:
    """Events with items as catalogue positions.

    All arrays are grouped by user, newest first within a user, equal times by item or at random; user ``u`` owns the slice
    ``user_start[u]:user_start[u + 1]``. ``by_item`` lists event positions grouped by item, item ``i`` owning
    ``by_item[item_start[i]:item_start[i + 1]]``.
    """

    def __init__(self, raw: Columns, index: dict[str, int], rng: Random | None = None) -> None:
        position = np.array([index[item_id] for item_id in raw.items], np.int64)
        item = position[raw.item] if len(raw.item) else raw.item
        order = np.lexsort((item if rng is None else shuffled(np.arange(len(item)), rng), -raw.ts, raw.user))
        self.users = raw.users
        self.user, self.item, self.ts = raw.user[order], item[order], raw.ts[order]
        self.type, self.value = raw.type[order], raw.value[order]
        self.user_start = np.searchsorted(self.user, np.arange(len(raw.users) + 1))
        self.by_item = np.argsort(self.item, kind="stable")
        self.item_start = np.searchsorted(self.item[self.by_item], np.arange(len(index) + 1))

    def slice_of(self, user_id: str) -> slice:
        code = self.users.get(user_id)
        return (
            slice(0, 0) if code is None else slice(int(self.user_start[code]), int(self.user_start[code + 1]))
        )
