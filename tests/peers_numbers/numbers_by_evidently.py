"""evidently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from numbers_call import Call, CannotError

if TYPE_CHECKING:
    from numbers_slates import Slate

PACKAGE = "evidently"
REQUIREMENTS = ("evidently==0.7.23", "pandas<3")


def dataset(rows: list[tuple[Any, ...]]) -> Any:
    """Rows of (user, item, score, target)."""
    import pandas as pd
    from evidently import DataDefinition, Dataset, Recsys

    names = {"user_id": "user", "item_id": "item", "prediction": "score", "target": "target"}
    definition = DataDefinition(ranking=[Recsys(**names, recommendations_type="score")])
    table = pd.DataFrame(rows, columns=list(names.values()))
    return Dataset.from_pandas(table, data_definition=definition)


def measured(slate: Slate, metric: Any) -> Any:
    """One table of what was shown, with the grade as target; lists under k end in a KeyError, so they are filled up."""
    from evidently import Report

    if any(not slate.lists.get(user) for user in slate.users):
        raise CannotError("there is one table of shown items, so a user without a list is not in it")
    rows = [
        (user, item, score, slate.grades(user).get(item, 0))
        for user, items in slate.lists.items()
        for item, score in filled(items, slate.scores(user), slate.k)
    ]
    extra = {}
    if slate.catalogue:
        extra["current_train_data"] = dataset([("u0", item, 1, 1) for item in slate.catalogue])
    snapshot = Report([metric]).run(dataset(rows), None, additional_data=extra)
    return snapshot.dict()["metrics"][0]["value"]


def filled(items: tuple[str, ...], scores: list[float], k: int) -> Iterator[tuple[str, float]]:
    """At least k items with their scores; the added ones are nobody's."""
    yield from zip(items, scores, strict=True)
    for number in range(k - len(items)):
        yield f"filler {number}", -float(number)


def with_missed(slate: Slate) -> Slate:
    """The list made longer by what it misses, behind place k + 1."""
    longer = {}
    for user, items in slate.lists.items():
        fillers = (f"nobody's {number}" for number in range(slate.k + 1 - len(items)))
        longer[user] = (*items, *fillers, *(item for item in slate.grades(user) if item not in items))
    return replace(slate, lists=longer)


def at_k(slate: Slate, metric: str, later: int = 0) -> float:
    """The value that stands beside rank k, or `later` ranks below it."""
    from evidently import metrics

    found = measured(slate, getattr(metrics, metric)(k=slate.k))
    (place,) = (key for key, rank in found["rank"].items() if rank == slate.k + later)
    return float(found["value"][place])


def popularity_bias(slate: Slate, part: str) -> float:
    from evidently.metrics import PopularityBiasMetric

    return float(measured(slate, PopularityBiasMetric(k=slate.k, metric=part)))


def recipe(slate: Slate, metric: str, later: int) -> float:
    return at_k(with_missed(slate), metric, later)


CALLS = [
    Call("NDCG(k=k)", "ndcg", partial(at_k, metric="NDCG")),
    Call("MRR(k=k)", "mrr", partial(at_k, metric="MRR")),
    Call("RecallTopK(k=k)", "recall", partial(at_k, metric="RecallTopK")),
    Call(
        'PopularityBiasMetric(k=k, metric="coverage")', "coverage", partial(popularity_bias, part="coverage")
    ),
    Call('PopularityBiasMetric(k=k, metric="gini")', "gini", partial(popularity_bias, part="gini")),
]
RECIPES = [
    Call("NDCG(k=k), beside rank k + 1", "ndcg", partial(recipe, metric="NDCG", later=1)),
    Call("MRR(k=k), beside rank k + 1", "mrr", partial(recipe, metric="MRR", later=1)),
    Call("RecallTopK(k=k)", "recall", partial(recipe, metric="RecallTopK", later=0)),
]
