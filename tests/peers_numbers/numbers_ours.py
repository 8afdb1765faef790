"""The slates judged by our own public functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.judge import PADDING, UNKNOWN, catalogue, ranking
from pytest_recsim.judge.means import mean_measured
from pytest_recsim.judge.relevance import build_relevance

if TYPE_CHECKING:
    from numbers_slates import Slate

RANKED = {"ndcg": ranking.ndcg, "mrr": ranking.mrr, "recall": ranking.recall}


def ours(slate: Slate) -> dict[str, float]:
    """Our number for each metric of the slate."""
    lists, items = lists_of(slate)
    if slate.catalogue:
        available = np.ones(len(items), dtype=bool)
        return {
            "coverage": catalogue.catalogue_coverage(lists, available, slate.k),
            "gini": catalogue.gini(lists, available, slate.k),
        }
    events = [(slate.users.index(user), items[item], grade) for user, item, grade in slate.holdout]
    rows, places, grades = (np.array(column) for column in zip(*events, strict=True))
    relevance = build_relevance(rows, places, grades.astype(float), len(slate.users), len(items))
    return {name: mean_measured(formula(lists, relevance, slate.k)) for name, formula in RANKED.items()}


def lists_of(slate: Slate) -> tuple[np.ndarray, dict[str, int]]:
    """The lists as positions, and the position of every item of the catalogue.

    A slate about ranking that names no catalogue has all that it names in it, but for the item `new`.
    """
    named = [
        *(item for items in slate.lists.values() for item in items),
        *(item for _, item, _ in slate.holdout),
    ]
    known = slate.catalogue or [item for item in dict.fromkeys(named) if item != "new"]
    items = {item: place for place, item in enumerate(known)}
    lists = np.full((len(slate.users), 20), PADDING, dtype=np.int32)
    for row, user in enumerate(slate.users):
        mine = [items.get(item, UNKNOWN) for item in slate.lists.get(user, ())]
        lists[row, : len(mine)] = mine
    return lists, items
