"""Hold one run against another: every number over the users that both evaluated, and what moved in their lists."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean

import numpy as np
from msgspec.structs import replace

from pytest_recsim.compare.sides import DATA_SETS, Run
from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge.paired import Paired, paired_difference
from pytest_recsim.record.asked import same_data
from pytest_recsim.record.comparison import Comparison, Difference, Direction, ListsChanged, Moved
from pytest_recsim.record.per_user import UserLine

LEAST_USERS = 20
"""Fewer common users are no comparison, as they are no lift; a run may have a `min_segment_users` of its own."""
SAME = 0.01
"""A difference that is surely within this share of the earlier value is none that anybody would act on."""
SHOWN = 10
NO_INTERVAL = "of all lists together, so there is no interval per user"

Pairs = Sequence[tuple[UserLine, UserLine]]


def compare(before: Run, now: Run, least: Callable[[str], int] = lambda _segment: LEAST_USERS) -> Comparison:
    """Compare two runs.

    Args:
        before: the run that is known.
        now: the one that is held against it.
        least: segment, empty for everybody -> common users that a number needs.
    """
    common = [user for user in before.lines if user in now.lines]
    pairs = [(before.lines[user], now.lines[user]) for user in common]
    shown = [_shown(pairs, side) for side in (0, 1)]
    moved = [
        Moved(item=item, before=shown[0][item], now=shown[1][item]) for item in sorted({*shown[0], *shown[1]})
    ]
    gains = sorted(moved, key=lambda one: (one.before - one.now, one.item))
    return Comparison(
        before=before.side,
        now=now.side,
        unlike=unlike(before, now),
        notes=tuple(_notes(before, now)),
        changes=_changes(before.side.knobs, now.side.knobs),
        common=len(common),
        only_before=len(before.lines) - len(common),
        only_now=len(now.lines) - len(common),
        lists=_lists(pairs),
        differences=tuple(_differences(before, now, pairs, least)),
        won=tuple(one for one in gains[:SHOWN] if one.now > one.before),
        lost=tuple(one for one in reversed(gains[-SHOWN:]) if one.now < one.before),
    )


def unlike(before: Run, now: Run) -> tuple[str, ...]:
    """Name what is not the same in both runs and has to be: the data set, the split, the relevance and so on."""
    alike = {DATA_SETS} if same_data(before.data, now.data) else set()
    return tuple(
        name for name, then in before.facts.items() if now.facts.get(name) != then and name not in alike
    )


def _notes(before: Run, now: Run) -> Iterator[str]:
    for name in unlike(before, now):
        then, today = before.facts[name], now.facts.get(name, "unknown")
        yield f"The {name} are not the same ({then} before, {today} now), so differences may come from that."
    if not before.lines.keys() & now.lines.keys():
        yield "The two runs have no user in common, so nothing is compared."


def _changes(before: dict[str, str], now: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    names = sorted({*before, *now})
    return {name: (before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)}


def _shown(pairs: Pairs, side: int) -> Counter[str]:
    return Counter(item for pair in pairs for item in set(pair[side].items))


def _lists(pairs: Pairs) -> ListsChanged:
    both = [(one.items, other.items) for one, other in pairs]
    if not both:
        return ListsChanged(users=0, items=0.0, order=0.0, overlap=1.0)
    other_items = sum(set(one) != set(other) for one, other in both)
    other_order = sum(one != other and set(one) == set(other) for one, other in both)
    overlap = fmean(
        len({*one} & {*other}) / max(len(one), len(other), 1) if one or other else 1.0 for one, other in both
    )
    return ListsChanged(
        users=len(both), items=other_items / len(both), order=other_order / len(both), overlap=overlap
    )


def _differences(before: Run, now: Run, pairs: Pairs, least: Callable[[str], int]) -> Iterator[Difference]:
    segments = sorted({now_line.segment for _, now_line in pairs})
    for metric in METRICS.values():
        if metric.source != "lists":
            continue
        label = metric.shown(now.quality.judged_relevance)
        if any(metric.name in line.values for line in (*before.lines.values(), *now.lines.values())):
            for segment in ("", *segments):
                found = _difference(before, now, pairs, metric, segment)
                yield found if found.n >= least(segment) else _too_few(found, least(segment))
        elif label in now.quality.figures and label in before.quality.figures:
            yield _together(before, now, metric, label)


def _difference(before: Run, now: Run, pairs: Pairs, metric: MetricFacts, segment: str) -> Difference:
    """A metric that is a mean over users, over those that both runs stand for."""
    kept = [
        (one, other)
        for one, other in pairs
        if one.in_effect and other.in_effect and (not segment or other.segment == segment)
    ]
    values = [np.array([line.values.get(metric.name, np.nan) for line in side]) for side in _sides(kept)]
    found = paired_difference(values[0], values[1])
    reason = _unmeasured(before, now, metric, segment)
    one = Difference(
        metric=metric.name,
        label=metric.shown(now.quality.judged_relevance),
        segment=segment,
        better_when=_better(metric),
        n=found.n,
        outcome="not compared",
        reason=reason,
    )
    if reason or not found.n:
        return one
    lifts = [_lift(side, metric.name) for side in _sides(kept)]
    return replace(
        one,
        outcome=_outcome(found, _better(metric)),
        before=found.before,
        now=found.now,
        difference=found.difference,
        low=found.low if math.isfinite(found.low) else None,
        high=found.high if math.isfinite(found.high) else None,
        lift_before=lifts[0],
        lift_now=lifts[1],
    )


def _too_few(one: Difference, least: int) -> Difference:
    reason = one.reason or f"{one.n} common users with a number, at least {least} are needed"
    empty = dict.fromkeys(("before", "now", "difference", "low", "high", "lift_before", "lift_now"))
    return replace(one, outcome="not compared", reason=reason, **empty)


def _sides(pairs: Pairs) -> tuple[list[UserLine], list[UserLine]]:
    return [one for one, _ in pairs], [other for _, other in pairs]


def _better(metric: MetricFacts) -> str:
    """Which way is better; NDCG and MRR stand in no guardrail of their own, and more is better."""
    return metric.better or ("higher" if metric.of_relevance else "")


def _unmeasured(before: Run, now: Run, metric: MetricFacts, segment: str) -> str:
    """Why a figure of either run says nothing; empty where both say something, or where only users are too few."""
    for when, run in (("before", before), ("now", now)):
        label = metric.shown(run.quality.judged_relevance)
        figures = run.quality.segment_figures.get(segment, {}) if segment else run.quality.figures
        figure = figures.get(label) or run.quality.figures.get(label)
        if figure is not None and figure.value is None:
            return f"not measured {when}: {figure.reason}"
    return ""


def _lift(lines: Sequence[UserLine], metric: str) -> float | None:
    both = [
        (line.values[metric], line.baseline[metric])
        for line in lines
        if metric in line.values and metric in line.baseline
    ]
    theirs = sum(base for _, base in both)
    return sum(mine for mine, _ in both) / theirs - 1 if theirs else None


def _outcome(found: Paired, better: str) -> Direction:
    if not found.moved:
        return "same"
    if found.low > 0 or found.high < 0:
        up = found.difference > 0
        return "cannot tell" if not better else "better" if up == (better == "higher") else "worse"
    margin = SAME * abs(found.before)
    return "same" if -margin <= found.low and found.high <= margin else "cannot tell"


def _together(before: Run, now: Run, metric: MetricFacts, label: str) -> Difference:
    """A number of all lists together."""
    then, today = before.quality.figures[label], now.quality.figures[label]
    one = Difference(
        metric=metric.name,
        label=label,
        segment="",
        better_when=metric.better,
        n=today.n,
        outcome="not compared",
    )
    if then.value is None or today.value is None:
        when, figure = ("before", then) if then.value is None else ("now", today)
        return replace(one, reason=f"not measured {when}: {figure.reason}")
    moved = today.value - then.value
    return replace(
        one,
        outcome="cannot tell" if moved else "same",
        before=then.value,
        now=today.value,
        difference=moved,
        reason=NO_INTERVAL if moved else "",
    )
