"""pytrec_eval, the bindings of TREC's own program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from numbers_call import Call, CannotError, mean, plain, refuse_repeats_in_lists

if TYPE_CHECKING:
    from numbers_slates import Slate

PACKAGE = "pytrec-eval-terrier"
REQUIREMENTS = ("pytrec-eval-terrier==0.5.11",)


def score(slate: Slate, measure: str) -> float:
    """Mean over the users that it answers for, as its examples take it."""
    import pytrec_eval

    refuse_repeats_in_lists(slate)
    judged = {
        user: {item: plain(grade) for item, grade in grades.items()}
        for user, grades in slate.grades_of_all.items()
    }
    run = {
        user: dict(zip(items, slate.scores(user), strict=True))
        for user, items in slate.lists.items()
        if items
    }
    asked = f"{measure}.{slate.k}" if measure != "recip_rank" else measure
    try:
        found = pytrec_eval.RelevanceEvaluator(judged, {asked}).evaluate(run)
    except TypeError as error:
        raise CannotError(f"a grade must be a whole number ({error})") from error
    return mean([values[asked.replace(".", "_")] for values in found.values()])


CALLS = [
    Call("ndcg_cut.k", "ndcg", partial(score, measure="ndcg_cut")),
    Call("recip_rank", "mrr", partial(score, measure="recip_rank")),
    Call("recall.k", "recall", partial(score, measure="recall")),
]
RECIPES = [CALLS[0], CALLS[2]]
