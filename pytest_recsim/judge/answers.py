"""The ranking metrics of plain lists of ids and dicts of grades, without arrays of every list."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pytest_recsim.judge.ranking import Ranking, of_slots
from pytest_recsim.judge.relevance import GRADE_CAP, Relevance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

G = TypeVar("G", bound=float)
DISJOINT: Callable[[Any, Any], bool] = type({}.keys()).isdisjoint
WIDTH = 20
"""As far as any metric of ``Ranking`` looks down a list."""


def rank_answers(answers: Sequence[Sequence[str]], truth: Sequence[dict[str, G]]) -> Ranking:
    """NDCG@10, MRR@10 and Recall@20 of ``U`` users; the same figures as ``rank_metrics`` gives of their arrays.

    Args:
        answers: per user the recommended ids, best first.
        truth: per user the grade of each relevant id; capped at 10, and not relevant unless above 0.

    Most lists hit nothing. They are told apart first, by asking each dict for the ids, and what is costly is done for the others only.

    Raises:
        ValueError: there are not as many lists as dicts.
    """
    if len(answers) != len(truth):
        raise ValueError(f"{len(answers)} lists for {len(truth)} users in the relevance set")
    grades, sizes = _grades(truth)
    missed = np.fromiter(map(DISJOINT, map(dict.keys, truth), answers), np.bool_, len(truth))
    hits = np.flatnonzero(~missed)
    slots = _slots([answers[user][:WIDTH] for user in hits.tolist()], [truth[user] for user in hits.tolist()])
    found = of_slots(slots, _chosen(grades, sizes, hits))
    nothing = np.where(sizes > 0, 0.0, np.nan)
    return Ranking(*(_put(nothing, hits, one) for one in (found.ndcg, found.mrr, found.recall)))


def _grades(truth: Sequence[dict[str, G]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the grades of relevant items, user after user, and how many each user has, ``int64[U]``."""
    sizes = np.fromiter(map(len, truth), np.int64, len(truth))
    grades = np.fromiter(chain.from_iterable(map(dict.values, truth)), np.float64, int(sizes.sum()))
    relevant = grades > 0
    if not relevant.all():
        owners = np.repeat(np.arange(len(truth)), sizes)[relevant]
        grades, sizes = grades[relevant], np.bincount(owners, minlength=len(truth))
    return np.minimum(grades, GRADE_CAP), sizes


def _slots(answers: Sequence[Sequence[str]], truth: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """Return the grade of every slot; 0 for misses, for what stands there again, and behind the end of a list."""
    slots = np.zeros((len(answers), WIDTH))
    for row, (answer, graded) in enumerate(zip(answers, truth, strict=True)):
        seen = set()
        for place in [place for place, item in enumerate(answer) if item in graded]:
            if answer[place] not in seen:
                slots[row, place] = graded[answer[place]]
                seen.add(answer[place])
    return np.clip(slots, 0.0, GRADE_CAP)


def _chosen(grades: NDArray[np.float64], sizes: NDArray[np.int64], users: NDArray[np.intp]) -> Relevance:
    """Return the relevance of some users, each of whose items has the number of its place among their own."""
    chosen = np.zeros(len(sizes), np.bool_)
    chosen[users] = True
    indptr = np.append(0, np.cumsum(sizes[users]))
    items = np.arange(indptr[-1]) - np.repeat(indptr[:-1], sizes[users])
    return Relevance(indptr, items.astype(np.int32), grades[np.repeat(chosen, sizes)])


def _put(
    everybody: NDArray[np.float64], users: NDArray[np.intp], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    result = everybody.copy()
    result[users] = values
    return result
