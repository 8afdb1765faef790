"""ranx."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING

from numbers_call import Call, plain, refuse_repeats_in_lists

if TYPE_CHECKING:
    from numbers_slates import Slate

PACKAGE = "ranx"
REQUIREMENTS = ("ranx==0.3.21",)


def score(slate: Slate, metric: str) -> float:
    """Lists as a table from item to score; users that only one side has need `make_comparable`."""
    refuse_repeats_in_lists(slate)
    with warnings.catch_warnings():  # its own warnings are not ours to mend
        warnings.simplefilter("ignore")
        from ranx import Qrels, Run, evaluate

        judged = Qrels(
            {
                user: {item: plain(grade) for item, grade in grades.items()}
                for user, grades in slate.grades_of_all.items()
            }
        )
        run = Run(
            {
                user: dict(zip(items, slate.scores(user), strict=True))
                for user, items in slate.lists.items()
                if items
            }
        )
        other_users = set(judged.keys()) != set(run.keys())
        return float(evaluate(judged, run, f"{metric}@{slate.k}", make_comparable=other_users))


CALLS = [
    Call("ndcg@k", "ndcg", partial(score, metric="ndcg")),
    Call("ndcg_burges@k", "ndcg", partial(score, metric="ndcg_burges")),
    Call("mrr@k", "mrr", partial(score, metric="mrr")),
    Call("recall@k", "recall", partial(score, metric="recall")),
]
RECIPES = [CALLS[0], CALLS[2], CALLS[3]]
