"""Our metrics written out in plain Python, with every choice as a switch.

With no switch touched this gives our numbers (a test holds it to `pytest_recsim.judge`). A library's definition is the few
switches that differ; that they give the library's numbers on every slate is the proof of the reasons on the page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numbers_slates import Slate

Places = list[tuple[str, float, float]]
"""What stands in a list: item, discount, reciprocal rank; within the cut-off."""


@dataclass(frozen=True)
class Definition:
    """The choices; the first value named is ours.

    Attributes:
        gain: `2^grade - 1`, `grade` or `1`.
        grades: `as they are`, or `whole part`.
        pairs: repeated pairs of the holdout: `added up`, `every row counts`, or `every row in the ideal` alone.
        discount: `log2(rank + 1)`, or `log2(rank), at least 1`.
        ideal: `all relevant`, `k items` of grade 1, or only what is relevant and `in the list`.
        recall: hits over `all relevant`, or over `at most k`.
        cut: `k`, `k - 1` or `none`.
        ties: `as listed`, by `id, highest first` or `id, lowest first`, `averaged`, all at the `mean rank`, or as
            `ranx` and `torch.topk` leave lists of 16 and more.
        twice: an item's later places in a list: `earn nothing`, `earn again`, `earn again, in the ideal too`, `are dropped`.
        no_list: such a user counts `0`, or is `left out`.
        no_holdout: such a user is `left out`, or counts `0`.
        catalogue: `available items`, `with padding`, or `shown items`.
        strangers: unknown items `do not count`, or they `count`.
        scale: Gini is divided by `n`, or by `n - 1`.
    """

    gain: str = "2^grade - 1"
    grades: str = "as they are"
    pairs: str = "added up"
    discount: str = "log2(rank + 1)"
    ideal: str = "all relevant"
    recall: str = "all relevant"
    cut: str = "k"
    ties: str = "as listed"
    twice: str = "earn nothing"
    no_list: str = "0"
    no_holdout: str = "left out"
    catalogue: str = "available items"
    strangers: str = "do not count"
    scale: str = "n"


def measured(slate: Slate, metric: str, chosen: Definition) -> float:
    """The metric of the whole slate."""
    if slate.catalogue:
        return {"coverage": coverage, "gini": gini}[metric](slate, chosen)
    values = [value for user in slate.users if (value := of_user(slate, user, metric, chosen)) is not None]
    return sum(values) / len(values)


def of_user(slate: Slate, user: str, metric: str, chosen: Definition) -> float | None:
    """The user's value, or None for a user in no mean."""
    relevant = relevance(slate, user, chosen)
    if not relevant:
        return 0.0 if chosen.no_holdout == "0" else None
    if not slate.lists.get(user):
        return 0.0 if chosen.no_list == "0" else None
    places = placed(slate, user, chosen)
    return {"ndcg": ndcg, "mrr": mrr, "recall": recall}[metric](places, relevant, slate, chosen)


def relevance(slate: Slate, user: str, chosen: Definition) -> list[tuple[str, float]]:
    """What is relevant, as (item, grade); an item may come several times if every row counts."""
    rows = [(item, grade) for whose, item, grade in slate.holdout if whose == user]
    if chosen.pairs == "added up":
        rows = list(slate.grades(user).items())
    if chosen.grades == "whole part":
        rows = [(item, int(grade)) for item, grade in rows]
    return [(item, grade) for item, grade in rows if grade > 0]


def placed(slate: Slate, user: str, chosen: Definition) -> Places:
    """The list with the discount of every place within the cut-off."""
    items = list(slate.lists[user])
    if chosen.twice == "are dropped":
        items = list(dict.fromkeys(items))
    cut = {"k": slate.k, "k - 1": slate.k - 1, "none": len(items)}[chosen.cut]
    ranks = list(range(1, len(items) + 1))
    weights = [discount(rank, chosen) if rank <= cut else 0.0 for rank in ranks]
    if slate.tied:
        items, ranks = untied(items, ranks, slate.k, chosen.ties)
        if chosen.ties == "averaged":
            weights = [sum(weights) / len(weights)] * len(weights)
        elif chosen.ties == "mean rank":
            weights = [discount(rank, chosen) for rank in ranks]
    return [
        (item, weight, 1 / rank)
        for item, rank, weight in zip(items, ranks, weights, strict=True)
        if rank <= cut or chosen.ties == "averaged"
    ]


def untied(items: list[str], ranks: list[int], k: int, ties: str) -> tuple[list[str], list[int]]:
    """The order in which a library reads a list whose scores are all alike."""
    first, others, many = items[:1], items[1:], len(items) > 15
    orders = {
        "id, highest first": sorted(items, reverse=True),
        "id, lowest first": sorted(items),
        "ranx": [*others[:-1], *first, *others[-1:]] if many else items,
        "torch.topk": [*others[: k - 1], *first, *others[k - 1 :]] if many else items,
    }
    if ties == "mean rank":
        return items, [int(sum(ranks) / len(ranks))] * len(ranks)
    return orders.get(ties, items), ranks


def discount(rank: int, chosen: Definition) -> float:
    if chosen.discount == "log2(rank + 1)":
        return 1 / math.log2(rank + 1)
    return 1 / max(1.0, math.log2(rank))


def gain(grade: float, chosen: Definition) -> float:
    return {"2^grade - 1": 2**grade - 1, "grade": grade, "1": 1.0}[chosen.gain]


def hits(places: Places, relevant: list[tuple[str, float]], chosen: Definition) -> Places:
    """Hits as (item, discount, gain) in list order; a place that earns for several rows comes several times."""
    found: Places = []
    for number, (item, weight, _) in enumerate(places):
        if chosen.twice == "earn nothing" and item in [earlier for earlier, _, _ in places[:number]]:
            continue
        grades = [grade for one, grade in relevant if one == item]
        if chosen.pairs == "every row in the ideal":
            grades = grades[:1]
        found += [(item, weight, gain(grade, chosen)) for grade in grades]
    return found


def ideal_gains(places: Places, relevant: list[tuple[str, float]], k: int, chosen: Definition) -> list[float]:
    """The gains of the best possible list, best first."""
    listed = [item for item, _, _ in places]
    gains = []
    for item, grade in relevant:
        times = listed.count(item)
        if chosen.ideal == "all relevant" and chosen.twice != "earn again, in the ideal too":
            times = 1
        elif chosen.ideal == "all relevant":
            times = max(times, 1)
        gains += [gain(grade, chosen)] * times
    return [1.0] * k if chosen.ideal == "k items" else sorted(gains, reverse=True)


def ndcg(places: Places, relevant: list[tuple[str, float]], slate: Slate, chosen: Definition) -> float:
    cut = slate.k - 1 if chosen.cut == "k - 1" else slate.k
    best = ideal_gains(places, relevant, slate.k, chosen)[:cut]
    ideal = sum(one * discount(rank, chosen) for rank, one in enumerate(best, start=1))
    earned = sum(weight * one for _, weight, one in hits(places, relevant, chosen))
    return earned / ideal if ideal else 0.0


def mrr(places: Places, relevant: list[tuple[str, float]], slate: Slate, chosen: Definition) -> float:
    wanted = {item for item, _ in relevant}
    return max((reciprocal for item, _, reciprocal in places if item in wanted), default=0.0)


def recall(places: Places, relevant: list[tuple[str, float]], slate: Slate, chosen: Definition) -> float:
    wanted = len(ideal_gains(places, relevant, slate.k, chosen))
    if chosen.recall == "at most k":
        wanted = min(wanted, slate.k)
    return len(hits(places, relevant, chosen)) / wanted if wanted else 0.0


def shown(slate: Slate, chosen: Definition) -> dict[str, int]:
    """How often each item stands in the first k of a list."""
    counts: dict[str, int] = {}
    for items in slate.lists.values():
        for item in items[: slate.k]:
            if item in slate.catalogue or chosen.strangers == "count":
                counts[item] = counts.get(item, 0) + 1
    return counts


def catalogue_size(slate: Slate, chosen: Definition) -> int:
    sizes = {"available items": len(slate.catalogue), "with padding": len(slate.catalogue) + 1}
    return sizes.get(chosen.catalogue, len(shown(slate, chosen)))


def coverage(slate: Slate, chosen: Definition) -> float:
    return len(shown(slate, chosen)) / catalogue_size(slate, chosen)


def gini(slate: Slate, chosen: Definition) -> float:
    size = catalogue_size(slate, chosen)
    counts = sorted(shown(slate, chosen).values())
    counts = [0] * (size - len(counts)) + counts
    spread = sum((2 * rank - size - 1) * count for rank, count in enumerate(counts, start=1))
    return spread / (sum(counts) * (size if chosen.scale == "n" else size - 1))
