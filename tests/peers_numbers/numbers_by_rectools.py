"""RecTools."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from numbers_call import Call

if TYPE_CHECKING:
    from numbers_slates import Slate

PACKAGE = "rectools"
REQUIREMENTS = ("rectools==0.19.0",)


def score(slate: Slate, metric: str, **options: Any) -> float:
    """Two tables: ranked lists, and the events of the holdout as they are."""
    import pandas as pd
    from rectools import metrics

    shown = [
        (user, item, rank) for user, items in slate.lists.items() for rank, item in enumerate(items, start=1)
    ]
    asked = {"value": getattr(metrics, metric)(slate.k, **options)}
    found = metrics.calc_metrics(
        asked,
        pd.DataFrame(shown, columns=["user_id", "item_id", "rank"]),
        pd.DataFrame([event[:2] for event in slate.holdout], columns=["user_id", "item_id"]),
        catalog=slate.catalogue,
    )
    return float(found["value"])


CALLS = [
    Call("NDCG(k)", "ndcg", partial(score, metric="NDCG")),
    Call(
        "NDCG(k, divide_by_achievable=True)", "ndcg", partial(score, metric="NDCG", divide_by_achievable=True)
    ),
    Call("MRR(k)", "mrr", partial(score, metric="MRR")),
    Call("Recall(k)", "recall", partial(score, metric="Recall")),
    Call(
        "CatalogCoverage(k, normalize=True)",
        "coverage",
        partial(score, metric="CatalogCoverage", normalize=True),
    ),
]
RECIPES = CALLS[2:4]
