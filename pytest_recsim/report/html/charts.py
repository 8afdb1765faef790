"""The pictures of a report: lifts against their thresholds, what variety and margin cost, how a boost lifts a new item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_recsim.record.legible import legible
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report.html.drawing import BAD, FAINT, GOOD, INK, OTHER, Chart, axes, svg

FIRST_LETTERS = 28


def charts(results: Sequence[CheckResult]) -> Iterator[Chart]:
    """Return the pictures that this record has numbers for."""
    found = {result.check: result for result in results}
    if lifts := [(result, measure) for result in results for measure in result.measures if _is_lift(measure)]:
        yield lift_chart(lifts)
    if points := _numbers(found.get("S9"), "curve", ("boost", "margin", "ndcg")):
        yield margin_chart(points)
    if prices := _numbers(found.get("S4"), "price", ("similarity", "ndcg")):
        yield price_chart(prices)
    if points := _numbers(found.get("S8"), "exposure", ("boost", "exposure")):
        yield exposure_chart(points)


def _is_lift(measure: Measure) -> bool:
    return (
        measure.metric.startswith("segment_lift")
        and isinstance(measure.got, float)
        and measure.low is not None
    )


def _numbers(result: CheckResult | None, key: str, names: Sequence[str]) -> list[Mapping[str, float]]:
    """The points of a curve that a scenario shows; nothing where it is not one, as in a record of another version."""
    points: Any = result.shown.get(key) if result else None
    if not isinstance(points, list) or len(points) < 2:
        return []
    whole = all(
        isinstance(point, dict) and all(isinstance(point.get(name), int | float) for name in names)
        for point in points
    )
    return points if whole else []


def short(text: str) -> str:
    """A label that leaves room for the picture."""
    said = legible(text)
    return said if len(said) <= FIRST_LETTERS else f"{said[: FIRST_LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"


def lift_chart(lifts: Sequence[tuple[CheckResult, Measure]]) -> Chart:
    """A row per segment and metric: the lift, its 95 % interval, its threshold."""
    rows = sorted(lifts, key=lambda row: (row[1].metric.endswith("mrr"), row[0].case), reverse=True)
    with axes(0.9 + 0.3 * len(rows)) as (figure, plot):
        for place, (_, measure) in enumerate(rows):
            _interval(plot, place, measure)
        plot.axvline(0, color=FAINT, linewidth=0.8)
        plot.set_yticks(range(len(rows)), [f"{short(one.case)}, {_metric(measure)}" for one, measure in rows])
        plot.set_ylim(-0.7, len(rows) - 0.3)
        plot.set_xlabel("lift over the popularity baseline (0 = no better)")
        drawn = svg(figure, "lifts")
    alt = "; ".join(
        f"{one.case}, {_metric(measure)}: {_in_words(measure)}" for one, measure in reversed(rows)
    )
    return Chart("lifts", "Lift per segment, with its 95 % interval and its threshold", legible(alt), drawn)


def _metric(measure: Measure) -> str:
    return measure.name.removeprefix("lift of ")


def _interval(plot: Any, place: int, measure: Measure) -> None:
    colour = GOOD if measure.ok else BAD
    high = measure.high if measure.high is not None else measure.got
    plot.plot([measure.low, high], [place, place], color=colour, linewidth=2.2, alpha=0.55)
    filled = colour if not measure.borderline else "none"
    plot.plot([measure.got], [place], "o" if measure.ok else "X", color=colour, markerfacecolor=filled)
    if measure.threshold is not None:
        plot.plot([measure.threshold] * 2, [place - 0.32, place + 0.32], color=INK, linewidth=1.6)


def _in_words(measure: Measure) -> str:
    end = "no upper bound" if measure.high is None else f"{measure.high:+.2f}"
    passed = "passes" if measure.ok else "fails"
    sure = ", borderline" if measure.borderline else ""
    limit = "" if measure.threshold is None else f", threshold {measure.threshold:+.2f}"
    return f"{measure.got:+.2f} ({measure.low:+.2f} to {end}{limit}), {passed}{sure}"


def margin_chart(points: Sequence[Mapping[str, float]]) -> Chart:
    """Relevance against margin, a point for every boost of the high-margin items."""
    with axes(3.0) as (figure, plot):
        plot.plot([p["margin"] for p in points], [p["ndcg"] for p in points], "o-", color=OTHER)
        for label, point in _labels(points):
            plot.annotate(
                label,
                (point["margin"], point["ndcg"]),
                xytext=(6, 6),
                textcoords="offset points",
            )
        plot.margins(0.18, 0.22)
        plot.set_xlabel("mean margin of what is shown")
        plot.set_ylabel("NDCG@10")
        drawn = svg(figure, "margin")
    alt = "; ".join(
        f"boost {p['boost']:g}: margin {p['margin']:.3f}, NDCG@10 {p['ndcg']:.3f}" for p in points
    )
    return Chart("margin", "What more margin costs in relevance (S9)", alt, drawn)


def _labels(points: Sequence[Mapping[str, float]]) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Name the first point, and those after it; where they lie in one place, once for all of them."""
    first, second, last = points[0], points[1], points[-1]
    yield f"boost {first['boost']:g}", first
    spread = max(abs(point["margin"] - first["margin"]) for point in points) or 1.0
    if abs(last["margin"] - second["margin"]) < 0.1 * spread:
        yield f"boost {second['boost']:g} to {last['boost']:g}", last
        return
    yield f"boost {second['boost']:g}", second
    yield f"boost {last['boost']:g}", last


def price_chart(points: Sequence[Mapping[str, Any]]) -> Chart:
    """Relevance against variety: the lists of two lambdas without caps, joined, and the profile's own."""
    free, own = _of_profile(points, profile=False), _of_profile(points, profile=True)
    with axes(3.0) as (figure, plot):
        for group, style, colour in ((free, "o-", OTHER), (own, "D--", GOOD)):
            plot.plot([1 - p["similarity"] for p in group], [p["ndcg"] for p in group], style, color=colour)
        for p in points:
            away, side = ((-8, -14), "right") if p in own else ((6, 6), "left")  # they may lie in one place
            plot.annotate(
                short(str(p.get("lists", ""))),
                (1 - p["similarity"], p["ndcg"]),
                xytext=away,
                textcoords="offset points",
                ha=side,
            )
        plot.margins(0.25, 0.25)
        plot.set_xlabel("variety: 1 - mean similarity of two items of a list")
        plot.set_ylabel("NDCG@10")
        drawn = svg(figure, "price")
    alt = "; ".join(
        f"{p.get('lists', '')}: variety {1 - p['similarity']:.3f}, NDCG@10 {p['ndcg']:.3f}" for p in points
    )
    return Chart("price", "What variety costs in relevance (S4)", legible(alt), drawn)


def _of_profile(points: Sequence[Mapping[str, Any]], *, profile: bool) -> list[Mapping[str, Any]]:
    return [p for p in points if str(p.get("lists", "")).startswith("profile") is profile]


def exposure_chart(points: Sequence[Mapping[str, float]]) -> Chart:
    """The share of users who see a new item, by its boost."""
    with axes(2.6) as (figure, plot):
        places = range(len(points))
        bars = plot.bar(places, [100 * p["exposure"] for p in points], color=GOOD, width=0.55)
        plot.bar_label(bars, [f"{100 * p['exposure']:.0f} %" for p in points], padding=2)
        plot.set_xticks(places, [f"{p['boost']:g}" for p in points])
        plot.set_ylim(0, 115)
        plot.set_xlabel("boost of the new item")
        plot.set_ylabel("users who see it, %")
        drawn = svg(figure, "exposure")
    alt = "; ".join(f"boost {p['boost']:g}: {p['exposure']:.0%} of the users see it" for p in points)
    return Chart("exposure", "How a boost brings a new item before users (S8)", alt, drawn)
