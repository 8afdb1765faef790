"""The keys of guardrails.yml: what each means, takes, and is when nobody says anything."""

from __future__ import annotations

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
        group: ``quality`` or ``scenarios``, the section it stands in.
        default: its value when no file says otherwise.
        low, high: allowed range, both ends included.
        integer: whole numbers only.
        per_segment: may also stand under ``segments.<segment>``.
        meaning: one phrase for people.
    """

    name: str
    group: str
    default: float
    low: float
    high: float
    integer: bool
    per_segment: bool
    meaning: str

    @property
    def allowed(self) -> str:
        return f"a {'whole ' if self.integer else ''}number {self.low:g} to {self.high:g}"


# name | group | default | low | high | kind | per segment | meaning
_ROWS = """
min_segment_lift_ndcg | quality | 0.10 | -1 | 1000 | number | yes | least lift of NDCG@10 over the popularity baseline, 0.10 is ten percent
min_segment_lift_mrr | quality | 0.10 | -1 | 1000 | number | yes | least lift of MRR@10 over the popularity baseline
min_catalog_coverage | quality | 0.60 | 0 | 1 | number | - | least share of the available items that somebody is shown, @20
min_long_tail_share | quality | 0.20 | 0 | 1 | number | - | least share of the slots outside the most popular fifth of the items, @20
max_unavailable_share | quality | 0 | 0 | 1 | number | - | largest share of slots with unknown or unavailable items
min_segment_users | quality | 20 | 1 | 1000000 | whole | yes | users that a lift needs to be measured
min_baseline_hits | quality | 10 | 0 | 1000000 | whole | yes | users among them with a baseline value above 0
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
        default=float(default),
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
LIFT_CHECKS = ("segment_lift_ndcg", "segment_lift_mrr")
CHECKS = (
    *LIFT_CHECKS,
    "catalog_coverage",
    "long_tail_share",
    "contract",
    "availability",
    "profile",
    *(f"S{number}" for number in range(1, 11)),
)
MAX_WEIGHT = 1000.0


def keys_of(group: str) -> tuple[str, ...]:
    """Return the keys that may stand in a section: ``quality``, ``scenarios`` or ``segments``."""
    if group == "segments":
        return tuple(key.name for key in THRESHOLDS.values() if key.per_segment)
    names = tuple(key.name for key in THRESHOLDS.values() if key.group == group)
    return names + (tuple(SETTINGS) if group == "quality" else ())
