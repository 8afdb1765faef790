"""Faults of diversity: the MMR step and the caps."""

from __future__ import annotations

from matrix_answers import around, asking, asking_plainly
from matrix_fault import SHARE, Fault, fault, hit
from msgspec.structs import replace

from pytest_recsim.standin.ranking import pipeline

FAULTS: list[Fault] = []
VARIED = "similarity at lambda 0.5"


def with_knobs(change) -> None:
    """Have the selection run with other knobs than it was asked for, and than it explains."""

    @around(pipeline, "diversify")
    def diversify(original, signals, free, run, facets):
        return original(signals, free, replace(run, knobs=replace(run.knobs, **change(run.knobs))), facets)


@fault(FAULTS, "the diversity step was switched off, to save time", by="S4", because=VARIED)
def mmr_off(_: float) -> None:
    with_knobs(lambda knobs: {"mmr_lambda": 1.0})


@fault(FAULTS, "lambda is read as the share of diversity in place of relevance", by="S4", because=VARIED)
def mmr_inverted(_: float) -> None:
    with_knobs(lambda knobs: {"mmr_lambda": max(0.01, 1 - knobs.mmr_lambda)})


@fault(FAULTS, "lambda is a constant in the code: the override is ignored", by="S4", because=VARIED)
def mmr_constant(_: float) -> None:
    with_knobs(lambda knobs: {"mmr_lambda": 0.7})


@fault(
    FAULTS,
    "diversity is stronger than the explanation says",
    by="S10",
    because="penalties of diversity",
    of="lambda in place of 1",
    ladder=(0.999999, 0.9999, 0.99, 0.9, 0.5, 0.1),
)
def mmr_too_strong(most: float) -> None:
    def change(knobs):
        mine = "mmr_lambda" not in asking().overrides or asking_plainly()
        return {"mmr_lambda": min(knobs.mmr_lambda, most)} if mine else {}

    with_knobs(change)


@fault(
    FAULTS,
    "the list is sent in the order in which diversity picked it, not by score",
    by="contract",
    because="scores do not descend",
)
def mmr_order_sent(_: float) -> None:
    @around(pipeline, "_by_score")
    def by_score(original, context, signals, chosen):
        ranked = original(context, signals, chosen)
        place = {int(one): rank for rank, one in enumerate(chosen)}
        return dict(sorted(ranked.items(), key=lambda entry: place[entry[1]]))


def capped(name: str, share: float, wrong) -> None:
    def change(knobs):
        cap = getattr(knobs, name)
        return {name: wrong(cap)} if cap and hit(share, name, asking().user_id) else {}

    with_knobs(change)


@fault(
    FAULTS,
    "the cap on brands is ignored",
    by="contract",
    because="brand_cap exceeded",
    of="users",
    ladder=SHARE,
)
def brand_cap_ignored(share: float) -> None:
    capped("brand_cap", share, lambda cap: 0)


@fault(
    FAULTS,
    "the cap on categories is ignored",
    by="contract",
    because="category_cap exceeded",
    of="users",
    ladder=SHARE,
)
def category_cap_ignored(share: float) -> None:
    capped("category_cap", share, lambda cap: 0)


@fault(
    FAULTS,
    "the cap lets one too many through",
    by="contract",
    because="category_cap exceeded",
    of="users",
    ladder=SHARE,
)
def cap_off_by_one(share: float) -> None:
    capped("category_cap", share, lambda cap: cap + 1)
