"""What became of a customer's runs: the history with the report folders that no line tells of, and what a report shows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.history import NAME, Past, age, past_of, read_history
from pytest_recsim.record.jsonio import Document
from pytest_recsim.record.reading import read_record

MOST = 20
"""Runs that a report shows."""
FILE = "trend.json"


class Trend(Document, frozen=True, kw_only=True):
    """What a report shows of the runs before it.

    Attributes:
        runs: those whose numbers can be held against each other, oldest first, this one last; at most 20.
        left_out: why others are not among them -> how many.
        notices: what could not be read.
    """

    runs: tuple[Past, ...]
    left_out: dict[str, int]
    notices: tuple[str, ...] = ()


def read_trend(bundle: Bundle) -> Trend | None:
    """Return ``artifacts/trend.json``; None where there were no runs before, or it cannot be read."""
    with suppress(OSError, msgspec.DecodeError):
        found: Trend = read_record(bundle.artifacts / FILE, Trend)
        return found
    return None


def known(reports: Path, customer: str, simulations: Sequence[str]) -> tuple[list[Past], list[str]]:
    """Return a customer's runs, oldest first, and a sentence for everything that could not be read.

    Lines of the history come first, and stay when a report folder is gone. Folders that no line tells of (of runs that
    were killed, still go on, or were made before there was a history) are read themselves: nothing has to be rebuilt.

    ``simulations`` are the folders of the reports folder that may hold runs of this customer.
    """
    runs, odd = read_history(reports / customer / NAME)
    told = {run.bundle for run in runs}
    for root in _folders(reports, simulations):
        if f"{root.parent.name}/{root.name}" in told:
            continue
        try:
            run = past_of(Bundle(root))
        except (OSError, msgspec.DecodeError):
            odd.append(f"{root.parent.name}/{root.name}: no record that can be read")
            continue
        if run.customer == customer and run.status != "seeded":
            runs.append(run)
    return sorted(runs, key=age), odd


def _folders(reports: Path, simulations: Sequence[str]) -> Iterator[Path]:
    for name in dict.fromkeys(simulations):
        for path in sorted((reports / name).glob("*/simulation_metadata.json")):
            yield path.parent


def trend_of(run: Past, runs: Sequence[Past], notices: Sequence[str]) -> Trend:
    """Return what the report of one run shows, of all that are known."""
    left_out: Counter[str] = Counter()
    shown = [run]
    for one in reversed(runs):
        if one.run_id == run.run_id or age(one) > age(run):
            continue  # of the same batch, or made later: not before it
        if not one.ended:
            left_out["interrupted"] += 1
        elif whys := one.differs(run):
            left_out[whys[0]] += 1
        elif len(shown) < MOST:
            shown.append(one)
        else:
            left_out["longer ago"] += 1
    return Trend(runs=tuple(reversed(shown)), left_out=dict(left_out), notices=tuple(notices))
