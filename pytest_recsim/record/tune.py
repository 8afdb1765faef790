"""A tuning study: what was tried, what it measured, and what the untouched part of the data says of the winner."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from pytest_recsim.record.jsonio import SCHEMA_VERSION, Document, write_json
from pytest_recsim.record.reading import Unreadable, read_record
from pytest_recsim.record.trial import Dimension, Gain, Goal, Measured, Trial

NAME = "study.json"
PREFIX = "tune_"
"""What the names of studies' folders begin with; they lie beside the runs of their customer."""


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


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What has to hold, for the winner on both slices.

    ``check`` and ``case`` as in ``Held``; ``tuning`` and ``verdict`` are its values there. ``by``: by how much its margin is another one on
    the verdict slice, in the value's unit, below 0 where it holds better there.
    """

    check: str
    case: str
    label: str
    tuning: float
    verdict: float
    by: float


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What other customers' studies let expect of the way from the tuning slice to a run.

    Attributes:
        check, case: as in ``Held``; an empty case stands for every segment that has no line of its own.
        seen: mean of ``Moved.by`` over studies, in the value's unit.
        error: its standard error.
        spread: standard deviation over studies of what is left to chance when ``stays`` of the tuning slice's figure is expected to stay.
        n: how many studies it is the mean of.
        by: what is expected here, in the value's unit.
        stays: of a difference on the tuning slice between customers, the share that is there on the verdict slice as well, 0 to 1.
        here: mean of the values that the sets from elsewhere, which are tried first, have on this tuning slice; null before they were, or of too few.
        there: the same sets' mean on the verdict slices that they come from.
    """

    check: str
    case: str
    seen: float
    error: float
    spread: float
    n: int
    by: float
    stays: float = 1.0
    here: float | None = None
    there: float | None = None


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What a study knows from those of other customers.

    Attributes:
        studies: their folders.
        sets: what went to the verdict slice there, as values of this space; tried first.
        there: of each set, what has to hold on both slices there; nothing of one that could not be laid into this space as it was.
        expected: how margins move from the tuning slice to a run; empty where studies are too few to say.
    """

    studies: tuple[str, ...]
    sets: tuple[dict[str, str], ...] = ()
    there: tuple[tuple[Moved, ...], ...] = ()
    expected: tuple[Expected, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the untouched slice says of the winner.

    Attributes:
        decision: ``change`` to the winner's knobs or ``keep`` the starting profile.
        sentence: why.
        looks: how many studies have looked at this verdict slice, this one included.
        suites: whole runs of the start and the winner there.
        gains: the winner's against the start's, paired.
        optimism: promised against shown.
        moved: what has to hold, promised against shown.
    """

    decision: Literal["change", "keep"]
    sentence: str
    looks: int
    suites: tuple[Suite, ...] = ()
    gains: tuple[Gain, ...] = ()
    optimism: tuple[Optimism, ...] = ()
    moved: tuple[Moved, ...] = ()


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
        data_sha256: digest of the data set; empty in studies of earlier versions.
        learned: what it knows from other customers' studies, null for nothing.
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
    data_sha256: str = ""
    learned: Learned | None = None

    @property
    def expected(self) -> tuple[Expected, ...]:
        """How margins move from the tuning slice to a run; nothing where no other study told."""
        return self.learned.expected if self.learned else ()

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
