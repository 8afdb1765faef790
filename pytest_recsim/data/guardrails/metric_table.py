"""The registry of metrics. An entry here, a formula in `simulation/measure/formulas.py` and a test make a new one.

Keys and schema of guardrails.yml, the tables of docs/configuration.md, the figures of the report, the checks with what
they tell when they fail, and the tests that run over all metrics follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_recsim.data.guardrails.metric import MetricFacts

_RELEVANCE = ("PROFILE_BOOST", "BLEND_BETA", "BLEND_GAMMA")
_RELEVANT = (*_RELEVANCE, "POPULARITY_FANOUT")
_POPULARITY = ("BLEND_ALPHA", "BLEND_GAMMA", "PROFILE_BOOST", "POPULARITY_FANOUT")
_CAPS = ("BRAND_CAP", "CATEGORY_CAP")
_NEW = ("NEW_USER_*",)
_CONCURRENCY = "--recsim-concurrency is how much was asked at a time"


def _lift(of: str, threshold: str) -> MetricFacts:
    return MetricFacts(
        f"segment_lift_{of}",
        "mean over the service's lists / mean over the popularity baseline's - 1",
        label=f"lift of {of.upper()}@10",
        compares=of,
        better="higher",
        k=10,
        per_segment=True,
        source="lift",
        about="ranking",
        knobs=_RELEVANCE,
        new_user_knobs=_NEW,
        question="Every segment gets better lists than the popularity baseline",
        threshold=threshold,
        default=0.10,
        low=-1,
        high=1000,
    )


def _regression(of: str, *, absolute: bool) -> MetricFacts:
    """What a metric lost against the run that this one is compared with."""
    name, k = (
        of.replace("_", " ").upper() if of in ("ndcg", "mrr", "map") else of.replace("_", " "),
        20 if of == "recall" else 10,
    )
    how = "the earlier mean - the mean now" if absolute else "1 - the mean now / the earlier mean"
    return MetricFacts(
        f"regression_{of}{'_absolute' if absolute else ''}",
        f"{how}, over the users that both runs evaluated; below 0 it is a gain",
        label=f"{'absolute loss' if absolute else 'loss'} of {name}@{k}",
        compares=of,
        better="lower",
        k=k,
        per_segment=True,
        source="earlier",
        about="ranking",
        knobs=_RELEVANT,
        new_user_knobs=_NEW,
        question=f"No segment loses more {name} against the earlier run than is allowed",
        threshold=f"largest loss of {name} against the run named with --recsim-compare-to, "
        + ("in its own unit" if absolute else "as a share of it"),
        low=0,
        high=1,
    )


_ALL = (
    _lift("ndcg", "least lift of NDCG@10 over the popularity baseline, 0.10 is ten percent"),
    _lift("mrr", "least lift of MRR@10 over the popularity baseline"),
    MetricFacts(
        "catalog_coverage",
        "distinct available items in the first 20 of any list / available items",
        label="catalogue_coverage@20",
        better="higher",
        k=20,
        about="catalogue",
        knobs=("MMR_LAMBDA", *_CAPS, "POPULARITY_FANOUT"),
        question="Enough of the available catalogue is shown to somebody",
        threshold="least share of the available items that somebody is shown, @20",
        default=0.60,
        low=0,
        high=1,
    ),
    MetricFacts(
        "long_tail_share",
        "share of all recommended slots whose item is outside the head, the first 20 % of the available items by "
        "undecayed popularity",
        label="long_tail_share@20",
        better="higher",
        k=20,
        about="catalogue",
        knobs=_POPULARITY,
        question="Enough slots go to items outside the most popular fifth",
        threshold="least share of the slots outside the most popular fifth of the items, @20",
        default=0.20,
        low=0,
        high=1,
    ),
    MetricFacts(
        "novelty",
        "mean over slots of -log2((seeded events of the item + 1) / (all seeded events + items)), in bits",
        label="novelty@20",
        better="higher",
        k=20,
        unit="bits",
        per_segment=True,
        about="catalogue",
        knobs=_POPULARITY,
        new_user_knobs=("NEW_USER_BLEND_*",),
        question="Lists show enough that people have not met everywhere already",
        threshold="least mean novelty of the slots in bits, @20",
        low=0,
        high=100,
    ),
    MetricFacts(
        "gini",
        "concentration of exposure over the available items, never-shown ones included; 0 is even",
        label="gini@20",
        better="lower",
        k=20,
        about="catalogue",
        knobs=("BLEND_ALPHA", "MMR_LAMBDA", *_CAPS, "POPULARITY_FANOUT"),
        question="A few items do not take all the slots",
        threshold="largest concentration of exposure over the available items, @20",
        low=0,
        high=1,
    ),
    MetricFacts(
        "intra_list_similarity",
        "mean over users of the mean pairwise Jaccard similarity of tags in the first 10",
        label="intra_list_similarity@10",
        better="lower",
        k=10,
        per_segment=True,
        about="catalogue",
        knobs=("MMR_LAMBDA", *_CAPS),
        new_user_knobs=("NEW_USER_MMR_LAMBDA",),
        question="The items of a list differ enough from each other",
        threshold="largest mean similarity of the items within a list, @10",
        low=0,
        high=1,
    ),
    MetricFacts(
        "list_length",
        "mean over users of the number of items among the first 20",
        label="list_length@20",
        better="higher",
        k=20,
        unit="items",
        per_segment=True,
        knobs=(*_CAPS, "POPULARITY_FANOUT", "RECOMMENDATION_MAX_K"),
        new_user_knobs=("NEW_USER_POP_FANOUT",),
        question="Lists have about as many items as were asked for",
        threshold="least mean number of items in a list, @20",
        low=0,
        high=20,
    ),
    MetricFacts(
        "short_lists",
        "share of the lists with fewer than 20 items although there are as many for that user",
        label="short_lists@20",
        better="lower",
        k=20,
        per_segment=True,
        knobs=(*_CAPS, "POPULARITY_FANOUT", "RECOMMENDATION_MAX_K"),
        new_user_knobs=("NEW_USER_POP_FANOUT",),
        question="Hardly any list is shorter than asked for",
        threshold="largest share of lists with fewer than 20 items although there are as many for that user",
        low=0,
        high=1,
    ),
    MetricFacts(
        "ndcg",
        "mean over users of DCG / ideal DCG of the first 10, gain 2^grade - 1, users with a relevant item",
        label="ndcg@10",
        k=10,
        of_relevance=True,
        about="ranking",
    ),
    MetricFacts(
        "mrr",
        "mean over users of 1 / rank of the first relevant item among the first 10, 0 without one, users with a "
        "relevant item",
        label="mrr@10",
        k=10,
        of_relevance=True,
        about="ranking",
    ),
    MetricFacts(
        "map",
        "mean over users of the average precision of the first 10: sum of the precision at each relevant item there / "
        "all their relevant items",
        label="map@10",
        better="higher",
        k=10,
        per_segment=True,
        of_relevance=True,
        about="ranking",
        knobs=_RELEVANT,
        new_user_knobs=_NEW,
        question="What people went on to want stands early, and much of it",
        threshold="least mean average precision, @10",
        low=0,
        high=1,
    ),
    MetricFacts(
        "hit_rate",
        "share of the users with a relevant item who get at least one among the first 10",
        label="hit_rate@10",
        better="higher",
        k=10,
        per_segment=True,
        of_relevance=True,
        about="ranking",
        knobs=_RELEVANT,
        new_user_knobs=_NEW,
        question="Enough people are shown something that they went on to want",
        threshold="least share of users with a relevant item in their list, @10",
        low=0,
        high=1,
    ),
    MetricFacts(
        "recall",
        "mean over users of their relevant items among the first 20 / all their relevant items",
        label="recall@20",
        better="higher",
        k=20,
        per_segment=True,
        of_relevance=True,
        about="ranking",
        knobs=_RELEVANT,
        new_user_knobs=_NEW,
        question="Lists contain enough of what people went on to want",
        threshold="least mean share of a user's relevant items in the list, @20",
        low=0,
        high=1,
    ),
    MetricFacts(
        "repeat_hit_share",
        "share of all hits in the first 20 that are items the user had touched before the split",
        label="repeat_hit_share@20",
        k=20,
    ),
    MetricFacts(
        "rank_instability",
        "1 - mean average overlap of the first 10 over the pairs of five answers to one request, mean over users; 0 is "
        "always the same, 1 is nothing in common",
        label="rank instability@10",
        better="lower",
        k=10,
        per_segment=True,
        source="repeats",
        advice="no knob: replicas with different caches or models, or ties in another order every time",
        question="Who asks five times gets the same answer",
        threshold="largest mean difference between five answers to one request, @10",
        low=0,
        high=1,
    ),
    MetricFacts(
        "p95_ms",
        "95 % of the quality lists came within this many ms (nearest rank), seen from here",
        label="p95 of the answer times in ms",
        better="lower",
        unit="ms",
        per_segment=True,
        source="traffic",
        knobs=("POPULARITY_FANOUT", "NEW_USER_POP_FANOUT"),
        advice=_CONCURRENCY,
        question="Nineteen of twenty lists come in time",
        threshold="largest 95th percentile of the quality lists' answer times in ms",
        low=0,
        high=600_000,
    ),
    MetricFacts(
        "error_rate",
        "attempts at a recommendation request without a usable answer / all attempts, repeated ones included",
        label="share of failed attempts",
        better="lower",
        source="traffic",
        advice=f"the service's log and rate limit; {_CONCURRENCY}",
        question="Hardly any request for a list has to be repeated or fails for good",
        threshold="largest share of failed attempts among all recommendation requests",
        low=0,
        high=1,
    ),
)

_REGRESSIONS = tuple(
    _regression(of, absolute=absolute)
    for of in ("ndcg", "mrr", "map", "hit_rate", "recall")
    for absolute in (False, True)
)
METRICS: Mapping[str, MetricFacts] = MappingProxyType({one.name: one for one in (*_ALL, *_REGRESSIONS)})
GUARDED: Mapping[str, MetricFacts] = MappingProxyType({one.key: one for one in METRICS.values() if one.key})
"""Threshold -> the metric that it is for."""
