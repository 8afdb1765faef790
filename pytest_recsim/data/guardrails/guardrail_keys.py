"""The keys of guardrails.yml: what each means, takes, and is when nobody says anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from pytest_recsim.data.fixtures.weights import WEIGHTS
from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import GUARDED

Direction = Literal["min", "max"]


@dataclass(frozen=True)
class ThresholdKey:
    """A threshold.

    Attributes:
        name: its key.
        group: ``quality``, ``scenarios`` or ``own``, the section it stands in.
        direction: whether a value has to reach it (``min``) or must not exceed it (``max``).
        default: its value when no file says otherwise; None is off: without a value there is no check.
        low, high: allowed range, both ends included.
        integer: whole numbers only.
        per_segment: may also stand under ``segments.<segment>``.
        meaning: one phrase for people.
        unit: of the number.
    """

    name: str
    group: str
    direction: Direction
    default: float | None
    low: float
    high: float
    integer: bool
    per_segment: bool
    meaning: str
    unit: str = ""

    @property
    def optional(self) -> bool:
        """Whether the check exists only where a file gives the threshold a value."""
        return self.default is None

    @property
    def allowed(self) -> str:
        number = f"a {'whole ' if self.integer else ''}number {self.low:g} to {self.high:g}"
        return f"{number}, or off" if self.optional else number


def _of(metric: MetricFacts) -> ThresholdKey:
    return ThresholdKey(
        name=metric.key,
        group="quality",
        direction="min" if metric.better == "higher" else "max",
        default=metric.default,
        low=metric.low,
        high=metric.high,
        integer=False,
        per_segment=metric.per_segment,
        meaning=metric.threshold,
        unit=metric.unit or ("ratio" if metric.source == "lift" else "share"),
    )


# Those of no metric: key | group | direction | default | low | high | kind | unit | per segment | meaning
_ROWS = """
max_unavailable_share | quality | max | 0 | 0 | 1 | number | share | - | largest share of slots with unknown or unavailable items
min_segment_users | quality | min | 20 | 1 | 1000000 | whole | users | yes | users that a figure of a segment needs to be measured
min_baseline_hits | quality | min | 10 | 0 | 1000000 | whole | users | yes | users among them with a baseline value above 0
s4_max_ndcg_loss | scenarios | max | 0.30 | 0 | 1 | number | share | - | S4: largest share of NDCG@10 that diversity may cost
s7_min_avg_mrr | scenarios | min | 0.20 | 0 | 1 | number | MRR | - | S7: least mean MRR@10 of new users
s7_min_avg_categories | scenarios | min | 4 | 0 | 10 | number | categories | - | S7: least mean number of categories in a new user's first 10
s8_min_exposure | scenarios | min | 0.20 | 0 | 1 | number | share | - | S8: least share of lists that show the fresh item at the highest boost
s9_min_margin_span | scenarios | min | 0.003 | 0 | 1 | number | share | - | S9: least gain of the mean margin, as a share of the price
s9_ndcg_tolerance | scenarios | max | 0.02 | 0 | 1 | number | NDCG | - | S9: how far NDCG@10 may lie above its unboosted value
"""


def _key(row: str) -> ThresholdKey:
    name, group, direction, default, low, high, kind, unit, per_segment, meaning = (
        cell.strip() for cell in row.split(" | ")
    )
    return ThresholdKey(
        name=name,
        group=group,
        direction="min" if direction == "min" else "max",
        default=float(default),
        low=float(low),
        high=float(high),
        integer=kind == "whole",
        per_segment=per_segment == "yes",
        meaning=meaning,
        unit=unit,
    )


_KEYS = (*map(_of, GUARDED.values()), *map(_key, _ROWS.strip().splitlines()))
THRESHOLDS: Mapping[str, ThresholdKey] = MappingProxyType({key.name: key for key in _KEYS})
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {"verdict": "point", "relevance": "unseen", "split": 0.75, "weights": WEIGHTS}
)
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"verdict": ("point", "confident", "harmful"), "relevance": ("unseen", "all")}
)
SEVERITIES = ("block", "warn")
SEGMENT_CHECKS = tuple(one.name for one in GUARDED.values() if one.per_segment)
"""Checks with a case per segment; a waiver may be for one of them."""
CHECKS = (
    *(one.name for one in GUARDED.values()),
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
SCENARIO_CHECK = "S[1-9][0-9]*"
"""A scenario's; those that were added to the suite are among them."""
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
            direction="min" if key.startswith("min_") else "max",
            default=None,
            low=-_OWN_RANGE,
            high=_OWN_RANGE,
            integer=False,
            per_segment=True,
            meaning="a limit of a custom metric",
        )
    return THRESHOLDS[name]
