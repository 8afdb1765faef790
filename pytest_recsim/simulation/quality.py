"""Judged quality as plain values: what the guardrail checks compare and quality_metrics.json holds."""

from __future__ import annotations

from typing import Literal

import msgspec

RelevanceName = Literal["unseen", "all"]


class LiftFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One segment's lift over the baseline under one metric and one relevance set.

    ``lift`` is the ratio of the two means minus 1; None with a ``reason`` when it cannot be measured.
    ``low`` and ``high`` bound the 95 % bootstrap interval. ``recent_mean`` belongs to the second baseline
    ("the user's 10 latest items, then the baseline"), reported beside it and not judged. ``outcome`` is what
    the verdict rule made of it against its threshold, ``sentence`` says so in words. ``users_needed`` estimates
    the users that would do: to measure it, or to tell a borderline one from its threshold.
    """

    segment: str
    metric: str
    relevance: RelevanceName
    n_users: int
    n_baseline_hits: int
    mean: float | None
    baseline_mean: float | None
    recent_mean: float | None
    difference: float | None
    lift: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    users_needed: int | None = None
    outcome: str = "not_measured"
    borderline: bool = False
    sentence: str = ""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the whole run, with its definition and n; ``reason`` says why it is missing."""

    name: str
    value: float | None
    n: int
    definition: str
    reason: str = ""


class SegmentCount(msgspec.Struct, frozen=True):
    """Users of one segment: in the fixture, with seeded history, evaluated, with both."""

    users: int
    with_history: int
    evaluated: int
    evaluated_with_history: int


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured on the quality lists.

    ``figures`` are those of the whole run by name, ``segment_figures`` those of a segment by segment and name.
    """

    judged_relevance: RelevanceName
    evaluated: int
    sampled: bool
    segments: dict[str, SegmentCount]
    lifts: tuple[LiftFigure, ...]
    figures: dict[str, Figure]
    segment_figures: dict[str, dict[str, Figure]] = {}

    def lift(self, segment: str, metric: str, relevance: str | None = None) -> LiftFigure:
        """Return the lift of one segment under the judged (or the named) relevance set."""
        wanted = (segment, metric, relevance or self.judged_relevance)
        for figure in self.lifts:
            if (figure.segment, figure.metric, figure.relevance) == wanted:
                return figure
        raise KeyError(wanted)
