"""The picture of the lifts: over everybody, and per segment against their thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pytest_recsim.record.legible import legible
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.record.quality import LiftFigure, QualityMetrics, lift_label
from pytest_recsim.report.html.drawing import BAD, FAINT, GOOD, INK, OTHER, Chart, axes, short, svg
from pytest_recsim.report.quality import EVERYBODY


class Row(NamedTuple):
    """A lift, whose it is, and whether it is over everybody, so that nothing was judged."""

    whose: str
    measure: Measure
    overall: bool = False

    @property
    def metric(self) -> str:
        return self.measure.name.removeprefix("lift of ")


def lift_charts(results: Sequence[CheckResult], quality: QualityMetrics | None = None) -> Iterator[Chart]:
    """Return the picture, where this record has a lift with an interval."""
    segments = [Row(one.case, measure) for one in results for measure in one.measures if _is_lift(measure)]
    overall = [Row(EVERYBODY, _measure(one), overall=True) for one in _overall(quality)]
    if segments or overall:
        yield lift_chart([*segments, *overall])


def _is_lift(measure: Measure) -> bool:
    return (
        measure.metric.startswith("segment_lift")
        and isinstance(measure.got, float)
        and measure.low is not None
    )


def _overall(quality: QualityMetrics | None) -> list[LiftFigure]:
    if quality is None:
        return []
    judged = [one for one in quality.overall if one.relevance == quality.judged_relevance]
    return [one for one in judged if one.low is not None and not one.reason]


def _measure(one: LiftFigure) -> Measure:
    return Measure(
        name=lift_label(one.metric),
        ok=None,
        got=one.lift,
        expected="",
        metric=f"lift_{one.metric}",
        low=one.low,
        high=one.high,
        borderline=one.borderline,
    )


def lift_chart(lifts: Sequence[Row]) -> Chart:
    """A row per segment and metric: the lift, its 95 % interval, its threshold; those over everybody on top."""
    rows = sorted(
        lifts, key=lambda row: (not row.overall, row.measure.metric.endswith("mrr"), row.whose), reverse=True
    )
    edge = _edge([row.measure for row in rows])
    with axes(0.9 + 0.3 * len(rows)) as (figure, plot):
        for place, row in enumerate(rows):
            _interval(plot, place, row.measure, edge)
        plot.axvline(0, color=FAINT, linewidth=0.8)
        plot.set_yticks(range(len(rows)), [f"{short(row.whose)}, {row.metric}" for row in rows])
        plot.set_ylim(-0.7, len(rows) - 0.3)
        plot.set_xlabel("lift over the popularity baseline (0 = no better)")
        drawn = svg(figure, "lifts")
    alt = "; ".join(f"{row.whose}, {row.metric}: {_in_words(row.measure)}" for row in reversed(rows))
    return Chart("lifts", "Lift per segment, with its 95 % interval and its threshold", legible(alt), drawn)


def _edge(measures: Sequence[Measure]) -> float:
    """Where the axis ends at the latest: one segment of a handful of users must not squeeze all others into dots."""
    points = [value for one in measures for value in (one.got, one.threshold) if isinstance(value, float)]
    return max(points) + 2 * (max(points) + 1)  # three times the largest ratio


def _interval(plot: Any, place: int, measure: Measure, edge: float) -> None:
    colour, mark = {True: (GOOD, "o"), False: (BAD, "X"), None: (OTHER, "s")}[measure.ok]
    high = float(measure.got or 0) if measure.high is None else measure.high
    plot.plot([measure.low, min(high, edge)], [place, place], color=colour, linewidth=2.2, alpha=0.55)
    if high > edge:
        plot.plot([edge], [place], ">", color=colour)  # it goes on; how far is in the table and in words
    filled = colour if not measure.borderline else "none"
    plot.plot([measure.got], [place], mark, color=colour, markerfacecolor=filled)
    if measure.threshold is not None:
        plot.plot([measure.threshold] * 2, [place - 0.32, place + 0.32], color=INK, linewidth=1.6)


def _in_words(measure: Measure) -> str:
    end = "no upper bound" if measure.high is None else f"{measure.high:+.2f}"
    passed = {True: "passes", False: "fails", None: "not judged"}[measure.ok]
    sure = ", borderline" if measure.borderline else ""
    limit = "" if measure.threshold is None else f", threshold {measure.threshold:+.2f}"
    return f"{measure.got:+.2f} ({measure.low:+.2f} to {end}{limit}), {passed}{sure}"
