"""How far a worker is, as a file that the controller reads: a worker has no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pytest_recsim.clock import wall
from pytest_recsim.pace import BEAT_S, Step
from pytest_recsim.record.jsonio import write_atomic

FRESH_S = 6 * BEAT_S
"""A note that is older is of a worker that died."""


class Note(msgspec.Struct, frozen=True):
    """What a file holds."""

    step: Step
    written: float


@dataclass(frozen=True)
class Notes:
    """One worker's file; a run goes on where it cannot be written.

    Attributes:
        folder: that all processes of the run share.
        worker: its name.
    """

    folder: Path
    worker: str

    def __call__(self, step: Step) -> None:
        path = self.folder / f"pace-{self.worker}.json"
        with suppress(OSError):
            if step.over:
                path.unlink(missing_ok=True)
            else:
                write_atomic(path, msgspec.json.encode(Note(step, wall())))


def noted(folder: Path) -> Iterator[Step]:
    """Yield what workers are at."""
    for path in sorted(folder.glob("pace-*.json")):
        with suppress(OSError, msgspec.DecodeError):
            note = msgspec.json.decode(path.read_bytes(), type=Note)
            if wall() - note.written < FRESH_S:
                yield note.step
