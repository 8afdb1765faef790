"""Pictures of what the levers do: what variety and margin cost, how a boost lifts a new item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_recsim.record.legible import legible
from pytest_recsim.record.model import CheckResult
from pytest_recsim.report.html.drawing import GOOD, OTHER, Chart, axes, short, svg


def lever_charts(results: Sequence[CheckResult]) -> Iterator[Chart]:
    """Return the pictures that this record has numbers for."""
    found = {result.check: result for result in results}
    if points := _numbers(found.get("S9"), "curve", ("boost", "margin", "ndcg")):
        yield margin_chart(points)
    if prices := _numbers(found.get("S4"), "price", ("similarity", "ndcg")):
        yield price_chart(prices)
    if points := _numbers(found.get("S8"), "exposure", ("boost", "exposure")):
        yield exposure_chart(points)


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
            away, side = (
                ((-8, -14), "right") if p is points[-1] and p in own else ((6, 6), "left")
            )  # may be one place
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
