"""Thresholds that some runs hold, also at the worse ends of their intervals: a start for guardrails.yml."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from types import MappingProxyType

import numpy as np

from pytest_recsim.compare.sound import Read, Sound
from pytest_recsim.data.guardrails.guardrail_keys import THRESHOLDS, ThresholdKey
from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import GUARDED
from pytest_recsim.judge.paired import t_quantile
from pytest_recsim.record.asked import Limit

DIGITS = 2
"""Significant digits of a suggestion; intervals do not say more."""
LEAST_USERS = 2


@dataclass(frozen=True)
class Seen:
    """A metric in one run; ``low`` and ``high`` are None where its interval is not known."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Suggestion:
    """A threshold.

    Attributes:
        key: of the threshold.
        segment: whose, empty for the whole run.
        value: what is suggested.
        measured: the worst value of the runs.
        bound: the worst end of their intervals; None where none is known.
        n: users (or whatever stands behind it), in the run with the fewest.
        runs: in how many it was measured.
        now: what the newest run was held to, None where it was not.
    """

    key: ThresholdKey
    metric: MetricFacts
    segment: str
    value: float
    measured: float
    bound: float | None
    n: int
    runs: int
    now: Limit | None


@dataclass(frozen=True)
class Suggested:
    """What a customer's runs suggest, and sentences on what is left out."""

    sound: Sound
    found: tuple[Suggestion, ...]
    left_out: tuple[str, ...]


def suggest(sound: Sound) -> Suggested:
    """Return the thresholds that all of these runs hold: none is stricter than what was measured."""
    found, left_out, missing = list[Suggestion](), list[str](), dict[str, list[str]]()
    segments = sorted({name for run in sound.runs for name in run.quality.segments})
    for name, metric in GUARDED.items():
        key = THRESHOLDS[name]
        for segment in segments if metric.per_segment else ("",):
            seen = [there for run in sound.runs if (there := _seen(run, metric, segment))]
            label = f"{name} of {segment}" if segment and metric.source in ("lift", "lists") else name
            if not seen:
                missing.setdefault(_WHY.get(metric.source, ""), []).append(label)
                continue
            one = _suggestion(sound, key, metric, segment, seen)
            if one.value == (key.low if key.direction == "min" else key.high):
                left_out.append(f"{label}: {one.measured:.3g} was measured, so nothing would be caught")
            else:
                found.append(one)
    for why, names in missing.items():
        left_out.append(f"not measured in these runs{why}: {', '.join(dict.fromkeys(names))}")
    return Suggested(sound, tuple(found), tuple(left_out))


_WHY: Mapping[str, str] = MappingProxyType(
    {
        "earlier": " (needs --recsim-compare-to)",
        "repeats": " (asked for only when it has a threshold)",
        "traffic": " (says something of a running service only)",
    }
)


def rounded(value: float, direction: str, key: ThresholdKey) -> float:
    """Round to two digits, down for a minimum and up for a maximum, within what the threshold may be."""
    exact = Decimal(repr(value))
    if not exact:
        return 0.0
    step = Decimal(1).scaleb(exact.adjusted() - DIGITS + 1)
    mode = ROUND_FLOOR if direction == "min" else ROUND_CEILING
    return min(max(float((exact / step).to_integral_value(mode) * step), key.low), key.high)


def _suggestion(
    sound: Sound, key: ThresholdKey, metric: MetricFacts, segment: str, seen: Sequence[Seen]
) -> Suggestion:
    worst = min if key.direction == "min" else max
    measured = worst(one.value for one in seen)
    ends = [one.low if key.direction == "min" else one.high for one in seen]
    known = [end for end in ends if end is not None and math.isfinite(end)]
    bound = worst(known) if len(known) == len(ends) else None
    limits = sound.runs[-1].metadata.guardrails.thresholds.get(key.name, {})
    return Suggestion(
        key=key,
        metric=metric,
        segment=segment,
        value=rounded(measured if bound is None else worst(bound, measured), key.direction, key),
        measured=measured,
        bound=bound,
        n=min(one.n for one in seen),
        runs=len(seen),
        now=limits.get(segment or "(all)") or limits.get("(all)"),
    )


def _seen(run: Read, metric: MetricFacts, segment: str) -> Seen | None:
    look = _LOOK.get(metric.source)
    return look(run, metric, segment) if look else None


def _lift(run: Read, metric: MetricFacts, segment: str) -> Seen | None:
    try:
        found = run.quality.lift(segment, metric.compares)
    except KeyError:
        return None
    if found.lift is None or found.low is None or found.outcome == "not_measured":
        return None
    return Seen(found.lift, found.low, found.high, found.n_users)


def _figure(run: Read, metric: MetricFacts, segment: str) -> Seen | None:
    label = metric.shown(run.quality.judged_relevance)
    figures = run.quality.segment_figures.get(segment, {}) if segment else run.quality.figures
    found = figures.get(label)
    if found is None or found.value is None:
        return None
    low, high = _interval(run, metric.name, segment)
    return Seen(found.value, low, high, found.n)


def _interval(run: Read, name: str, segment: str) -> tuple[float | None, float | None]:
    """The 95 % interval of a mean over users, by Student; none where there are no numbers per user."""
    lines = (line for line in run.lines if segment in ("", line.segment))
    values = np.array([line.values[name] for line in lines if name in line.values])
    if len(values) < LEAST_USERS:
        return None, None
    half = t_quantile(len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half


def _checked(run: Read, metric: MetricFacts, segment: str) -> Seen | None:
    """What a check measured that asks for lists of its own."""
    for check in run.checks:
        if (check.check, check.case) == (metric.name, segment):
            for one in check.measures:
                if isinstance(one.got, int | float):
                    return Seen(float(one.got), None, None, one.n or 0)
    return None


def _traffic(run: Read, metric: MetricFacts, segment: str) -> Seen | None:
    """Answer times and failed attempts; the stand-in's say nothing about a service."""
    sent = run.metadata.requests
    if run.metadata.service.kind == "stand-in":
        return None
    if metric.name == "p95_ms":
        times = sent.quality_lists_ms.get(segment)
        return Seen(times.p95_ms, None, None, times.n) if times and times.p95_ms is not None else None
    failed, tried = sum(sent.failed_recommendations.values()), sent.recommendations
    return Seen(failed / tried, None, None, tried) if tried else None


_LOOK: Mapping[str, Callable[[Read, MetricFacts, str], Seen | None]] = MappingProxyType(
    {"lift": _lift, "lists": _figure, "repeats": _checked, "traffic": _traffic}
)
