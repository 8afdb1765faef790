"""ir_measures, one front for several programs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from numbers_call import Call, CannotError, plain

if TYPE_CHECKING:
    from numbers_slates import Slate

PACKAGE = "ir-measures"
REQUIREMENTS = ("ir-measures==0.4.3", "pytrec-eval-terrier==0.5.11")


def score(slate: Slate, measure: str) -> float:
    """Judgements and list as rows, the way its documentation begins."""
    import ir_measures

    grades = slate.grades_of_all
    judged = [
        ir_measures.Qrel(user, item, plain(grade)) for user in grades for item, grade in grades[user].items()
    ]
    run = [
        ir_measures.ScoredDoc(user, item, score)
        for user, items in slate.lists.items()
        for item, score in zip(items, slate.scores(user), strict=True)
    ]
    asked = ir_measures.parse_measure(measure.replace("k", str(slate.k)))
    try:
        return float(ir_measures.calc_aggregate([asked], judged, run)[asked])
    except TypeError as error:
        raise CannotError(f"a grade must be a whole number ({error})") from error


CALLS = [
    Call("nDCG@k", "ndcg", partial(score, measure="nDCG@k")),
    Call("RR@k", "mrr", partial(score, measure="RR@k")),
    Call("R@k", "recall", partial(score, measure="R@k")),
]
RECIPES = CALLS
