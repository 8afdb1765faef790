"""scikit-learn, which takes a matrix: one column per item, and every user has a score for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numbers_call import Call, refuse_repeats_in_lists

if TYPE_CHECKING:
    from numbers_slates import Slate

PACKAGE = "scikit-learn"
REQUIREMENTS = ("scikit-learn==1.9.1",)


def score(slate: Slate) -> float:
    """Columns: all listed items, k that nobody wants, and what was missed; scores fall in that order."""
    import numpy as np
    from sklearn.metrics import ndcg_score

    refuse_repeats_in_lists(slate)
    columns = [*dict.fromkeys(item for items in slate.lists.values() for item in items)]
    missed = [item for grades in slate.grades_of_all.values() for item in grades if item not in columns]
    fillers = [f"filler {number}" for number in range(slate.k)]
    place = {item: column for column, item in enumerate([*columns, *fillers, *dict.fromkeys(missed)])}
    truth, given = np.zeros((2, len(slate.users), len(place)))
    for row, user in enumerate(slate.users):
        given[row, [place[item] for item in fillers]] = 1e-3
        for item, grade in slate.grades(user).items():
            truth[row, place[item]] = grade
        for item, value in zip(slate.lists.get(user, ()), slate.scores(user), strict=True):
            given[row, place[item]] = value
    return float(ndcg_score(truth, given, k=slate.k))


CALLS = [Call("ndcg_score(k=k)", "ndcg", score)]
RECIPES = CALLS
