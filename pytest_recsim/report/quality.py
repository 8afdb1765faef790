"""The quality section: lifts per segment and the figures of the whole catalogue, each with its definition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_recsim.record.quality import Figure, LiftFigure, Money, Noise, OwnFigure, QualityMetrics
from pytest_recsim.report.early import early_section
from pytest_recsim.report.text import foreign, number, table, upper

EVERYBODY = "all users together"


def overall_words(quality: QualityMetrics | None) -> str:
    """How much better the lists are than best sellers, over everybody, in one sentence; nothing where that was not counted."""
    rows = [row for row in quality.overall if row.relevance == quality.judged_relevance] if quality else []
    if not rows:
        return ""
    parts = [_overall(row) for row in rows]
    return f"Over all users together: {'; '.join(parts)}. Reported, not judged: the guardrails judge every segment."


def overall_lines(quality: QualityMetrics | None) -> Iterator[str]:
    """The same as a paragraph."""
    if words := overall_words(quality):
        yield foreign(words)
        yield ""


def _overall(row: LiftFigure) -> str:
    name = f"{row.metric.upper()}@10"
    if row.reason or row.lift is None:
        return f"the lift of {name} is not measured ({row.reason})"
    sure = "" if row.low is None else f"95 % interval {_better(row.low)} to {_better(row.high)}, "
    close = ", borderline" if row.borderline else ""
    return f"lists {_better(row.lift)} than the best sellers by {name} ({sure}{row.n_users:,} users{close})"


def _better(lift: float | None) -> str:
    if lift is None:
        return "no upper bound"
    return f"{100 * abs(lift):.0f} % {'worse' if lift < 0 else 'better'}"


def quality_section(quality: QualityMetrics | None) -> Iterator[str]:
    """Render quality_metrics.json; nothing when the run did not get that far."""
    if not quality:
        return
    judged = quality.judged_relevance
    yield "## Quality"
    yield ""
    yield (
        f"Lists of {quality.evaluated:,} users with holdout against the popularity baseline. Relevance "
        f"`{judged}` is the judged one; the other stands beside it and is not judged."
    )
    yield ""
    yield from early_section(quality.early)
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
        map(_lift, (*quality.overall, *quality.lifts)),
    )
    yield from _noise(quality)
    yield from table(
        ("figure", "value", "n", "definition"),
        [
            (name, _value(figure) + _ends(figure), f"{figure.n:,}", figure.definition)
            for name, figure in quality.figures.items()
        ],
    )
    yield from _money(quality.money)
    yield from _made_of(quality)
    yield from _of_segments(quality.segment_figures)
    yield from _own(quality.own)
    yield from table(
        ("segment", "users", "with history", "evaluated", "evaluated with history"),
        [
            (name, row.users, row.with_history, row.evaluated, row.evaluated_with_history)
            for name, row in quality.segments.items()
        ],
    )


CLASSES = {"established": "established users", "sparse": "sparse and new users"}


def _noise(quality: QualityMetrics) -> Iterator[str]:
    """How equal answers to equal questions are, and what that adds to the lifts' intervals."""
    found = quality.noise
    if not found:
        return
    rows = [_alike(words, noise) for name, words in CLASSES.items() if (noise := found.get(name))]
    yield from table(
        (
            "equal questions",
            "users asked",
            "answers each",
            "users with different lists",
            "items in common",
            "order in common",
            "largest move of a score",
        ),
        rows,
    )
    moved = [row for row in quality.lifts if row.noise_sd and row.relevance == quality.judged_relevance]
    if moved:
        yield "What unequal answers add to the intervals above, which hold it already (each user was asked once):"
        yield ""
        yield from table(
            ("segment", "metric", "standard deviation of the mean", "share of its sampling variance"),
            [
                (
                    row.segment,
                    f"{row.metric.upper()}@10",
                    f"{row.noise_sd:.2g}",
                    _percent(row.noise_share),
                )
                for row in moved
            ],
        )


def _alike(words: str, noise: Noise) -> tuple[object, ...]:
    if noise.overlap is None:
        return (words, f"not measured: {noise.reason}", "", "", "", "", "")
    moved = f"{noise.score_drift:.1g}"
    alike = (number(noise.overlap), number(noise.agreement), moved)
    return (words, noise.users, noise.times, noise.differing, *alike)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _money(found: Sequence[Money]) -> Iterator[str]:
    """What the hits are worth; earlier versions do not say."""
    if found:
        yield "What hits are worth, in the unit of the data set's prices (reported, not judged):"
        yield ""
        yield from table(
            (
                "figure",
                "lists",
                "sum",
                "per list",
                "baseline's sum",
                "per list",
                "items that count",
                "definition",
            ),
            [(row.name, f"{row.n:,}", *worths(row), f"{row.known:.0%}", row.definition) for row in found],
        )


def worths(row: Money) -> tuple[str, str, str, str]:
    """Sum and mean of the lists and of the baseline's, as people write money; the reason where there is none."""
    if row.total is None:
        return (f"not measured: {row.reason}", "", "", "")
    found = (row.total, row.mean, row.baseline_total, row.baseline_mean)
    total, mean, theirs, each = ("" if value is None else f"{value:,.2f}" for value in found)
    return total, mean, theirs, each


def _made_of(quality: QualityMetrics) -> Iterator[str]:
    """How long lists are, and which part of the catalogue gets their places; earlier versions do not say."""
    if any(quality.lengths):
        counted = [f"{length} ({count:,} lists)" for length, count in enumerate(quality.lengths) if count]
        yield f"Items in a list: {', '.join(counted)}."
        yield ""
    if quality.exposure is not None:
        shares = enumerate(quality.exposure.shares(), 1)
        yield from table(
            ("tenth of the items by popularity", "items", "share of all slots", "of the baseline's"),
            [
                (tenth, f"{items:,}", f"{mine:.1%}", f"{theirs:.1%}")
                for (tenth, (mine, theirs)), items in zip(shares, quality.exposure.items, strict=True)
            ],
        )


def _of_segments(found: dict[str, dict[str, Figure]]) -> Iterator[str]:
    """One row per figure and segment; defined like the figure of the same name above."""
    if found:
        yield from table(
            ("segment", "figure", "value", "users"),
            [
                (segment, name, _value(figure), f"{figure.n:,}")
                for segment, figures in found.items()
                for name, figure in figures.items()
            ],
        )


def _own(found: dict[str, OwnFigure]) -> Iterator[str]:
    """The user's own metrics: over everybody, then per segment."""
    if not found:
        return
    yield "### Custom metrics"
    yield ""
    rows = []
    for name, metric in found.items():
        figure = metric.figure
        rows.append((name, "", _value(figure), f"{figure.n:,}", figure.definition))
        for segment, one in metric.segments.items():
            rows.append((name, segment, _value(one), f"{one.n:,}", ""))
    yield from table(("metric", "segment", "value", "n", "definition"), rows)


def _lift(row: LiftFigure) -> tuple[object, ...]:
    bounds = "" if row.low is None else f"{row.low:.2f} to {upper(row.high, 2)}"
    lift = "" if row.lift is None else f"{row.lift:+.3f}"
    if row.reason or not lift:
        lift = f"not measured: {row.reason}" + (f" (as it is: {lift})" if lift else "")
    means = [number(mean) for mean in (row.mean, row.baseline_mean, row.recent_mean)]
    return (
        row.segment or EVERYBODY,
        f"{row.metric.upper()}@10",
        row.relevance,
        row.n_users,
        *means,
        lift,
        bounds,
    )


def _ends(figure: Figure) -> str:
    """What it would be over the lists of everybody, where not everybody was asked."""
    return "" if figure.low is None or figure.high is None else f" [{figure.low:.2f}, {figure.high:.2f}]"


def _value(figure: Figure) -> str:
    if figure.value is not None:
        return number(figure.value)
    raw = figure.raw
    return f"not measured: {figure.reason}" + ("" if raw is None else f" (as it is: {number(raw)})")
