"""The lists that a profile has to beat: popularity, and "your latest items, then popularity"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.judge import PADDING
from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.reason import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_USERS = 4096
TIE_DIGITS = 12
"""Significant digits of a score that count: a sum of doubles is good for three or four more."""


@dataclass(frozen=True)
class UserItems:
    """Some items per evaluated user, in an order that matters to the reader.

    Attributes:
        indptr: ``int64[U+1]``; row ``u`` owns ``items[indptr[u]:indptr[u+1]]``.
        items: ``int32[nnz]``, item positions.
    """

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]

    @property
    def rows(self) -> NDArray[np.int64]:
        """The user row of every stored pair, ``int64[nnz]``."""
        return np.repeat(np.arange(len(self.indptr) - 1, dtype=np.int64), np.diff(self.indptr))


def user_items(user_row: NDArray[np.integer], item: NDArray[np.integer], n_users: int) -> UserItems:
    """Group pairs by user; within a user the given order stays."""
    order = np.argsort(user_row, kind="stable")
    indptr = np.zeros(n_users + 1, dtype=np.int64)
    np.cumsum(np.bincount(user_row, minlength=n_users), out=indptr[1:])
    return UserItems(indptr, item[order].astype(np.int32))


def latest_distinct(
    user_row: NDArray[np.integer], item: NDArray[np.integer], n_users: int, n: int = 10
) -> UserItems:
    """Each user's n latest distinct items, newest first, from events sorted oldest first."""
    newest_user, newest_item = user_row[::-1].astype(np.int64), item[::-1]
    width = int(np.max(item, initial=-1)) + 1
    _, first_met = np.unique(newest_user * width + newest_item, return_index=True)
    first_met.sort()
    grouped = user_items(newest_user[first_met], newest_item[first_met], n_users)
    place = np.arange(len(grouped.items)) - grouped.indptr[grouped.rows]
    return user_items(grouped.rows[place < n], grouped.items[place < n], n_users)


def popularity_scores(
    item: NDArray[np.integer], weight_times_value: NDArray[np.floating], n_items: int
) -> NDArray[np.float64]:
    """Undecayed sum of weight x value of every item, ``float64[I]``, as exact as a sum of doubles can be compared.

    Args:
        item: ``int[n]``, item position of every seeded event.
        weight_times_value: ``float[n]``.
        n_items: number of items I.
    """
    net, gross = (
        np.bincount(item, weights=part, minlength=n_items).astype(np.float64)
        for part in (weight_times_value, np.abs(weight_times_value))
    )
    return _rounded(net, gross)


def popularity_order(
    score: NDArray[np.float64], available: NDArray[np.bool_], id_rank: NDArray[np.integer]
) -> NDArray[np.int32]:
    """The available items, highest score first, ties by item id, ``int32[available items]``.

    Args:
        score: ``float64[I]``, see ``popularity_scores``; items without events have 0.
        available: ``bool[I]``.
        id_rank: ``int[I]``, place of each item in the order of ids.
    """
    order = np.lexsort((id_rank, -score))
    return order[available[order]].astype(np.int32)


NOTHING_AVAILABLE = "no item of the fixture is available"


def no_popularity(n_seeded: int, score: NDArray[np.float64], available: NDArray[np.bool_]) -> Reason:
    """Why the order of popularity is nothing but the order of ids, a sentence part; empty when it is more."""
    shown = score[available]
    if not shown.size:
        return Reason(NOTHING_AVAILABLE, "nothing_available", CAUSES["nothing_available"][1])
    if not n_seeded:
        said = "no event was seeded, so there is no popularity to compare with"
        return Reason(said, "nothing_seeded", CAUSES["nothing_seeded"][1])
    if not (shown > 0).any():
        return Reason(
            "the seeded events add up to nothing for every available item, so there is no popularity to compare with",
            "no_weight",
            CAUSES["no_weight"][1],
        )
    if (shown == shown[0]).all():
        return Reason(
            "every available item is equally popular, so there is no popularity to compare with",
            "no_popularity",
            CAUSES["no_popularity"][1],
        )
    return Reason()


def _rounded(net: NDArray[np.float64], gross: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each score to 12 digits of what went into it, so that a tie does not hang on the order of events.

    0.1 + 0.3 + 0.7 and 0.7 + 0.3 + 0.1 differ in the last bit, and 0.3 - 0.1 - 0.1 - 0.1 is not 0. Every score is
    rounded by its own size: next to one of 1e15 all others would be ties.
    """
    lost = np.full(len(net), 0.0)
    np.divide(gross, np.abs(net), out=lost, where=net != 0)  # how much larger the parts are than their sum
    digits = TIE_DIGITS - 1 - np.floor(np.log10(np.maximum(lost, 1)))
    return np.array(
        [
            float(f"{one:.{int(keep)}e}") if keep >= 0 else 0.0
            for one, keep in zip(net.tolist(), digits.tolist(), strict=True)
        ]
    )


def baseline_lists(order: NDArray[np.int32], hidden: UserItems, k: int = 20) -> NDArray[np.int32]:
    """The first k items of ``order`` that are not hidden from the user, ``int32[U, k]``, padded.

    Args:
        order: ``int32[n]``, the popularity order.
        hidden: per user the items that the service leaves out for that user (order and repeats are harmless).
        k: length of the lists.
    """
    n_users = len(hidden.indptr) - 1
    place = np.full(int(max(order.max(initial=-1), hidden.items.max(initial=-1))) + 1, len(order))
    place[order] = np.arange(len(order))
    lists = np.full((n_users, k), PADDING, dtype=np.int32)
    for start in range(0, n_users, BLOCK_USERS):
        end = min(start + BLOCK_USERS, n_users)
        begin, stop = hidden.indptr[[start, end]]
        rows = np.repeat(np.arange(end - start), np.diff(hidden.indptr[start : end + 1]))
        lists[start:end] = _first_allowed(order, rows, place[hidden.items[begin:stop]], end - start, k)
    return lists


def recent_then_popular(
    recent: UserItems, order: NDArray[np.int32], hidden: UserItems, k: int = 20
) -> NDArray[np.int32]:
    """The user's latest items, then the popularity order, without repeats, ``int32[U, k]``, padded.

    Args:
        recent: per user the latest distinct items, newest first (see ``latest_distinct``).
        order: ``int32[n]``, the popularity order; a recent item outside it is unavailable and left out.
        hidden: per user the items that are left out.
        k: length of the lists.
    """
    n_users = len(recent.indptr) - 1
    width = int(max(x.max(initial=-1) for x in (recent.items, order, hidden.items))) + 1
    hidden_keys = hidden.rows * width + hidden.items
    fit = np.isin(recent.items, order) & ~np.isin(recent.rows * width + recent.items, hidden_keys)
    shown = user_items(recent.rows[fit], recent.items[fit], n_users)
    taken = user_items(np.append(shown.rows, hidden.rows), np.append(shown.items, hidden.items), n_users)
    lists = baseline_lists(order, taken, k)
    place = np.arange(len(shown.items)) - shown.indptr[shown.rows]
    front = np.full((n_users, int(place.max(initial=-1)) + 1), PADDING, dtype=np.int32)
    front[shown.rows, place] = shown.items
    both = np.concatenate([front, lists], axis=1)
    to_front = np.argsort(both == PADDING, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(both, to_front, axis=1)


def _first_allowed(
    order: NDArray[np.int32], rows: NDArray[np.int64], places: NDArray[np.int64], n_users: int, k: int
) -> NDArray[np.int32]:
    """A prefix of the order, long enough for the user with most hidden items, minus what is hidden."""
    most_hidden = int(np.bincount(rows, minlength=n_users).max(initial=0))
    prefix = min(len(order), k + most_hidden)
    allowed = np.ones((n_users, prefix), dtype=np.bool_)
    within = places < prefix
    allowed[rows[within], places[within]] = False
    rank = np.cumsum(allowed, axis=1)
    row, column = np.nonzero(allowed & (rank <= k))
    lists = np.full((n_users, k), PADDING, dtype=np.int32)
    lists[row, rank[row, column] - 1] = order[column]
    return lists
