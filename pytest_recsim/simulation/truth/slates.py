"""Answers and holdout as arrays, in the shapes that the judge takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.judge.relevance import Relevance, build_relevance, drop_items, drop_pairs
from pytest_recsim.plan.model import K
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.truth.dataset import Dataset

Lists = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Slates:
    """The evaluated users (rows) and their lists.

    Items are positions in the fixture. What is not in it (the probe item, unknown ids) takes a slot as
    UNKNOWN and is never relevant.
    """

    world: Dataset
    rows: tuple[int, ...]
    lists: Lists

    @cached_property
    def row_of_user(self) -> npt.NDArray[np.int64]:
        """User position -> row, -1 for users that are not evaluated."""
        rows = np.full(len(self.world.fixture.users), -1, dtype=np.int64)
        rows[list(self.rows)] = np.arange(len(self.rows))
        return rows

    @cached_property
    def _segments(self) -> dict[str, npt.NDArray[np.int64]]:
        found: dict[str, list[int]] = {}
        for row, user in enumerate(self.rows):
            found.setdefault(self.world.fixture.users[user].segment, []).append(row)
        return {name: np.array(rows, dtype=np.int64) for name, rows in found.items()}

    def rows_of(self, segment: str) -> npt.NDArray[np.int64]:
        """Rows of the evaluated users of a segment."""
        return self._segments.get(segment, np.zeros(0, dtype=np.int64))

    def of(self, kept: Sequence[bool]) -> Slates:
        """The same for some of the users, given per row."""
        return self if all(kept) else self.at(np.flatnonzero(kept))

    def at(self, rows: npt.NDArray[np.int64]) -> Slates:
        """The same for the users in these rows."""
        return Slates(self.world, tuple(self.rows[row] for row in rows.tolist()), self.lists[rows])

    def user_ids(self, rows: Iterable[int] | None = None) -> list[str]:
        """Ids of the users in some (or all) rows."""
        users = self.world.fixture.users
        chosen = range(len(self.rows)) if rows is None else rows
        return [users[self.rows[row]].user_id for row in chosen]

    def relevance(self, which: str) -> Relevance:
        """Return the graded holdout per row: ``unseen`` or ``all`` (design section 6)."""
        columns, split = self.world.material.columns, self.world.material.split
        rows = self.row_of_user[columns.user[split.holdout]]
        mine = rows >= 0
        events = split.holdout[mine]
        relevance = build_relevance(
            rows[mine].astype(np.int32),
            columns.item[events].astype(np.int32),
            self.world.weights[events],
            len(self.rows),
            len(self.world.fixture.items),
        )
        relevance = drop_items(relevance, ~self.world.available)
        return drop_pairs(relevance, *(self.seen_pairs if which == "unseen" else self.hidden_pairs))

    @cached_property
    def seen_pairs(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """(row, item) of everything an evaluated user touched in the seeded events."""
        columns, seeded = self.world.material.columns, self.world.material.split.seeded
        rows = self.row_of_user[columns.user[seeded]]
        mine = rows >= 0
        return rows[mine].astype(np.int32), columns.item[seeded[mine]].astype(np.int32)

    @cached_property
    def hidden_pairs(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """(row, item) of everything the purchase exclusion hides from an evaluated user."""
        pairs = [
            (row, item)
            for row, user in enumerate(self.rows)
            for item in sorted(self.world.hidden_pairs.get(user, ()))
        ]
        table = np.array(pairs, dtype=np.int32).reshape(-1, 2)
        return table[:, 0], table[:, 1]


def observed(world: Dataset, exchanges: Sequence[Exchange]) -> Slates:
    """Turn quality answers into an array of item positions, padded to K columns."""
    rows = tuple(world.fixture.user_index[exchange.ask.user_id] for exchange in exchanges)
    lists = np.full((len(exchanges), K), PADDING, dtype=np.int32)
    index = world.fixture.item_index
    for row, exchange in enumerate(exchanges):
        ids = exchange.ids[:K]
        lists[row, : len(ids)] = [index.get(item, UNKNOWN) for item in ids]
    return Slates(world, rows, lists)
