"""One figure of the table: what it is held to, what was measured, and the verdict."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Held = Literal["figure", "ratio", "difference"]
Verdict = Literal["reached", "not reached", "not measured"]


class NotMeasured(Exception):  # noqa: N818 - it is a finding, not an error
    """A row that this machine or this checkout cannot show; its text is the reason, half a sentence."""


@dataclass(frozen=True)
class Row:
    """What became of one target.

    Attributes:
        name: unique, with the part's name in front.
        path: what of the project it is about.
        what: what is measured, in which unit.
        figure: median of our turns; None where nothing was measured.
        against: median of what it is held beside; None where the goal is the figure's own.
        ratio: median of the turns' ratios of the two.
        spread: smallest and largest of what the goal is about (figure, ratio or difference), one per turn.
        goal: in words.
        verdict: see ``Target.row``.
        reason: why it was not measured, or what else has to be known to read it.
        turns: how many there were.
        run: the run that it is from, see ``record.Run``.
        points: of a row about growth, how size, seconds and megabytes go together.
    """

    name: str
    path: str
    what: str
    goal: str
    verdict: Verdict
    figure: float | None = None
    against: float | None = None
    against_what: str = ""
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    reason: str = ""
    turns: int = 0
    run: str = ""
    points: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Target:
    """What a row has to reach.

    Attributes:
        limit: of the figure itself, its ratio to what stands beside it, or the difference of the two, see ``held``.
        at_most: whether less is better.
        unit: of the figure, with what it is counted per.
        beside: what is measured in turns with it; empty where ``held`` is ``figure``.
    """

    name: str
    path: str
    what: str
    limit: float
    at_most: bool
    unit: str
    held: Held = "ratio"
    beside: str = ""

    @property
    def goal(self) -> str:
        side = "at most" if self.at_most else "at least"
        if self.held == "ratio":
            return f"{side} {self.limit:g} x"
        more = f" {self.unit}" if self.unit else ""
        return f"{side} {self.limit:g}{more}" + (" more" if self.held == "difference" else "")

    def row(self, ours: Sequence[float], theirs: Sequence[float] = (), reason: str = "") -> Row:
        """Judge the turns: medians of both sides, and the median of what each turn says of the goal.

        Args:
            ours: one figure per turn.
            theirs: of the same turns, what stands beside it.
            reason: what else has to be known.

        Raises:
            ValueError: there is no turn, or not as many of both.
        """
        if not ours or ((theirs or self.held != "figure") and len(theirs) != len(ours)):
            raise ValueError(f"{self.name}: {len(ours)} turns of ours, {len(theirs)} of what stands beside")
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=False)]
        differences = [mine - other for mine, other in zip(ours, theirs, strict=False)]
        shown = {"figure": list(ours), "ratio": ratios, "difference": differences}[self.held]
        middle = statistics.median(shown)
        reached = middle <= self.limit if self.at_most else middle >= self.limit
        return Row(
            self.name,
            self.path,
            f"{self.what}, {self.unit}" if self.unit else self.what,
            self.goal,
            "reached" if reached else "not reached",
            figure=statistics.median(ours),
            against=statistics.median(theirs) if theirs else None,
            against_what=self.beside,
            ratio=statistics.median(ratios) if ratios else None,
            spread=(min(shown), max(shown)),
            reason=reason,
            turns=len(ours),
        )

    def missed(self, reason: str, verdict: Verdict = "not measured") -> Row:
        """Without figures: not measured, or not reached because it did not even end."""
        what = f"{self.what}, {self.unit}" if self.unit else self.what
        return Row(self.name, self.path, what, self.goal, verdict, against_what=self.beside, reason=reason)
