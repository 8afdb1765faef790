"""The keys of guardrails.yml: what each means, takes, and is when nobody says anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pytest_recsim.data.weights import WEIGHTS


@dataclass(frozen=True)
class ThresholdKey:
    """A threshold.

    Attributes:
        name: its key.
        group: ``quality``, ``scenarios`` or ``own``, the section it stands in.
        default: its value when no file says otherwise; None is off: without a value there is no check.
        low, high: allowed range, both ends included.
        integer: whole numbers only.
        per_segment: may also stand under ``segments.<segment>``.
        meaning: one phrase for people.
    """

    name: str
    group: str
    default: float | None
    low: float
    high: float
    integer: bool
    per_segment: bool
    meaning: str

    @property
    def optional(self) -> bool:
        """Whether the check exists only where a file gives the threshold a value."""
        return self.default is None

    @property
    def allowed(self) -> str:
        number = f"a {'whole ' if self.integer else ''}number {self.low:g} to {self.high:g}"
        return f"{number}, or off" if self.optional else number


# name | group | default | low | high | kind | per segment | meaning
_ROWS = """
min_segment_lift_ndcg | quality | 0.10 | -1 | 1000 | number | yes | least lift of NDCG@10 over the popularity baseline, 0.10 is ten percent
min_segment_lift_mrr | quality | 0.10 | -1 | 1000 | number | yes | least lift of MRR@10 over the popularity baseline
min_catalog_coverage | quality | 0.60 | 0 | 1 | number | - | least share of the available items that somebody is shown, @20
min_long_tail_share | quality | 0.20 | 0 | 1 | number | - | least share of the slots outside the most popular fifth of the items, @20
max_unavailable_share | quality | 0 | 0 | 1 | number | - | largest share of slots with unknown or unavailable items
min_segment_users | quality | 20 | 1 | 1000000 | whole | yes | users that a figure of a segment needs to be measured
min_baseline_hits | quality | 10 | 0 | 1000000 | whole | yes | users among them with a baseline value above 0
max_intra_list_similarity | quality | off | 0 | 1 | number | yes | largest mean similarity of the items within a list, @10
min_novelty | quality | off | 0 | 100 | number | yes | least mean novelty of the slots in bits, @20
max_gini | quality | off | 0 | 1 | number | - | largest concentration of exposure over the available items, @20
min_recall | quality | off | 0 | 1 | number | yes | least mean share of a user's relevant items in the list, @20
max_rank_instability | quality | off | 0 | 1 | number | yes | largest mean difference between five answers to one request, @10
max_p95_ms | quality | off | 0 | 600000 | number | yes | largest 95th percentile of the quality lists' answer times in ms
max_error_rate | quality | off | 0 | 1 | number | - | largest share of failed attempts among all recommendation requests
s4_max_ndcg_loss | scenarios | 0.30 | 0 | 1 | number | - | S4: largest share of NDCG@10 that diversity may cost
s7_min_avg_mrr | scenarios | 0.20 | 0 | 1 | number | - | S7: least mean MRR@10 of new users
s7_min_avg_categories | scenarios | 4 | 0 | 10 | number | - | S7: least mean number of categories in a new user's first 10
s8_min_exposure | scenarios | 0.20 | 0 | 1 | number | - | S8: least share of lists that show the fresh item at the highest boost
s9_min_margin_span | scenarios | 0.003 | 0 | 1 | number | - | S9: least gain of the mean margin, as a share of the price
s9_ndcg_tolerance | scenarios | 0.02 | 0 | 1 | number | - | S9: how far NDCG@10 may lie above its unboosted value
"""


def _key(row: str) -> ThresholdKey:
    name, group, default, low, high, kind, per_segment, meaning = (cell.strip() for cell in row.split(" | "))
    return ThresholdKey(
        name=name,
        group=group,
        default=None if default == "off" else float(default),
        low=float(low),
        high=float(high),
        integer=kind == "whole",
        per_segment=per_segment == "yes",
        meaning=meaning,
    )


THRESHOLDS: Mapping[str, ThresholdKey] = MappingProxyType(
    {key.name: key for key in map(_key, _ROWS.strip().splitlines())}
)
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {"verdict": "point", "relevance": "unseen", "split": 0.75, "weights": WEIGHTS}
)
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"verdict": ("point", "confident", "harmful"), "relevance": ("unseen", "all")}
)
SEVERITIES = ("block", "warn")
SEGMENT_CHECKS = (
    "segment_lift_ndcg",
    "segment_lift_mrr",
    "intra_list_similarity",
    "novelty",
    "recall",
    "rank_instability",
    "p95_ms",
)
"""Checks with a case per segment; a waiver may be for one of them."""
CHECKS = (
    *SEGMENT_CHECKS,
    "gini",
    "error_rate",
    "catalog_coverage",
    "long_tail_share",
    "contract",
    "availability",
    "profile",
    *(f"S{number}" for number in range(1, 11)),
)
MAX_WEIGHT = 1000.0
OWN = "own"
"""Section of thresholds for somebody's own metrics; ``min_x`` there is known as ``own.min_x`` everywhere else."""
OWN_KEY = "(min|max)_[a-z][a-z0-9_]*"
OWN_CHECK = rf"own_metrics|own\.{OWN_KEY}|[^:]+\.py::.+"
"""Checks that only a run knows: of somebody's own metrics, and of somebody's own test files."""
_OWN_RANGE = 1e12


def keys_of(group: str) -> tuple[str, ...]:
    """Return the keys that may stand in a section: ``quality``, ``scenarios`` or ``segments``."""
    if group == "segments":
        return tuple(key.name for key in THRESHOLDS.values() if key.per_segment)
    names = tuple(key.name for key in THRESHOLDS.values() if key.group == group)
    return names + (tuple(SETTINGS) if group == "quality" else ())


def threshold_key(name: str) -> ThresholdKey:
    """Return what a threshold takes; KeyError for a name that is neither ours nor ``own.min_...``, ``own.max_...``."""
    section, dot, key = name.partition(".")
    if section == OWN and dot and re.fullmatch(OWN_KEY, key):
        return ThresholdKey(
            name=key,
            group=OWN,
            default=None,
            low=-_OWN_RANGE,
            high=_OWN_RANGE,
            integer=False,
            per_segment=True,
            meaning="a limit of a metric of your own",
        )
    return THRESHOLDS[name]
