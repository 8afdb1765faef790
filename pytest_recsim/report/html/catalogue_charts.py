"""Pictures of what the lists are made of: how long they are, and which part of the catalogue gets their slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_recsim.record.legible import legible
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.quality import Exposure, QualityMetrics
from pytest_recsim.report.html.drawing import FAINT, GOOD, INK, Chart, axes, svg

HEAD = 2
"""Tenths of the order of popularity that are the head; the others are the long tail."""


def catalogue_charts(quality: QualityMetrics | None, results: Sequence[CheckResult]) -> Iterator[Chart]:
    """Return the pictures that this record has numbers for; those of earlier versions have none."""
    if quality is None:
        return
    if any(quality.lengths):
        yield length_chart(quality.lengths, _least_lengths(results))
    if quality.exposure is not None and any(quality.exposure.shown):
        yield popularity_chart(quality.exposure)


def _least_lengths(results: Sequence[CheckResult]) -> list[tuple[str, float]]:
    """The thresholds for the mean length of a list, with the segment that each is for."""
    return sorted(
        (one.case, measure.threshold)
        for one in results
        for measure in one.measures
        if measure.metric == "list_length" and measure.threshold is not None
    )


def length_chart(lengths: Sequence[int], limits: Sequence[tuple[str, float]]) -> Chart:
    """A bar for every length of a list that there could be; a stroke for every threshold of their mean."""
    total = sum(lengths)
    mean = sum(length * count for length, count in enumerate(lengths)) / total
    shares = [100 * count / total for count in lengths]
    with axes(2.6) as (figure, plot):
        bars = plot.bar(range(len(lengths)), shares, color=GOOD, width=0.7)
        plot.bar_label(bars, [_percent(share) for share in shares], padding=2, fontsize=8)
        plot.plot([mean], [0], "^", color=INK, markersize=9, clip_on=False, zorder=5)
        for threshold in sorted({limit for _, limit in limits}):
            plot.axvline(threshold, color=INK, linewidth=1.6, zorder=0)
        plot.set_xticks(range(0, len(lengths), 2 if len(lengths) > 12 else 1))
        plot.set_xlim(-0.7, len(lengths) - 0.3)
        plot.set_ylim(0, 115)
        strokes = "; upright stroke: its threshold" if limits else ""
        plot.set_xlabel(f"items in a list (triangle: the mean{strokes})")
        plot.set_ylabel("lists, %")
        drawn = svg(figure, "lengths")
    counted = "; ".join(
        f"{length} items: {count:,} lists ({_percent(share)})"
        for length, (count, share) in enumerate(zip(lengths, shares, strict=True))
        if count
    )
    wanted = "".join(f"; the mean{_of(case)} must be at least {limit:g}" for case, limit in limits)
    return Chart("lengths", "How long the lists are", f"{counted}; mean {mean:.2f}{wanted}", drawn)


def _of(case: str) -> str:
    return f" of segment {legible(case)}" if case else ""


def _percent(share: float) -> str:
    """A share as people read it: nothing for none, and never 0 % or 100 % for what is not."""
    if not share:
        return ""
    if share < 1:
        return "< 1 %"
    return "> 99 %" if 99 < share < 100 else f"{share:.0f} %"


def popularity_chart(exposure: Exposure) -> Chart:
    """Two bars for every tenth of the catalogue, best sellers first: the service's lists, and the popularity list's."""
    shares = [(100 * mine, 100 * theirs) for mine, theirs in exposure.shares()]
    with axes(3.0) as (figure, plot):
        places = range(len(shares))
        bars = plot.bar([at - 0.2 for at in places], [mine for mine, _ in shares], width=0.38, color=GOOD)
        plot.bar(
            [at + 0.2 for at in places],
            [theirs for _, theirs in shares],
            width=0.34,
            facecolor="none",
            edgecolor=INK,
            linewidth=1.2,
        )
        plot.bar_label(bars, [_percent(mine) for mine, _ in shares], padding=2, fontsize=8)
        plot.axvline(HEAD - 0.5, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        plot.set_xticks(places, [str(at + 1) for at in places])
        plot.set_ylim(0, 1.15 * max(max(pair) for pair in shares))
        plot.set_xlabel("tenths of the items on sale, the best sellers first; left of the line: the head")
        plot.set_ylabel("places in all lists, %")
        drawn = svg(figure, "popularity")
    alt = "; ".join(
        f"tenth {at}: {mine:.1f} % of the places, popularity list {theirs:.1f} %"
        for at, (mine, theirs) in enumerate(shares, 1)
    )
    return Chart("popularity", "Which items get the places", alt, drawn)
