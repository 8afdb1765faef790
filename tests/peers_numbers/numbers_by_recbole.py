"""RecBole: a model gives every user a score for every item, and item 0 is padding."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from numbers_call import Call, CannotError, refuse_repeats_in_lists

if TYPE_CHECKING:
    from numbers_slates import Slate

PACKAGE = "recbole"
REQUIREMENTS = ("recbole==1.2.1", "torch==2.13.0", "numpy<2", "pandas<3")
METRICS = {
    "ndcg": "ndcg",
    "mrr": "mrr",
    "recall": "recall",
    "coverage": "itemcoverage",
    "gini": "giniindex",
}


@cache
def config(metric: str, k: int) -> Any:
    from recbole.config import Config

    asked = {"metrics": [METRICS[metric]], "topk": [k], "metric_decimal_place": 12, "use_gpu": False}
    return Config(model="Pop", dataset="none", config_dict=asked)


def score(slate: Slate, metric: str) -> float:
    """Feed the collector as the trainer does: users with holdout only, a row of scores each."""
    import torch
    from recbole.evaluator import Collector, Evaluator

    refuse_repeats_in_lists(slate)
    columns = columns_of(slate)
    users = [user for user in slate.users if slate.catalogue or slate.grades(user)]
    table = torch.full((len(users), len(columns) + 1), -1.0)
    positive = []
    for row, user in enumerate(users):
        for item, value in zip(slate.lists.get(user, ()), slate.scores(user), strict=True):
            table[row, columns[item]] = value
        table[row, [columns[item] for item in columns if item.startswith("filler")]] = 0.0
        positive += [(row, columns[item]) for item in slate.grades(user)]
    rows, items = torch.tensor(positive, dtype=torch.long).reshape(-1, 2).T
    settings = config(metric, slate.k)
    collector = Collector(settings)
    collector.eval_batch_collect(table, None, rows, items)
    data = collector.get_data_struct()
    data.set("data.num_items", len(columns) + 1)
    (found,) = Evaluator(settings).evaluate(data).values()
    return float(found)


def columns_of(slate: Slate) -> dict[str, int]:
    """Every item with its column; column 0 is the padding's."""
    if slate.catalogue:
        names = [*slate.catalogue]
        if any(item not in names for items in slate.lists.values() for item in items):
            raise CannotError("a list holds columns of the score table, so there is no unknown item")
    else:
        fillers = [f"filler {number}" for number in range(slate.k)]
        listed = [item for items in slate.lists.values() for item in items]
        names = [*listed, *fillers, *(item for _, item, _ in slate.holdout)]
    return {item: column for column, item in enumerate(dict.fromkeys(names), start=1)}


CALLS = [Call(f"{name}@k", metric, partial(score, metric=metric)) for metric, name in METRICS.items()]
RECIPES = CALLS[1:3]
