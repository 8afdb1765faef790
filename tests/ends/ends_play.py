"""One run, ended at one moment, and what has to be true afterwards."""

from __future__ import annotations

import json
import random
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ends.ends_after import next_run, sweep
from ends.ends_place import CHANGING, POSTED
from ends.ends_strike import DIES, ENDED, ENDS, FULL, GONE, OTHER, SIGNALS, hold_still, strike

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from ends.ends_place import Place

MODES = ("env", "request", "admin", "env-file")
SHAPES = ("single", "-n 2", "batch")
PHASES = ("before the change", "while changing", "while measuring", "while putting back", "after its end")
"""Of a run that changes no configuration: before its record, (none), while measuring, while cleaning up, after its end."""
CHANGED = 10
BY_US = set(SIGNALS) - {"kill -9"}
"""Ends that we hear of; after the others xdist's workers may say what they think of them."""


@dataclass(frozen=True)
class Case:
    """One run of the series.

    Attributes:
        shape: one customer without and with two workers, or a batch of two.
        from_note: whether the moment is counted from the first change on (where there is none, from the first
            record), not from the start of the process.
        moment: when it is ended, as a share of the time that it would have taken from there.
        posted: whether an operator had posted a configuration before.
        seed: of whatever else is left to chance: which process, how long between two signals.
    """

    mode: str
    end: str
    shape: str
    from_note: bool
    moment: float
    posted: bool
    seed: int


@dataclass(frozen=True)
class Played:
    """What became of it.

    Attributes:
        phase: what the run was doing when it was ended.
        kept: ``original`` (and no note), or ``note`` (and one `recsim restore` made it so).
        wrong: what was not as it must be; empty when all was.
    """

    case: Case
    phase: str
    code: int
    kept: str
    wrong: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        return asdict(self.case) | {
            "phase": self.phase,
            "code": self.code,
            "kept": self.kept,
            "wrong": self.wrong,
        }


def read_row(row: dict[str, Any]) -> Played:
    """The inverse of ``Played.row``."""
    case = Case(**{name: row[name] for name in Case.__dataclass_fields__})
    return Played(case, row["phase"], row["code"], row["kept"], tuple(row["wrong"]))


def draw(runs: int, seed: int) -> list[Case]:
    """Every mode with every end and shape that it knows equally often, at moments drawn from the whole length of a run."""
    dice = random.Random(seed)
    kinds = [(mode, end) for end in ENDS for mode in MODES if mode != "env" or end not in (DIES, GONE)]
    cases = []
    for number in range(runs):
        mode, end = kinds[number % len(kinds)]
        shape = SHAPES[(number // len(kinds) + number) % len(SHAPES)]
        lives = end in SIGNALS or end in (OTHER, FULL)  # a service that dies loses what was posted by itself
        posted = mode in CHANGING and lives and dice.random() < 0.3
        begun = dice.random() < 0.75  # half of a short run is Python's start
        cases.append(Case(mode, end, shape, begun, dice.uniform(0.0, 1.05), posted, dice.randrange(10**6)))
    return cases


@dataclass(frozen=True)
class Usual:
    """Seconds of a run that nobody ends: until its first change, and altogether."""

    note_s: float
    whole_s: float


def usual(place: Place, mode: str, shape: str) -> Usual:
    """Let a run come to its end."""
    began = time.monotonic()
    run = place.begin(mode, shape)
    while not begun(place, mode) and run.poll() is None:
        time.sleep(0.002)
    note_s = time.monotonic() - began
    out, _ = run.communicate(timeout=240)
    if run.returncode or place.notes:
        raise SystemExit(f"a run that nobody ended ended with {run.returncode}: {out}")
    sweep(place)
    return Usual(note_s, time.monotonic() - began)


def begun(place: Place, mode: str) -> bool:
    """Whether the run has begun to change the service, or at least to keep a record."""
    return bool(place.notes) if mode in CHANGING else any(place.reports.glob("[!.]*/*/events.jsonl"))


def await_moment(place: Place, case: Case, run: subprocess.Popen[str], known: Usual) -> None:
    span = known.whole_s
    if case.from_note:
        span -= known.note_s
        while not begun(place, case.mode) and run.poll() is None:
            time.sleep(0.001)
    deadline = time.monotonic() + case.moment * span
    while time.monotonic() < deadline and run.poll() is None:
        time.sleep(0.005)


def play(place: Place, case: Case, known: Usual) -> Played:
    """Run, end it, and hold service and machine against what they were."""
    place.revive()
    document = place.config()
    assert document is not None
    if case.posted:
        place.post(document | POSTED)
        document = document | POSTED
    file = place.env_file.read_bytes()
    began = time.time()
    run = place.begin(case.mode, case.shape)
    await_moment(place, case, run, known)
    hold_still(run)  # else it would be further by the time that it is struck
    phase = phase_of(place, case.mode, run, began)
    strike(place, case.end, run, random.Random(case.seed))
    out, _ = run.communicate(timeout=240)
    place.make_room()
    place.revive()
    if phase == PHASES[2] and case.end in SIGNALS and "[100%]" in out and "Interrupt" not in out:
        phase = PHASES[3]  # every check had reported, so the end had begun by itself
    kept, wrong = judge(place, case, run.returncode, phase, document, file)
    if "Traceback" in out and case.end in BY_US and phase in PHASES[1:4]:
        wrong.append("a stack on the terminal")
    wrong += next_run(place, case.shape, case.mode)
    if wrong:
        wrong = [*wrong, out[-3000:]]
    if case.posted or wrong:
        mend(place, file)
    sweep(place)
    return Played(case, phase, run.returncode, kept, tuple(wrong))


def phase_of(place: Place, mode: str, run: subprocess.Popen[str], began: float) -> str:
    """Tell by the files what the run is doing."""
    if run.poll() is not None:
        return PHASES[4]
    records = place.reports.glob("[!.]*/*/simulation_metadata.json")
    mine = [path for path in records if path.stat().st_mtime >= began]
    ending = any(status_of(path) != "started" for path in mine)
    try:
        note = json.loads(place.notes[0].read_bytes())
    except (IndexError, FileNotFoundError):
        if ending:
            return PHASES[4] if mode in CHANGING else PHASES[3]
        return PHASES[2] if mine and mode not in CHANGING else PHASES[0]
    changed = note["confirmed"] if note["mode"] == "admin" else bool(note["posted"])
    return PHASES[3] if ending else PHASES[2] if changed else PHASES[1]


def status_of(record: Path) -> str:
    try:
        return str(json.loads(record.read_bytes())["status"])
    except ValueError:  # half of it is all that the disk had room for
        return "started"


def judge(
    place: Place, case: Case, code: int, phase: str, document: dict[str, Any], file: bytes
) -> tuple[str, list[str]]:
    """Original, or a note and one `recsim restore`; and the exit code says which."""
    wrong = []
    noted = bool(place.notes)
    at_once = {-number for number in SIGNALS.get(case.end, ())}
    allowed = ENDED[case.end] | {
        -number for number in SIGNALS.get(case.end, ())[1:]
    }  # these may come after the end
    if phase == PHASES[0]:  # Python itself was still starting
        allowed = allowed | at_once
    if phase in PHASES[3:]:  # the end had begun by itself, and what it says stands
        allowed = allowed | {0, 1}
    if phase == PHASES[4] or (
        phase == PHASES[3] and case.mode not in CHANGING
    ):  # Python takes a moment to end
        allowed = allowed | at_once
    if code not in allowed:
        wrong.append(f"ended with code {code}")
    if code == CHANGED and not noted:
        wrong.append("says that the service is changed, and there is no note")
    if noted and code not in (CHANGED, -9):
        wrong.append(f"left a note and ended with code {code}")
    if not noted:
        return "original", wrong + place.changes(document, file) + _copy(place)
    done = place.restore(case.mode)
    if done.code:
        wrong.append(f"recsim restore ended with {done.code}: {done.text}")
    if place.notes:
        wrong.append("the note is still there")
    return "note", wrong + place.changes(document, file) + _copy(place)


def _copy(place: Place) -> list[str]:
    return ["a copy of the env file is left"] if place.backup.exists() else []


def mend(place: Place, file: bytes) -> None:
    """Start the next run from a clean service, whatever this one left."""
    for path in [*place.notes, place.backup]:
        path.unlink(missing_ok=True)
    place.env_file.write_bytes(file)
    place.start()
