"""Sections on the way from the tuning slice to the verdict slice: how what has to hold moved, and what other studies told of it beforehand."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.few import first_few
from pytest_recsim.record.tune import NAME, Expected, Learned, Moved, Study
from pytest_recsim.report.text import number
from pytest_recsim.report.tune_section import Section
from pytest_recsim.report.tune_words import counted, whose

HEAD = (
    "what has to hold",
    "segment",
    "moved by, mean",
    "standard error",
    "studies",
    "tried first, there",
    "here",
    "stays",
    "expected here",
)
NAMED = 3
"""Studies that are named one by one."""


def moved(study: Study) -> Iterator[Section]:
    if study.verdict is None or not study.verdict.moved:
        return
    why = "On the tuning slice the service knows less of the past and people have less to find, and the winner is who had most luck there."
    words = (f"Trial {study.winner} on both slices. {why}",)
    head = ("what has to hold", "segment", "tuning slice", "verdict slice", "there it is")
    rows = tuple(_moved(one) for one in study.verdict.moved)
    yield Section("moved", "What has to hold, on both slices", words, head, rows, folded=True)


def _moved(one: Moved) -> tuple[str, ...]:
    told = "better" if one.by < 0 else "worse" if one.by > 0 else "the same"
    return one.label, whose(one.case), number(one.tuning), number(one.verdict), told


def learned(study: Study) -> Iterator[Section]:
    found = study.learned
    if found is None:
        return
    segmented = {one.check for one in found.expected if one.case}
    shown = (one for one in found.expected if not _repeats(one, found.expected))
    rows = tuple(_expected(one, segmented=one.check in segmented) for one in shown)
    words = tuple(_words(found))
    yield Section(
        "learned", "What other customers' studies told", words, HEAD if rows else (), rows, folded=True
    )


def _words(found: Learned) -> Iterator[str]:
    whom = first_few(found.studies, NAMED)
    if len(found.studies) > NAMED:
        whom = f"{len(found.studies)} studies ({whom}; all of them are in `{NAME}`)"
    if found.sets:
        were = "was" if len(found.sets) == 1 else "were"
        yield (
            f"Learned from {whom}: {counted(len(found.sets), 'set')} of values that came furthest there {were} tried first, "
            f"as trials 0 to {len(found.sets) - 1}."
        )
    else:
        yield f"Learned from {whom}; the starting profile is what came furthest there."
    if found.expected:
        yield (
            "There, figures differed between tuning and verdict slice as below. A trial is held to what a run is expected to measure: "
            "its own figure, moved by as much. The verdict itself rests on what this customer's verdict slice shows, and on nothing else."
        )
    if any(one.here is not None for one in found.expected):
        yield (
            "What was tried first was measured twice: on the verdict slices of the customers it comes from (there), and on this tuning slice "
            "(here). Of what customers' tuning slices differed in, only a share was there on their verdict slices as well (stays). A run here "
            "is expected to show no more than that share of the difference between here and there; the rest is taken for chance."
        )


def _repeats(one: Expected, others: tuple[Expected, ...]) -> bool:
    """Whether a check's line for any segment says what that of its only segment says."""
    own = [other for other in others if other.check == one.check and other.case]
    return not one.case and len(own) == 1 and (own[0].seen, own[0].by) == (one.seen, one.by)


def _expected(one: Expected, *, segmented: bool) -> tuple[str, ...]:
    """Margins count what is missing, figures what is there, so that better stands as more."""
    return (
        one.check,
        one.case or ("each, together" if segmented else whose("")),
        _moves(one.seen),
        f"{one.error:.2g}",
        f"{one.n}",
        number(one.there),
        number(one.here),
        f"{one.stays:.0%}",
        _moves(one.by),
    )


def _moves(by: float) -> str:
    return f"{'better' if by < 0 else 'worse'} by {abs(by):.3g}" if by else "the same"
