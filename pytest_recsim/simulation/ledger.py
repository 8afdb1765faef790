"""What one process asked, saw and waited for; the controller adds up the ledgers of all processes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.service.tally import Tally
from pytest_recsim.service.violations import WatchSummary


class Entry(msgspec.Struct, frozen=True):
    """One process's ledger on disk."""

    tally: dict[str, Any]
    watch: WatchSummary | None
    waits: list[tuple[str, float]]
    written: float


@dataclass
class Ledger:
    """Writes one file per process, replaced after every check, so that a killed worker's counts survive."""

    path: Path
    waits: list[tuple[str, float]] = field(default_factory=list)

    def waited(self, surface: str, seconds: float) -> None:
        """Note how long a change of rules took to show."""
        self.waits.append((surface, round(seconds, 4)))

    def write(self, tally: Tally, watch: WatchSummary | None, written: float) -> None:
        entry = Entry(tally.to_json(), watch, self.waits, written)
        write_atomic(self.path, msgspec.json.encode(entry))


def entries(folder: Path) -> list[Entry]:
    """Read every process's ledger of one simulation."""
    return [
        msgspec.json.decode(path.read_bytes(), type=Entry) for path in sorted(folder.glob("ledger-*.json"))
    ]


def total_tally(found: Iterable[Entry]) -> Tally:
    total = Tally()
    for entry in found:
        total.add(Tally.from_json(entry.tally))
    return total
