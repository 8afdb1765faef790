"""NDCG, MRR, average precision, hit rate and recall: how early the relevant items stand in the lists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from pytest_recsim.judge.relevance import Relevance

TABLE_CELLS = 1 << 18
"""Cells of the scatter table; 2 MB of float64 stay in the cache of a small machine."""
WIDEST_TABLE = 1 << 13
"""Catalogues above this size are looked up by binary search: too few users would fit into one table."""


@dataclass(frozen=True)
class Ranking:
    """The three ranking metrics of every evaluated user, ``float64[U]`` each, NaN for an empty relevance set."""

    ndcg: NDArray[np.float64]
    mrr: NDArray[np.float64]
    recall: NDArray[np.float64]


def gains(lists: NDArray[np.int32], relevance: Relevance) -> NDArray[np.float64]:
    """Return the relevance grade of every slot, ``float64[U, K]``; 0 for misses, padding and unknown ids.

    An item that a list repeats earns its grade once, at its first place, so that no metric can exceed 1.
    """
    if lists.shape[0] != relevance.n_users:
        raise ValueError(f"{lists.shape[0]} lists for {relevance.n_users} users in the relevance set")
    width = int(max(lists.max(initial=-1), relevance.items.max(initial=-1))) + 1
    look_up = _gains_by_table if width <= WIDEST_TABLE else _gains_by_search
    found = look_up(lists, relevance, width)
    _blank_repeats(lists, found)
    return found


def ndcg(lists: NDArray[np.int32], relevance: Relevance, k: int = 10) -> NDArray[np.float64]:
    """NDCG@k per user, ``float64[U]``: gain ``2**grade - 1``, discount ``log2(rank + 1)``.

    The ideal is the user's own set, best first, cut at k. Source: Burges et al., ICML 2005; Jaervelin and
    Kekaelaeinen, TOIS 2002.
    """
    return _ndcg(gains(lists[:, :k], relevance), relevance, k)


def mrr(lists: NDArray[np.int32], relevance: Relevance, k: int = 10) -> NDArray[np.float64]:
    """1 / rank of the first relevant item within the first k, 0 without one, ``float64[U]``."""
    return _mrr(gains(lists[:, :k], relevance), relevance, k)


def recall(lists: NDArray[np.int32], relevance: Relevance, k: int = 20) -> NDArray[np.float64]:
    """Relevant items among the first k / all relevant items of the user, ``float64[U]``."""
    return _recall(gains(lists[:, :k], relevance), relevance, k)


def hit_rate(lists: NDArray[np.int32], relevance: Relevance, k: int = 10) -> NDArray[np.float64]:
    """1 for a user with a relevant item among the first k, else 0, ``float64[U]``."""
    return _hit_rate(gains(lists[:, :k], relevance), relevance, k)


def average_precision(lists: NDArray[np.int32], relevance: Relevance, k: int = 10) -> NDArray[np.float64]:
    """Sum of the precision at each relevant item of the first k / all relevant items of the user, ``float64[U]``.

    Grades do not count. Source: trec_eval's ``map_cut``; others divide by at most k.
    """
    return _average_precision(gains(lists[:, :k], relevance), relevance, k)


def rank_metrics(lists: NDArray[np.int32], relevance: Relevance) -> Ranking:
    """NDCG@10, MRR@10 and Recall@20 from one look-up of the gains."""
    slots = gains(lists, relevance)
    return Ranking(_ndcg(slots, relevance, 10), _mrr(slots, relevance, 10), _recall(slots, relevance, 20))


def repeat_hit_share(
    lists: NDArray[np.int32], relevance_all: Relevance, relevance_unseen: Relevance, k: int = 20
) -> float:
    """Share of the hits in the first k that are items the user already knew; NaN without any hit."""
    hits = np.count_nonzero(gains(lists[:, :k], relevance_all))
    fresh = np.count_nonzero(gains(lists[:, :k], relevance_unseen))
    return 1 - fresh / hits if hits else float("nan")


def _ndcg(slots: NDArray[np.float64], relevance: Relevance, k: int) -> NDArray[np.float64]:
    discount: NDArray[np.float64] = 1.0 / np.log2(np.arange(2.0, k + 2.0))
    earned = slots[:, :k]
    dcg: NDArray[np.float64] = _gain(earned) @ discount[: earned.shape[1]]
    ideal = _ideal(relevance, discount)
    return _where_measured(np.minimum(dcg, ideal), ideal, relevance)  # their last bits may differ


def _gain(grades: NDArray[np.float64]) -> NDArray[np.float64]:
    """``2**grade - 1``, exact for the smallest grades too, where ``2**grade`` is 1 in floating point."""
    return np.expm1(grades * math.log(2))


def _mrr(slots: NDArray[np.float64], relevance: Relevance, k: int) -> NDArray[np.float64]:
    hit = slots[:, :k] > 0
    rank = np.ones(len(hit), dtype=np.float64)
    if hit.shape[1]:
        rank += hit.argmax(axis=1)
    return _where_measured(hit.any(axis=1) / rank, np.ones(len(hit)), relevance)


def _recall(slots: NDArray[np.float64], relevance: Relevance, k: int) -> NDArray[np.float64]:
    hits = (slots[:, :k] > 0).sum(axis=1, dtype=np.float64)
    return _where_measured(hits, relevance.sizes.astype(np.float64), relevance)


def _hit_rate(slots: NDArray[np.float64], relevance: Relevance, k: int) -> NDArray[np.float64]:
    found = (slots[:, :k] > 0).any(axis=1)
    return _where_measured(np.asarray(found, dtype=np.float64), np.ones(len(slots)), relevance)


def _average_precision(slots: NDArray[np.float64], relevance: Relevance, k: int) -> NDArray[np.float64]:
    hit = slots[:, :k] > 0
    precision = hit.cumsum(axis=1) / np.arange(1.0, hit.shape[1] + 1)
    total = (precision * hit).sum(axis=1)
    return _where_measured(total, relevance.sizes.astype(np.float64), relevance)


def _where_measured(
    upper: NDArray[np.float64], lower: NDArray[np.float64], relevance: Relevance
) -> NDArray[np.float64]:
    result = np.full(len(upper), np.nan)
    np.divide(upper, lower, out=result, where=relevance.sizes > 0)
    return result


def _ideal(relevance: Relevance, discount: NDArray[np.float64]) -> NDArray[np.float64]:
    """DCG of the best possible list, ``float64[U]``; grades are sorted in padded blocks of rows."""
    longest = int(relevance.sizes.max(initial=0))
    ideal = np.zeros(relevance.n_users)
    step = max(1, TABLE_CELLS // max(longest, 1))
    for start in range(0, relevance.n_users, step):
        sizes = relevance.sizes[start : start + step]
        block = np.zeros((len(sizes), longest))
        begin, end = relevance.indptr[[start, start + len(sizes)]]
        block[np.arange(longest) < sizes[:, None]] = relevance.grades[begin:end]
        block.sort(axis=1)
        best = block[:, ::-1][:, : len(discount)]
        ideal[start : start + step] = _gain(best) @ discount[: best.shape[1]]
    return ideal


def _gains_by_table(lists: NDArray[np.int32], relevance: Relevance, width: int) -> NDArray[np.float64]:
    """Scatter the grades of a block of users into a table, read the lists from it, wipe, next block."""
    n_users, columns = lists.shape
    step = TABLE_CELLS // (width + 1)
    table = np.zeros(step * (width + 1))
    row_start = (np.arange(step) * (width + 1) + 1)[:, None]  # cell 0 of a row is where padding looks
    cells = (relevance.rows % step) * (width + 1) + 1 + relevance.items
    found = np.empty((n_users, columns))
    for start in range(0, n_users, step):
        end = min(start + step, n_users)
        begin, stop = relevance.indptr[[start, end]]
        table[cells[begin:stop]] = relevance.grades[begin:stop]
        places = row_start[: end - start] + np.maximum(lists[start:end], -1)
        np.take(table, places, out=found[start:end], mode="clip")
        table[cells[begin:stop]] = 0
    return found


def _gains_by_search(lists: NDArray[np.int32], relevance: Relevance, width: int) -> NDArray[np.float64]:
    """Look every slot up in the sorted (user, item) keys."""
    if not len(relevance.items):
        return np.zeros(lists.shape)
    stored = relevance.rows * width + relevance.items
    asked = np.where(lists < 0, -1, np.arange(len(lists), dtype=np.int64)[:, None] * width + lists)
    place = np.minimum(np.searchsorted(stored, asked.ravel()).reshape(asked.shape), len(stored) - 1)
    return np.where(stored[place] == asked, relevance.grades[place], 0.0)


def _blank_repeats(lists: NDArray[np.int32], found: NDArray[np.float64]) -> None:
    ordered = np.sort(lists, axis=1)
    suspects = np.flatnonzero(((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(axis=1))
    if not len(suspects):
        return
    order = np.argsort(lists[suspects], axis=1, kind="stable")
    ordered = np.take_along_axis(lists[suspects], order, axis=1)
    row, column = np.nonzero(ordered[:, 1:] == ordered[:, :-1])
    found[suspects[row], order[row, column + 1]] = 0


OF_SLOTS: Mapping[str, Callable[[NDArray[np.float64], Relevance, int], NDArray[np.float64]]] = (
    MappingProxyType(
        {
            "ndcg": _ndcg,
            "mrr": _mrr,
            "map": _average_precision,
            "hit_rate": _hit_rate,
            "recall": _recall,
        }
    )
)
"""The metrics by name, from the gains of the slots, which are looked up once for all of them."""
