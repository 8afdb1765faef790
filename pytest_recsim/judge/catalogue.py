"""What the lists do to the catalogue as a whole: coverage, long tail, novelty, concentration."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.judge import UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray


def exposures(lists: NDArray[np.int32], n_items: int, k: int = 20) -> tuple[NDArray[np.int64], int]:
    """How often each item stands in the first k slots, ``int64[I]``, and how often an unknown id does.

    Raises:
        ValueError: a list names a position outside the catalogue.
    """
    slots = np.bincount((lists[:, :k] - UNKNOWN).ravel(), minlength=n_items - UNKNOWN)
    if len(slots) > n_items - UNKNOWN:
        raise ValueError(f"item position {len(slots) - 1 + UNKNOWN} in a list, but only {n_items} items")
    return slots[-UNKNOWN:].astype(np.int64), int(slots[0])


def catalogue_coverage(lists: NDArray[np.int32], available: NDArray[np.bool_], k: int = 20) -> float:
    """Distinct available items in any list's first k / available items; NaN when nothing is available."""
    shown, _ = exposures(lists, len(available), k)
    total = np.count_nonzero(available)
    return np.count_nonzero(shown[available]) / total if total else math.nan


def coverage_measurable(n_users: int, k: int, threshold: float, n_available: int) -> bool:
    """Whether there are slots enough for the threshold to be reachable without every slot being new.

    The users' slots have to be at least twice the distinct items that the threshold asks for.
    """
    return n_users > 0 and n_available > 0 and n_users * k >= 2 * threshold * n_available


def head_items(baseline_order: NDArray[np.integer], n_items: int, share: float = 0.2) -> NDArray[np.bool_]:
    """The head: the first 20 % of the available items in baseline order, ``bool[I]``.

    A fraction of an item counts as one, so a non-empty catalogue has a head.
    """
    size = math.ceil(round(share * len(baseline_order), 9))
    head = np.zeros(n_items, dtype=np.bool_)
    head[baseline_order[:size]] = True
    return head


def long_tail_share(lists: NDArray[np.int32], head: NDArray[np.bool_], k: int = 20) -> float:
    """Share of all recommended slots (first k) whose item is outside the head; NaN when all lists are empty."""
    shown, unknown = exposures(lists, len(head), k)
    total = int(shown.sum()) + unknown
    return 1 - int(shown[head].sum()) / total if total else math.nan


def novelty(lists: NDArray[np.int32], counts: NDArray[np.integer], n_events: int, k: int = 20) -> float:
    """Mean over the slots of ``-log2((count + 1) / (events + items))``, in bits; NaN when all lists are empty.

    Args:
        lists: ``int32[U, K]``.
        counts: ``int[I]``, seeded events of each item.
        n_events: all seeded events.
        k: cut-off.
    """
    shown, _ = exposures(lists, len(counts), k)
    total = int(shown.sum())
    if not total:
        return math.nan
    surprise = np.log2(n_events + len(counts)) - np.log2(counts + 1.0)
    return float(shown @ surprise) / total


def gini(lists: NDArray[np.int32], available: NDArray[np.bool_], k: int = 20) -> float:
    """Gini coefficient of the available items' exposure, never-shown items included; NaN without exposure.

    0 is "every item equally often"; ``1 - 1/items`` is "one item takes every slot".
    """
    shown, _ = exposures(lists, len(available), k)
    ordered = np.sort(shown[available]).astype(np.float64)
    total, n_items = ordered.sum(), len(ordered)
    if not total:
        return math.nan
    ranks = 2 * np.arange(1, n_items + 1) - n_items - 1
    return float(ranks @ ordered / (n_items * total))
