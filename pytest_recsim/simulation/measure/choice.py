"""Whether a list could have been another one: where it holds most of the catalogue, some figures of it prove nothing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pytest_recsim.judge.baseline import NOTHING_AVAILABLE
from pytest_recsim.judge.catalogue import coverage_measurable
from pytest_recsim.plan.model import K
from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.reason import Reason, more_users
from pytest_recsim.simulation.truth.slates import Slates

SMALL = 2 * K
"""In a catalogue above this a list holds less than half: what a threshold asks for is the customer's choice."""


def no_choice(table: Slates, k: int = K) -> Reason:
    """Why the first ``k`` of every list are the same set whatever the ranking, empty when they need not be."""
    available = table.world.available
    n_available = int(available.sum())
    if not 0 < n_available <= k or not len(table.lists):
        return Reason()
    rows, items = table.hidden_pairs
    hidden = np.bincount(rows[available[items]], minlength=len(table.lists))
    if (_lengths(table, k) < n_available - hidden).any():
        return Reason()
    return _small(f"every list of {k} holds all {n_available} available items, whatever the ranking")


def sure_coverage(table: Slates) -> Reason:
    """Why coverage cannot miss its threshold: every single list of a small catalogue already shows as much."""
    threshold = float(table.world.plan.limit("min_catalog_coverage").value)
    n_available = int(table.world.available.sum())
    least = int(_lengths(table, K).min(initial=K))
    if not 0 < n_available <= SMALL or least < threshold * n_available:
        return Reason()
    return _small(
        f"every single list already shows {least} or more of {n_available} available items, the threshold "
        f"{threshold:g} asks for {math.ceil(threshold * n_available)}"
    )


def sure_long_tail(table: Slates, n_head: int) -> Reason:
    """Why the long-tail share cannot miss its threshold: lists of a small catalogue have no room for the head alone."""
    threshold = float(table.world.plan.limit("min_long_tail_share").value)
    n_available, lengths = int(table.world.available.sum()), _lengths(table, K)
    if not 0 < n_available <= SMALL or not lengths.any():
        return Reason()
    least = float(np.maximum(lengths - n_head, 0).sum() / lengths.sum())
    if least < threshold:
        return Reason()
    return _small(
        f"the head has {n_head} of {n_available} available items, so {least:.3g} of all slots are outside it whatever "
        f"the ranking; the threshold is {threshold:g}"
    )


def too_few_slots(table: Slates, share: float, what: str) -> Reason:
    """Why so few slots cannot show a share of the catalogue with room to spare; empty when they can.

    Args:
        table: the lists.
        share: of the available items that the threshold asks for.
        what: that in words, up to the number of available items.
    """
    users, n_available = len(table.lists), int(table.world.available.sum())
    if not n_available:
        return Reason(NOTHING_AVAILABLE, "nothing_available", CAUSES["nothing_available"][1])
    if coverage_measurable(users, K, share, n_available):
        return Reason()
    needed = max(1, math.ceil(2 * share * n_available / K))
    return Reason(
        f"not enough data: {users} evaluated users x {K} slots cannot {what} {n_available} available items with room to "
        f"spare; {needed} users would do",
        "too_few_users",
        f"bring {more_users(needed - users)} with events after the split",
    )


def _small(text: str) -> Reason:
    return Reason(text, "small_catalogue", CAUSES["small_catalogue"][1])


def _lengths(table: Slates, k: int) -> npt.NDArray[np.int64]:
    """How many available items of the fixture the first ``k`` of every list hold, ``int64[U]``."""
    lists = table.lists[:, :k]
    shown = (lists >= 0) & table.world.available[np.maximum(lists, 0)]
    return np.asarray(shown.sum(axis=1), dtype=np.int64)
