"""A customer's runs as a table for the terminal, and as data: figures, and their change against the run before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from pytest_recsim.record.history import Past
from pytest_recsim.record.legible import legible
from pytest_recsim.report.batch import WORDS
from pytest_recsim.report.text import number

COLUMNS = {
    "NDCG lift": "lift of NDCG@10",
    "MRR lift": "lift of MRR@10",
    "coverage": "catalogue_coverage@20",
    "long tail": "long_tail_share@20",
}
"""Head of a column -> the figure over everybody that stands in it."""


class Step(msgspec.Struct, frozen=True):
    """A run beside the one before it; ``before`` is None where there is none, ``differs`` says why they cannot be compared."""

    run: Past
    before: Past | None
    differs: tuple[str, ...]

    def change(self, name: str, segment: str = "") -> float | None:
        """By how much a figure has changed; None where it cannot be said."""
        if self.before is None or self.differs:
            return None
        now, then = self.run.figure(name, segment), self.before.figure(name, segment)
        if now is None or then is None or now.value is None or then.value is None:
            return None
        return now.value - then.value


def steps(runs: Sequence[Past]) -> Iterator[Step]:
    """Hold every run against the last one before it that ended, of the same simulation where there is one."""
    for place, run in enumerate(runs):
        ended = [one for one in runs[:place] if one.ended and one.run_id != run.run_id]
        same = [one for one in ended if one.simulation == run.simulation]
        before = next(iter(reversed(same or ended)), None)
        yield Step(run, before, run.differs(before) if before else ())


def verdict_of(run: Past) -> str:
    """What became of a run, in a few words."""
    if run.status == "started":
        return "killed, or still running"
    words = WORDS.get(run.verdict or "incomplete", "").strip("*")
    interrupted = ", interrupted" if run.status == "incomplete" and run.verdict != "incomplete" else ""
    count = len(run.failing)
    failing = f" ({count} failed or not measured)" if count else ""
    return f"{words}{failing}{interrupted}"


def lines(found: Sequence[Step]) -> Iterator[str]:
    """The table, oldest run first."""
    rows = [("when (UTC)", "verdict", "profile", *COLUMNS, ""), *map(_row, found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _row(step: Step) -> tuple[str, ...]:
    run = step.run
    when = f"{run.started_at:%Y-%m-%d %H:%M}"
    figures = (_figure(step, name) for name in COLUMNS.values())
    apart = f"not comparable: {', '.join(step.differs)}" if step.differs else ""
    return (when, verdict_of(run), legible(run.configuration), *figures, apart)


def _figure(step: Step, name: str) -> str:
    found = step.run.figure(name)
    if found is None or found.value is None:
        return "-"
    change = step.change(name)
    beside = "" if change is None else f" ({change:+.3f})"
    return f"{number(found.value)}{beside}"


def as_data(step: Step) -> dict[str, Any]:
    """A run with what changed, ready for JSON."""
    changes = [
        {"name": one.name, "segment": one.segment, "change": change}
        for one in step.run.figures
        if (change := step.change(one.name, one.segment)) is not None
    ]
    before = step.before.bundle if step.before else None
    more = {"before": before, "not_comparable": list(step.differs), "changes": changes}
    plain: dict[str, Any] = msgspec.to_builtins(step.run)
    return plain | more
