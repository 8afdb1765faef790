"""What a trial tries, what has to hold, and what was measured of it."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

State = Literal["complete", "stopped", "failed"]
"""All users were asked; it was told early that it is no better; it could not be measured."""

FAR = 2.0
"""Standard errors. What is missed by more is out of reach, and may be so because this slice has less history, and less to find, than a run."""
BEYOND = 0.15
"""What each further standard error counts: enough to lead a search there, too little to pay for it with what is within reach."""
ALIKE = 0.5
"""Standard errors, of all that is expected to be missed together: what differs by less is told apart by the goal. A segment's number strays more
than everybody's, which says something of each segment, too."""
SAFE = 0.5
"""Standard errors by which everything together may be expected to be missed on other people: then the goal decides."""


def expected_excess(away: float) -> float:
    """Return the mean of what is above 0 of a normal distribution around ``away`` with standard deviation 1."""
    density = math.exp(-0.5 * away * away) / math.sqrt(2 * math.pi)
    return density + away * 0.5 * math.erfc(-away / math.sqrt(2))


def counted(missed: float) -> float:
    """Return what a miss by so many standard errors counts, beside others: what is out of reach does not drown the rest."""
    return missed if missed <= FAR else FAR + BEYOND * (missed - FAR)


class Dimension(msgspec.Struct, frozen=True, kw_only=True):
    """A knob and what is tried for it.

    Attributes:
        knob: its name.
        kind: what is drawn.
        low, high: its range, ends included; null for a choice.
        step: the grid of the range, null for none.
        log: whether its logarithm is drawn evenly.
        choices: the values of a choice, as a profile has them.
        start: the starting profile's value, as text; empty where it sets none.
        meaning: what the knob does, in words.
        travels: whether it reaches a service with each request, so that trials can share one.
    """

    knob: str
    kind: Literal["float", "int", "choice"]
    start: str
    travels: bool
    low: float | None = None
    high: float | None = None
    step: float | None = None
    log: bool = False
    choices: tuple[str, ...] = ()
    meaning: str = ""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is to become better; ``metric`` is its name, ``label`` how people read it."""

    metric: str
    label: str
    better: Literal["higher", "lower"] = "higher"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What must hold, and by how much it does.

    Attributes:
        check: the guardrail's check, or ``no_harm``: no segment may lose more than is allowed against the start.
        case: its segment, empty for everybody.
        label: how people read it.
        value: as measured (estimated, for a trial that was stopped); null where it could not be measured.
        threshold: in the value's unit.
        margin: at most 0 where it holds, in the value's unit; null where it could not be measured, which is never taken for holding.
        spread: standard error of the value over other people than these, in its unit; null where nothing is known of it.
        shift: by how much the margin is expected to be another one in a run, in the value's unit, below 0 for better; 0 where no other study told.
        reason: why it could not be measured.
    """

    check: str
    case: str
    label: str
    threshold: float
    value: float | None = None
    margin: float | None = None
    spread: float | None = None
    shift: float = 0.0
    reason: str = ""

    @property
    def expected(self) -> float | None:
        """The margin that a run is expected to have; null where it could not be measured."""
        return None if self.margin is None else self.margin + self.shift

    @property
    def holds(self) -> bool:
        return self.expected is not None and self.expected <= 0

    @property
    def scale(self) -> float:
        """What its margin is counted in: its spread, else a tenth of the threshold."""
        return self.spread or abs(self.threshold) / 10 or 0.1

    def expected_miss(self) -> float:
        """By how many spreads other people are expected to miss it, as ``counted``: near 0 only where it holds with slack.

        Returns:
            Infinity where it could not be measured.
        """
        if self.expected is None or not math.isfinite(self.expected):
            return math.inf
        away = self.expected / self.scale
        return counted(max(away, 0.0) if self.spread is None else expected_excess(away))


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """A mean over users against the start's over exactly the same users, with its 95 % paired interval.

    ``segment`` is empty for everybody; ``before`` is the start's. ``low`` and ``high`` are null where too few users moved to say.
    """

    metric: str
    segment: str
    n: int
    before: float
    now: float
    difference: float
    low: float | None = None
    high: float | None = None


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one set of knobs showed on the tuning slice.

    Attributes:
        users: whose lists were looked at, the same first ones for every trial, out of ``of``.
        goals: metric -> value; null where it could not be measured. Of fewer than all users it is an estimate: the value over
            all of the best so far, plus the difference over those users.
        held: every guardrail and ``no_harm``.
        gains: against the start.
        changed: share of the lists that are not the start's, items or order; null without lists.
        asked: recommendation requests sent for it; ``shared`` were answered before, by an equal question.
        seconds: wall time.
    """

    users: int
    of: int
    goals: dict[str, float | None]
    held: tuple[Held, ...]
    gains: tuple[Gain, ...] = ()
    changed: float | None = None
    asked: int = 0
    shared: int = 0
    seconds: float = 0.0

    @property
    def feasible(self) -> bool:
        """Whether everything that must hold was measured and holds."""
        return bool(self.held) and all(one.holds for one in self.held)

    @property
    def missed(self) -> float:
        """What must hold, and is expected to be missed by other people, as ``counted``, added up; infinite where something was not measured."""
        return sum(one.expected_miss() for one in self.held) if self.held else math.inf

    def gain(self, metric: str, segment: str = "") -> Gain | None:
        """Return one gain, None where there is none."""
        return next((one for one in self.gains if (one.metric, one.segment) == (metric, segment)), None)


def missed_by(measured: Measured | None) -> float:
    """Return what was missed, infinity where nothing was measured."""
    return math.inf if measured is None else measured.missed


def risk_of(measured: Measured | None) -> float:
    """Return what was missed, 0 where that is little enough for the goal to decide."""
    missed = missed_by(measured)
    return 0.0 if missed <= SAFE else missed


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One set of knobs that was tried; ``values`` are as in a profile, ``reason`` says why it was stopped or failed."""

    number: int
    values: dict[str, str]
    state: State
    measured: Measured | None = None
    reason: str = ""

    @property
    def recommendable(self) -> bool:
        """Whether it may be recommended as far as the tuning slice goes: measured in full, and everything holds."""
        return self.state == "complete" and self.measured is not None and self.measured.feasible
