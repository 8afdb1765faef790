"""The picture of the last runs: each key figure over time, against its threshold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_recsim.record.history import KeyFigure, Past
from pytest_recsim.record.legible import legible
from pytest_recsim.record.trend import Trend
from pytest_recsim.report.html.drawing import BAD, FAINT, GOOD, INK, OTHER, Chart, panels, svg
from pytest_recsim.report.past import COLUMNS

COLUMNS_OF_PANELS = 2


@dataclass(frozen=True)
class Point:
    """One figure of one run.

    Attributes:
        value: over everybody; NaN where it was not measured.
        low, high: of the worst and of the best segment, NaN where there are none.
        limit: the strictest threshold, NaN where there is none.
        ok: whether every threshold held.
        same: whether the run had this run's profile and overrides.
    """

    value: float
    low: float
    high: float
    limit: float
    ok: bool
    same: bool


def trend_charts(trend: Trend | None) -> Iterator[Chart]:
    """Return the picture; none for a first run, or where nothing was measured twice."""
    if trend is None or len(trend.runs) < 2:
        return
    series = {title: points(trend.runs, name) for title, name in COLUMNS.items()}
    shown = {
        title: found for title, found in series.items() if sum(math.isfinite(p.value) for p in found) > 1
    }
    if shown:
        yield _chart(trend.runs, shown)


def points(runs: Sequence[Past], name: str) -> list[Point]:
    """One point a run, whether it was measured or not."""
    return [_point(run, name, run.configuration == runs[-1].configuration) for run in runs]


def _point(run: Past, name: str, same: bool) -> Point:
    whole = run.figure(name)
    parts = [one for one in run.figures if one.name == name and one.segment]
    values = [one.value for one in parts if one.value is not None]
    judged: list[KeyFigure] = [one for one in ([whole] if whole else []) + parts if one.threshold is not None]
    return Point(
        value=whole.value if whole is not None and whole.value is not None else math.nan,
        low=min(values, default=math.nan),
        high=max(values, default=math.nan),
        limit=max((one.threshold for one in judged if one.threshold is not None), default=math.nan),
        ok=all(one.ok is not False for one in judged),
        same=same,
    )


def _chart(runs: Sequence[Past], shown: dict[str, list[Point]]) -> Chart:
    rows = -(-len(shown) // COLUMNS_OF_PANELS)
    with panels(0.3 + 1.9 * rows, len(shown), min(COLUMNS_OF_PANELS, len(shown))) as (figure, plots):
        for plot, (title, found) in zip(plots, shown.items(), strict=True):
            _panel(plot, title, found)
            last = len(runs) - 1
            plot.set_xticks([0, last], [f"{runs[place].started_at:%d %b %Y}" for place in (0, last)])
            plot.set_xlim(-0.4, last + 0.4)
        drawn = svg(figure, "trend")
    alt = ". ".join(f"{title}: {_in_words(runs, found)}" for title, found in shown.items())
    return Chart("trend", f"The last {len(runs)} runs on these data", legible(alt), drawn)


def _panel(plot: Any, title: str, found: Sequence[Point]) -> None:
    places = range(len(found))
    plot.set_title(title, loc="left", fontsize=10)
    if any(math.isfinite(one.low) for one in found):
        for place, one in enumerate(found):
            plot.plot([place, place], [one.low, one.high], color=OTHER, linewidth=5, alpha=0.3)
    plot.plot(places, [one.value for one in found], color=FAINT, linewidth=1)
    for place, one in enumerate(found):
        colour = GOOD if one.ok else BAD
        face = colour if one.same else "none"
        plot.plot([place], [one.value], "o" if one.ok else "X", color=colour, markerfacecolor=face)
    limits = [one.limit for one in found]
    plot.step(places, limits, where="mid", color=INK, linewidth=1.2, linestyle="--")
    plot.margins(y=0.18)


def _in_words(runs: Sequence[Past], found: Sequence[Point]) -> str:
    return ", ".join(_said(run, one) for run, one in zip(runs, found, strict=True))


def _said(run: Past, one: Point) -> str:
    when = f"{run.started_at:%Y-%m-%d %H:%M}"
    if not math.isfinite(one.value):
        return f"{when} not measured"
    worst = f"worst segment {one.low:.3g}" if math.isfinite(one.low) else ""
    limit = f"threshold {one.limit:.3g}" if math.isfinite(one.limit) else ""
    beside = ", ".join(filter(None, (worst, limit, "" if one.ok else "missed")))
    return f"{when} {one.value:.3g}" + (f" ({beside})" if beside else "")
