"""The quality section: lifts per segment and the figures of the whole catalogue, each with its definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_recsim.report.text import number, table, upper


def quality_section(quality: dict[str, Any]) -> Iterator[str]:
    """Render quality_metrics.json; nothing when the run did not get that far."""
    if not quality:
        return
    judged = quality["judged_relevance"]
    yield "## Quality"
    yield ""
    yield (
        f"Lists of {quality['evaluated']:,} users with holdout against the popularity baseline. Relevance "
        f"`{judged}` is the judged one; the other stands beside it and is not judged."
    )
    yield ""
    yield from table(
        (
            "segment",
            "metric",
            "relevance",
            "users",
            "lists",
            "baseline",
            "recent items first",
            "lift",
            "95 % interval",
        ),
        map(_lift, quality["lifts"]),
    )
    yield from table(
        ("figure", "value", "n", "definition"),
        [
            (name, _value(figure), f"{figure['n']:,}", figure["definition"])
            for name, figure in quality["figures"].items()
        ],
    )
    yield from _of_segments(quality.get("segment_figures", {}))
    yield from _own(quality.get("own", {}))
    yield from table(
        ("segment", "users", "with history", "evaluated", "evaluated with history"),
        [
            (name, row["users"], row["with_history"], row["evaluated"], row["evaluated_with_history"])
            for name, row in quality["segments"].items()
        ],
    )


def _of_segments(found: dict[str, Any]) -> Iterator[str]:
    """One row per figure and segment; defined like the figure of the same name above."""
    if found:
        yield from table(
            ("segment", "figure", "value", "users"),
            [
                (segment, name, _value(figure), f"{figure['n']:,}")
                for segment, figures in found.items()
                for name, figure in figures.items()
            ],
        )


def _own(found: dict[str, Any]) -> Iterator[str]:
    """The user's own metrics: over everybody, then per segment."""
    if not found:
        return
    yield "### Metrics of your own"
    yield ""
    rows = []
    for name, metric in found.items():
        figure = metric["figure"]
        rows.append((name, "", _value(figure), f"{figure['n']:,}", figure["definition"]))
        for segment, one in metric["segments"].items():
            rows.append((name, segment, _value(one), f"{one['n']:,}", ""))
    yield from table(("metric", "segment", "value", "n", "definition"), rows)


def _lift(row: dict[str, Any]) -> tuple[object, ...]:
    bounds = "" if row["low"] is None else f"{row['low']:.2f} to {upper(row['high'], 2)}"
    lift = f"not measured: {row['reason']}" if row["lift"] is None else f"{row['lift']:+.3f}"
    means = [number(row[key]) for key in ("mean", "baseline_mean", "recent_mean")]
    return (
        row["segment"],
        f"{row['metric'].upper()}@10",
        row["relevance"],
        row["n_users"],
        *means,
        lift,
        bounds,
    )


def _value(figure: dict[str, Any]) -> str:
    return f"not measured: {figure['reason']}" if figure["value"] is None else number(figure["value"])
