"""What is known of a metric before anything is measured: its name, what it means, which way is better, where to look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Better = Literal["higher", "lower", ""]
About = Literal["ranking", "catalogue", ""]
Source = Literal["lists", "lift", "repeats", "traffic", "earlier"]


@dataclass(frozen=True)
class MetricFacts:
    """A number that stands in every report, and that a guardrail can be set for.

    Attributes:
        name: lower-case letters, digits and ``_``; the check's name. Thresholds are ``min_<name>`` and ``max_<name>``.
        definition: what the number is, with its cut-off and its rule for the empty case.
        label: how reports call it, ``novelty@20``; the name where it is empty.
        better: which way is better, so which of the two thresholds exists; both where it is empty.
        k: cut-off, 0 where it has none.
        unit: of the number and of a threshold; empty for a share or a ratio.
        per_segment: also measured, and judged, for every segment.
        of_relevance: measured against both relevance sets; the judged one is what a threshold is held against.
        knobs: those that move it; ``BLEND_*`` stands for all that are set and begin so.
        new_user_knobs: those that move it for sparse and new users alone.
        advice: where to look besides, in words.
        about: which of the signs in explain blocks and traces bear on it.
        compares: the metric whose means a lift, or a loss against an earlier run, is made of; empty for what is neither.
        source: what it is measured on: the quality lists, the lifts over popularity, repeated questions, the traffic, or an
            earlier run.
        question: what its check finds out, in one sentence.
        threshold: one phrase on the threshold, for the tables.
        default: the threshold when no file gives one; None is off: without a value there is no check.
        low, high: what a threshold may be, both ends included; NaN where there can be none.
    """

    name: str
    definition: str
    label: str = field(default="", kw_only=True)
    better: Better = field(default="", kw_only=True)
    k: int = field(default=0, kw_only=True)
    unit: str = field(default="", kw_only=True)
    per_segment: bool = field(default=False, kw_only=True)
    of_relevance: bool = field(default=False, kw_only=True)
    knobs: tuple[str, ...] = field(default=(), kw_only=True)
    new_user_knobs: tuple[str, ...] = field(default=(), kw_only=True)
    advice: str = field(default="", kw_only=True)
    about: About = field(default="", kw_only=True)
    compares: str = field(default="", kw_only=True)
    source: Source = field(default="lists", kw_only=True)
    question: str = field(default="", kw_only=True)
    threshold: str = field(default="", kw_only=True)
    default: float | None = field(default=None, kw_only=True)
    low: float = field(default=float("nan"), kw_only=True)
    high: float = field(default=float("nan"), kw_only=True)

    @property
    def guarded(self) -> bool:
        """Whether guardrails.yml takes a threshold for it."""
        return self.low <= self.high

    @property
    def key(self) -> str:
        """The threshold's key; empty where there is none, or where both may be."""
        prefix = {"higher": "min_", "lower": "max_", "": ""}[self.better]
        return f"{prefix}{self.name}" if prefix and self.guarded else ""

    @property
    def all_knobs(self) -> tuple[str, ...]:
        return (*self.knobs, *self.new_user_knobs)

    @property
    def look_at(self) -> str:
        """Where to look first when the number is bad, in words."""
        new = ", ".join(self.new_user_knobs)
        parts = (", ".join(self.knobs), new and f"{new} for sparse and new users", self.advice)
        return "; ".join(filter(None, parts))

    def shown(self, relevance: str = "") -> str:
        """The label, with the relevance set where it is measured against one."""
        label = self.label or self.name
        return f"{label} ({relevance})" if self.of_relevance and relevance else label
