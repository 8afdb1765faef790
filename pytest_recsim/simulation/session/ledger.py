"""What one process asked, saw and waited for; the controller adds up the ledgers of all processes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.metadata import CheckCost
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.watch.violations import WatchSummary

_SERIAL = count()


class Entry(msgspec.Struct, frozen=True):
    """One process's ledger on disk."""

    tally: dict[str, Any]
    watch: WatchSummary | None
    waits: list[tuple[str, float]]
    written: float
    costs: list[CheckCost] = []


@dataclass
class Ledger:
    """Writes one file per process, replaced after every check, so that a killed worker's counts survive.

    A process may open the same simulation again, and both ledgers count; so do those of forked processes.
    """

    folder: Path
    waits: list[tuple[str, float]] = field(default_factory=list)
    serial: int = field(default_factory=lambda: next(_SERIAL))
    costs: list[CheckCost] = field(default_factory=list)

    def waited(self, surface: str, seconds: float) -> None:
        """Note how long a change of rules took to show."""
        self.waits.append((surface, round(seconds, 4)))

    def write(
        self, tally: Tally, watch: WatchSummary | None, written: float, so_far: CheckCost | None = None
    ) -> None:
        """Write it; ``so_far`` is what a check that still goes on has cost."""
        costs = [*self.costs, *([so_far] if so_far is not None else [])]
        entry = Entry(tally.to_json(), watch, self.waits, written, costs)
        write_atomic(self.folder / f"ledger-{os.getpid()}-{self.serial}.json", msgspec.json.encode(entry))


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


def costs_by_check(found: Iterable[Entry]) -> tuple[CheckCost, ...]:
    """Add up what each check cost in all processes, repeated attempts at a check included; the dearest first."""
    total: dict[tuple[str, str], CheckCost] = {}
    for cost in (cost for entry in found for cost in entry.costs if cost.requests):
        before = total.get((cost.check, cost.case))
        total[cost.check, cost.case] = cost if before is None else _sum(before, cost)
    return tuple(sorted(total.values(), key=lambda one: (-one.requests, one.check, one.case)))


def _sum(one: CheckCost, other: CheckCost) -> CheckCost:
    return replace(
        one,
        requests=one.requests + other.requests,
        recommendations=one.recommendations + other.recommendations,
    )
