"""LensKit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from numbers_call import Call

if TYPE_CHECKING:
    from numbers_slates import Slate

PACKAGE = "lenskit"
REQUIREMENTS = ("lenskit==2025.8.1", "torch==2.13.0")


def score(slate: Slate, metric: str, **options: Any) -> float:
    """An analysis of one run; everybody has an item list, if only an empty one."""
    from lenskit import metrics
    from lenskit.data import ItemList, ItemListCollection

    shown, judged = (ItemListCollection(["user_id"]) for _ in range(2))
    for user, items in slate.lists.items():
        shown.add(ItemList(item_ids=list(items), scores=slate.scores(user), ordered=True), user_id=user)
    for user in slate.grades_of_all:
        mine = [(item, grade) for whose, item, grade in slate.holdout if whose == user]
        judged.add(ItemList(item_ids=[i for i, _ in mine], rating=[float(g) for _, g in mine]), user_id=user)
    analysis = metrics.RunAnalysis()
    analysis.add_metric(getattr(metrics, metric)(slate.k, **options), label="value")
    found = analysis.measure(shown, judged)
    if slate.catalogue:
        return float(found.global_metrics()["value"])
    return float(found.list_summary().loc["value", "mean"])


def list_gini(slate: Slate) -> float:
    return score(slate, "ListGini", items=len(slate.catalogue))


def usual_ndcg(slate: Slate) -> float:
    from lenskit.metrics.ranking import LogRankWeight

    return score(slate, "NDCG", gain="rating", weight=LogRankWeight(offset=1))


CALLS = [
    Call("NDCG(k)", "ndcg", partial(score, metric="NDCG")),
    Call('NDCG(k, gain="rating")', "ndcg", partial(score, metric="NDCG", gain="rating")),
    Call("RecipRank(k)", "mrr", partial(score, metric="RecipRank")),
    Call("Recall(k)", "recall", partial(score, metric="Recall")),
    Call("ListGini(k, items=...)", "gini", list_gini),
]
RECIPES = [
    Call('NDCG(k, gain="rating", weight=LogRankWeight(offset=1))', "ndcg", usual_ndcg),
    CALLS[2],
]
