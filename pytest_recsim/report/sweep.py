"""The variants of a sweep as a table, for the summary's pages and the terminal: which one, what of it, and against the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_recsim.record.batch import BatchRecord, Row
from pytest_recsim.record.comparison import Difference
from pytest_recsim.record.sweep import Sweep, VariantResult
from pytest_recsim.report.text import foreign, number, table

TITLE = "Variants"
FIGURES = {
    "NDCG lift": "lift of NDCG@10",
    "MRR lift": "lift of MRR@10",
    "coverage": "catalogue_coverage@20",
    "long tail": "long_tail_share@20",
}
"""Head of a column -> the figure over everybody that stands in it."""
AGAINST = ("lists changed", "NDCG@10 against the first", "MRR@10 against the first")
SEGMENTS = ("NDCG@10 of the worst segment", "MRR@10 of the worst segment")
HEAD = ("variant", "verdict", *FIGURES, *AGAINST, *SEGMENTS)
LEGEND = (
    "Differences to the first variant are over the users of both, with 95 % paired intervals; a worst segment is the one that lost "
    "most or won least."
)
MANY = "Each difference is judged for itself: the best of several variants looks better on these users than it will on the next ones."
UNSEEN = "These variants have not seen the verdict slice: judge the one that you choose, alone, without --recsim-slice."
SEEN = (
    "Choose among variants with --recsim-slice tuning, and judge the one that you choose, alone, without it."
)
LEAST_SHARE = 0.01
SEVERAL = 3
"""Variants from which on a choice among them is a choice by chance as well."""


def swept(sweep: Sweep) -> str:
    """``MMR_LAMBDA=0.3,0.5``, knob by knob."""
    return "; ".join(f"{one.knob}={','.join(one.values)}" for one in sweep.knobs)


def source(record: BatchRecord) -> str:
    """What a batch was made from: its manifest, the sweeps of its simulations, or both."""
    several = dict.fromkeys(map(swept, record.sweeps))
    parts = [f"manifest {record.manifest}"] if record.manifest else []
    parts += [f"sweep of {text}" for text in several]
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def sentences(sweep: Sweep) -> list[str]:
    """What there is to know of this sweep: knobs that changed nothing, variants that are compared with nothing."""
    missing = [one for place, one in enumerate(sweep.variants) if place and one.changed is None]
    return [
        *sweep.sentences,
        *(f"{named(sweep, one)} is compared with nothing: {one.reason}." for one in missing),
    ]


def named(sweep: Sweep, one: VariantResult) -> str:
    """``MMR_LAMBDA=0.3, BRAND_CAP=2``, in the order in which they were asked for."""
    return ", ".join(f"{each.knob}={one.knobs.get(each.knob, '')}" for each in sweep.knobs)


def legends(sweep: Sweep) -> list[str]:
    """Sentences below the table, those of this sweep first."""
    choosing = [MANY, UNSEEN if sweep.slice == "tuning" else SEEN] if len(sweep.variants) >= SEVERAL else []
    return [*sentences(sweep), LEGEND, *choosing]


def title(record: BatchRecord, sweep: Sweep) -> str:
    """Name the simulation where there are several sweeps."""
    return f"{TITLE} of {sweep.simulation}" if len(record.sweeps) > 1 else TITLE


def rows(record: BatchRecord, sweep: Sweep, status: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield a line per variant below ``HEAD``; ``status`` says in words how each simulation ended."""
    by_id: dict[str, Row] = {row.id: row for row in record.rows}
    for place, one in enumerate(sweep.variants):
        row = by_id.get(one.id)
        figures = [number(row.figures.get(name)) if row and row.figures else "" for name in FIGURES.values()]
        yield (named(sweep, one), status.get(one.id, ""), *figures, *_against(one, first=place == 0))


def _against(one: VariantResult, *, first: bool) -> tuple[str, ...]:
    if first:
        return ("the first", "", "", "", "")
    if one.changed == 0:
        return ("0%: this changed nothing", "same", "same", "", "")
    return (
        _changed(one),
        _moved(one.difference("ndcg")),
        _moved(one.difference("mrr")),
        _moved(one.difference("ndcg", worst=True)),
        _moved(one.difference("mrr", worst=True)),
    )


def _changed(one: VariantResult) -> str:
    if one.changed is None:
        return "not compared"
    return f"{one.changed:.0%}" if one.changed >= LEAST_SHARE else f"below {LEAST_SHARE:.0%}"


def _moved(one: Difference | None) -> str:
    """``+0.012 [0.004, 0.020] better``, with the segment where there is one."""
    if one is None:
        return ""
    of = f"{one.segment}: " if one.segment else ""
    if one.difference is None:
        return f"{of}{one.outcome}"
    ends = f" [{one.low:.3f}, {one.high:.3f}]" if one.low is not None and one.high is not None else ""
    return f"{of}{one.difference:+.3f}{ends} {one.outcome}"


def section(record: BatchRecord, status: Mapping[str, str]) -> Iterator[str]:
    """Yield the Markdown of all sweeps."""
    for sweep in record.sweeps:
        yield f"## {foreign(title(record, sweep))}"
        yield ""
        yield from table(HEAD, rows(record, sweep, status))
        for sentence in legends(sweep):
            yield foreign(sentence)
            yield ""


def lines(record: BatchRecord, status: Mapping[str, str]) -> Iterator[str]:
    """Yield the same for a terminal, in columns and without the segments."""
    for sweep in record.sweeps:
        kept = len(HEAD) - len(SEGMENTS)
        found = [HEAD[:kept], *(row[:kept] for row in rows(record, sweep, status))]
        widths = [max(len(row[column]) for row in found) for column in range(kept)]
        yield f"{title(record, sweep)}:"
        for row in found:
            yield (
                "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            )
        yield from (f"  note: {sentence}" for sentence in sentences(sweep))
