"""How each call of each library differs from our metric, as switches of `Definition`, and what a switch means in words.

The page's reasons are worked out from this: for every number that is not ours, the smallest part of the call's definition
that gives that number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from numbers_definition import Definition, measured

if TYPE_CHECKING:
    from numbers_slates import Slate

Change = dict[str, str]
NEAR = 1e-6

LINEAR: Change = {"gain": "grade"}
BINARY: Change = {"gain": "1"}
RANX: Change = {"grades": "whole part", "ties": "ranx"}
TREC: Change = {"ties": "id, highest first", "no_list": "left out"}
IR: Change = {"twice": "are dropped"}
ROWS: Change = {"pairs": "every row counts"}
LENSKIT: Change = {"no_holdout": "0", "twice": "earn again"}
EVIDENTLY: Change = {"ties": "mean rank", "cut": "k - 1"}

DIFFERS: dict[tuple[str, str], Change] = {
    ("ranx", "ndcg@k"): RANX | LINEAR,
    ("ranx", "ndcg_burges@k"): RANX,
    ("ranx", "mrr@k"): RANX,
    ("ranx", "recall@k"): {"ties": "ranx"},
    ("pytrec_eval", "ndcg_cut.k"): TREC | LINEAR,
    ("pytrec_eval", "recip_rank"): TREC | {"cut": "none"},
    ("pytrec_eval", "recall.k"): TREC,
    ("ir_measures", "nDCG@k"): IR | LINEAR | {"ties": "id, highest first"},
    ("ir_measures", "RR@k"): {"ties": "id, lowest first", "grades": "whole part"},
    ("ir_measures", "R@k"): {"ties": "id, highest first"},
    ("sklearn", "ndcg_score(k=k)"): LINEAR | {"ties": "averaged", "no_holdout": "0"},
    ("rectools", "NDCG(k)"): ROWS | BINARY | {"ideal": "k items", "twice": "earn again"},
    ("rectools", "NDCG(k, divide_by_achievable=True)"): ROWS
    | BINARY
    | {"twice": "earn again, in the ideal too"},
    ("rectools", "MRR(k)"): {},
    ("rectools", "Recall(k)"): ROWS,
    ("rectools", "CatalogCoverage(k, normalize=True)"): {"strangers": "count"},
    ("lenskit", "NDCG(k)"): LENSKIT
    | BINARY
    | {"discount": "log2(rank), at least 1", "pairs": "every row in the ideal"},
    ("lenskit", 'NDCG(k, gain="rating")'): LENSKIT | LINEAR | ROWS | {"discount": "log2(rank), at least 1"},
    ("lenskit", "RecipRank(k)"): {"no_holdout": "0"},
    ("lenskit", "Recall(k)"): LENSKIT | {"pairs": "every row in the ideal", "recall": "at most k"},
    ("lenskit", "ListGini(k, items=...)"): {"strangers": "count"},
    ("recbole", "ndcg@k"): BINARY | {"ties": "torch.topk"},
    ("recbole", "mrr@k"): {"ties": "torch.topk"},
    ("recbole", "recall@k"): {},
    ("recbole", "itemcoverage@k"): {"catalogue": "with padding"},
    ("recbole", "giniindex@k"): {"catalogue": "with padding"},
    ("evidently", "NDCG(k=k)"): EVIDENTLY | LINEAR | {"ideal": "in the list", "twice": "earn again"},
    ("evidently", "MRR(k=k)"): EVIDENTLY,
    ("evidently", "RecallTopK(k=k)"): {"ideal": "in the list", "twice": "earn again"},
    ("evidently", 'PopularityBiasMetric(k=k, metric="coverage")'): {},
    ("evidently", 'PopularityBiasMetric(k=k, metric="gini")'): {
        "catalogue": "shown items",
        "strangers": "count",
        "scale": "n - 1",
    },
}

WORDS: dict[tuple[str, str], str] = {
    ("gain", "grade"): "a hit earns its grade, not 2^grade - 1",
    ("gain", "1"): "every hit earns 1, whatever its grade",
    ("grades", "whole part"): "grades are cut to whole numbers (0.4 is not relevant)",
    ("pairs", "every row counts"): "each row of the holdout is a hit of its own",
    (
        "pairs",
        "every row in the ideal",
    ): "each row of the holdout is an item to find, but a hit counts once",
    (
        "discount",
        "log2(rank), at least 1",
    ): "the discount is max(1, log2(rank)): ranks 1 and 2 weigh the same",
    ("ideal", "k items"): "the ideal list always has k relevant items",
    (
        "ideal",
        "in the list",
    ): "relevant items that the list lacks do not count",
    ("recall", "at most k"): "recall is divided by at most k",
    ("cut", "k - 1"): "its table counts ranks from 2: beside rank k is the value at k - 1",
    ("cut", "none"): "there is no cut-off",
    ("ties", "id, highest first"): "equal scores are sorted by item id, highest first",
    ("ties", "id, lowest first"): "equal scores are sorted by item id, lowest first",
    ("ties", "averaged"): "equal scores share the mean of their discounts",
    ("ties", "mean rank"): "equal scores all get their mean rank, cut to a whole number",
    ("ties", "ranx"): "from 16 equal scores on, the first item comes last but one",
    (
        "ties",
        "torch.topk",
    ): "equal scores come in the order of torch.topk",
    ("twice", "earn again"): "a repeated item earns again",
    (
        "twice",
        "earn again, in the ideal too",
    ): "a repeated item earns again, and is in the ideal again",
    ("twice", "are dropped"): "a repeated item takes no place",
    ("no_list", "left out"): "a user without a list is left out of the mean",
    ("no_holdout", "0"): "a user without holdout counts 0 in the mean",
    ("catalogue", "with padding"): "the padding counts as an item that is never shown",
    ("catalogue", "shown items"): "items that are never shown do not count",
    ("strangers", "count"): "an unknown item counts as one of the catalogue",
    ("scale", "n - 1"): "Gini is divided by n - 1 instead of n",
}


def reasons(slate: Slate, library: str, call: str, metric: str, value: float) -> Change | None:
    """The smallest part of the call's definition that gives the value: {} for ours, None if no part does."""
    for part in parts(DIFFERS[library, call]):
        if abs(measured(slate, metric, replace(Definition(), **part)) - value) < NEAR:
            return part
    return None


def parts(change: Change) -> Iterator[Change]:
    """All subsets, smallest first."""
    for size in range(len(change) + 1):
        for some in combinations(change.items(), size):
            yield dict(some)
