"""The holdout as scenarios see it: relevance by id, and NDCG and MRR of lists against it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.judge.ranking import ndcg
from pytest_recsim.judge.relevance import Relevance
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.slates import Lists, Slates, observed

RelevantItems = dict[str, float]


class Truth(ABC):
    """Relevance of evaluated users; part of :class:`Simulation`."""

    @property
    @abstractmethod
    def world(self) -> Dataset: ...

    @property
    @abstractmethod
    def lists(self) -> Mapping[str, Exchange]: ...

    def relevance(self, which: str = "unseen") -> dict[str, RelevantItems]:
        """User id -> item id -> grade, from the holdout; users with an empty set are left out."""
        everyone = observed(self.world, list(self.lists.values()))
        return _by_id(self.world, everyone, everyone.relevance(which))

    def mean_ndcg(
        self, lists: Mapping[str, Exchange | Sequence[str]], which: str = "unseen", k: int = 10
    ) -> tuple[float, int, int]:
        """Mean NDCG@k of the given users' lists.

        Returns:
            The mean, how many users it is over, how many of them have a value above 0;
            ``(nan, 0, 0)`` when none of the users has relevant items.
        """
        users = tuple(self.world.fixture.user_index[user] for user in lists)
        table = Slates(self.world, users, _positions(self.world, list(lists.values())))
        values = ndcg(table.lists, table.relevance(which), k)
        counted = values[~np.isnan(values)]
        if not counted.size:
            return math.nan, 0, 0
        return float(counted.mean()), int(counted.size), int((counted > 0).sum())

    def mrr(self, ids: Sequence[str], relevant: Mapping[str, float], k: int = 10) -> float:
        """Reciprocal rank of the first relevant item among the first k, 0 when there is none."""
        hits = (rank for rank, item in enumerate(ids[:k], start=1) if relevant.get(item, 0) > 0)
        return 1 / next(hits, math.inf)


def _positions(world: Dataset, lists: Sequence[Exchange | Sequence[str]]) -> Lists:
    ids = [entry.ids if isinstance(entry, Exchange) else tuple(entry) for entry in lists]
    width = max((len(row) for row in ids), default=0)
    table = np.full((len(ids), max(width, 1)), PADDING, dtype=np.int32)
    for row, items in enumerate(ids):
        table[row, : len(items)] = [world.fixture.item_index.get(item, UNKNOWN) for item in items]
    return table


def _by_id(world: Dataset, table: Slates, relevance: Relevance) -> dict[str, RelevantItems]:
    found = {}
    for row, user in enumerate(table.rows):
        span = slice(int(relevance.indptr[row]), int(relevance.indptr[row + 1]))
        pairs = zip(relevance.items[span].tolist(), relevance.grades[span].tolist(), strict=True)
        if items := {world.fixture.items[item].item_id: grade for item, grade in pairs}:
            found[world.fixture.users[user].user_id] = items
    return found
