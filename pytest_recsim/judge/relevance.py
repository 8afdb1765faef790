"""Which items count as relevant for whom, and how much: the holdout turned into sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRADE_CAP = 10.0


@dataclass(frozen=True)
class Relevance:
    """Relevance grades in compressed sparse rows, one row per evaluated user.

    Attributes:
        indptr: ``int64[U+1]``; row ``u`` owns ``items[indptr[u]:indptr[u+1]]``.
        items: ``int32[nnz]``, item positions, ascending and distinct within a row.
        grades: ``float64[nnz]``, above 0 and at most ``GRADE_CAP``.
    """

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]
    grades: NDArray[np.float64]

    @property
    def n_users(self) -> int:
        return len(self.indptr) - 1

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many relevant items each user has, ``int64[U]``; 0 leaves the user out of every mean."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The user row of every stored pair, ``int64[nnz]``."""
        return np.repeat(np.arange(self.n_users, dtype=np.int64), self.sizes)


def build_relevance(
    user_row: NDArray[np.integer],
    item: NDArray[np.integer],
    weight: NDArray[np.floating],
    n_users: int,
    n_items: int,
    *,
    keep: NDArray[np.bool_] | None = None,
) -> Relevance:
    """Sum holdout event weights per (user, item), capped at 10.

    Args:
        user_row: ``int[n]``, evaluated-user row of each holdout event.
        item: ``int[n]``, item position of each holdout event.
        weight: ``float[n]``, weight of each event's type (the event's value plays no part).
        n_users: number of evaluated users U.
        n_items: number of items I.
        keep: ``bool[n]``, events to use; all of them when None.

    Pairs whose sum is not above 0 are not relevant and are left out.
    """
    if keep is not None:
        user_row, item, weight = user_row[keep], item[keep], weight[keep]
    key = user_row.astype(np.int64) * n_items + item
    pairs, where = np.unique(key, return_inverse=True)
    grades = np.minimum(np.bincount(where, weights=weight, minlength=len(pairs)), GRADE_CAP)
    relevant = grades > 0
    rows, items = np.divmod(pairs[relevant], max(n_items, 1))
    return _compress(rows, items.astype(np.int32), grades[relevant], n_users)


def drop_pairs(relevance: Relevance, user_rows: NDArray[np.integer], items: NDArray[np.integer]) -> Relevance:
    """Take the pairs ``(user_rows[j], items[j])`` out; pairs that are not there are ignored.

    For ``unseen``: the pairs of the seeded events. For ``all``: purchases hidden from that user.
    """
    width = int(max(relevance.items.max(initial=-1), np.max(items, initial=-1))) + 1
    stored = relevance.rows * width + relevance.items
    dropped = np.isin(stored, user_rows.astype(np.int64) * width + items)
    return _select(relevance, ~dropped)


def drop_items(relevance: Relevance, item_mask: NDArray[np.bool_]) -> Relevance:
    """Take every pair of a masked item out; ``item_mask`` is ``bool[I]``, True where the item must go."""
    return _select(relevance, ~item_mask[relevance.items])


def _select(relevance: Relevance, kept: NDArray[np.bool_]) -> Relevance:
    return _compress(relevance.rows[kept], relevance.items[kept], relevance.grades[kept], relevance.n_users)


def _compress(
    rows: NDArray[np.int64], items: NDArray[np.int32], grades: NDArray[np.float64], n_users: int
) -> Relevance:
    indptr = np.zeros(n_users + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=n_users), out=indptr[1:])
    return Relevance(indptr, items, grades)
