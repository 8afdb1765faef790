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
    yield from table(
        ("segment", "users", "with history", "evaluated", "evaluated with history"),
        [
            (name, row["users"], row["with_history"], row["evaluated"], row["evaluated_with_history"])
            for name, row in quality["segments"].items()
        ],
    )


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
