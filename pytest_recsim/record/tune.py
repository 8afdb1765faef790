"""A tuning study: what was tried, what it measured, and what the untouched part of the data says of the winner."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import msgspec

from pytest_recsim.record.jsonio import SCHEMA_VERSION, Document, write_json
from pytest_recsim.record.reading import Unreadable, read_record

NAME = "study.json"
PREFIX = "tune_"
"""What the names of studies' folders begin with; they lie beside the runs of their customer."""
State = Literal["complete", "stopped", "failed"]
"""All users were asked; it was told early that it is no better; it could not be measured."""


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
        reason: why it could not be measured.
    """

    check: str
    case: str
    label: str
    threshold: float
    value: float | None = None
    margin: float | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        return self.margin is not None and self.margin <= 0


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
        goals: metric -> value; null where it could not be measured. Of fewer than all users it is an estimate: the start's
            value over all, plus the difference over those users.
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
        """By how much everything that must hold is missed, added up; infinite where something could not be measured."""
        if not self.held:
            return math.inf
        return sum(math.inf if one.margin is None else max(one.margin, 0.0) for one in self.held)

    def gain(self, metric: str, segment: str = "") -> Gain | None:
        """Return one gain, None where there is none."""
        return next((one for one in self.gains if (one.metric, one.segment) == (metric, segment)), None)


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


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the events in time: after ``after``, up to and with ``until`` (ISO, UTC; null for the open ends)."""

    name: Literal["seeded", "tuning", "verdict"]
    after: str | None
    until: str | None
    events: int
    users: int


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a knob did to the lists and the first goal.

    Attributes:
        importance: its share of what the goal owes to the knobs, 0 to 1; null where trials are too few to say.
        changed: largest share of lists that a value of it changed while all other knobs stayed; null where that was not tried.
        kind: ``matters``; ``dead``: it changes no list on this data; ``flat``: lists change and the goal does not; ``unknown``.
        sentence: the same for people, with what it rests on.
    """

    knob: str
    kind: Literal["matters", "dead", "flat", "unknown"]
    sentence: str
    importance: float | None = None
    changed: float | None = None


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run of the suite with one set of knobs.

    Attributes:
        who: ``start``, or the trial's number as text.
        slice: which slice was held out.
        run: its report folder, from the study's.
        ready: whether every check passed or was waived.
        verdict: its sentence.
        failing: the checks that failed or were not measured, with their cases.
        figures: metric -> value over everybody, null where not measured.
    """

    who: str
    slice: Literal["tuning", "verdict"]
    run: str
    ready: bool
    verdict: str
    failing: tuple[str, ...] = ()
    figures: dict[str, float | None] = {}


class Optimism(msgspec.Struct, frozen=True, kw_only=True):
    """A gain as the tuning slice promised it and as the verdict slice shows it."""

    metric: str
    segment: str
    promised: float | None
    shown: float | None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the untouched slice says of the winner.

    Attributes:
        decision: ``change`` to the winner's knobs or ``keep`` the starting profile.
        sentence: why.
        looks: how many studies have looked at this verdict slice, this one included.
        suites: whole runs of the start and the winner there.
        gains: the winner's against the start's, paired.
        optimism: promised against shown.
    """

    decision: Literal["change", "keep"]
    sentence: str
    looks: int
    suites: tuple[Suite, ...] = ()
    gains: tuple[Gain, ...] = ()
    optimism: tuple[Optimism, ...] = ()


class Study(Document, frozen=True, kw_only=True):
    """The whole file, rewritten after every trial.

    Attributes:
        status: ``running`` also after a kill, until somebody resumes it.
        customer, simulation, profile, service: what was tuned, from which profile, on what.
        sampler, seed, jobs, wanted: how; ``wanted`` trials.
        harm: most that a segment may lose against the start, as a share of its mean.
        space, left_out: the knobs that were tried; knobs that could not be, each with the reason.
        slices: seeded, tuning, verdict.
        start: the starting profile on the tuning slice, in full.
        finalists: suites on the tuning slice.
        winner: number of the trial that went to the verdict slice, null for none.
        requests: recommendation requests by what they were for, and ``total``.
        tuned: name of the profile that was written, null for none.
        command: what was typed; empty where a program asked.
    """

    status: Literal["running", "complete"]
    customer: str
    simulation: str
    profile: str
    service: str
    started_at: str
    sampler: str
    seed: int
    jobs: int
    wanted: int
    harm: float
    goals: tuple[Goal, ...]
    space: tuple[Dimension, ...]
    left_out: dict[str, str] = msgspec.field(default_factory=dict)
    slices: tuple[Slice, ...] = ()
    start: Measured | None = None
    trials: tuple[Trial, ...] = ()
    effects: tuple[Effect, ...] = ()
    finalists: tuple[Suite, ...] = ()
    winner: int | None = None
    verdict: Verdict | None = None
    requests: dict[str, int] = msgspec.field(default_factory=dict)
    seconds: float = 0.0
    tuned: str | None = None
    notes: tuple[str, ...] = ()
    command: str = ""

    def trial(self, number: int) -> Trial:
        """Return one trial.

        Raises:
            KeyError: there is none with this number.
        """
        for one in self.trials:
            if one.number == number:
                return one
        raise KeyError(number)


def write_study(folder: Path, study: Study) -> Path:
    """Write a study's file whole or not at all; return it.

    Raises:
        OSError: it cannot be written.
    """
    write_json(folder / NAME, study)
    return folder / NAME


def read_study(folder: Path) -> Study:
    """Return the study of a folder.

    Raises:
        OSError: it cannot be read.
        msgspec.DecodeError: it is damaged, or of a later version.
    """
    found: Study = read_record(folder / NAME, Study)
    if found.schema_version > SCHEMA_VERSION:
        raise Unreadable(f"schema_version {found.schema_version} is of a later pytest-recsim")
    return found
