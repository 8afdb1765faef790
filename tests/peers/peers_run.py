"""Every peer's runs against the plain ones: makes an environment, runs the customers in it, compares."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from fresh_env import make, wheel
from peers_compare import differences, untrue
from peers_model import CUSTOMERS, FAILING, PASSING, Peer
from peers_play import Seen, play

NEWEST = "9.2.0"
XDIST = "pytest-xdist"
WORKERS = ("-n", "2")
Row = dict[str, Any]


class Bench:
    """Scratch space with the project's wheel and what the plain runs left; ``keep`` gets what every run printed."""

    def __init__(self, scratch: Path, keep: Path | None = None) -> None:
        self.scratch = scratch
        self.keep = keep
        self._plain: dict[str, dict[str, Seen]] = {}

    @cached_property
    def wheel(self) -> Path:
        return wheel(self.scratch / "wheel")

    def environment(self, name: str, *packages: str, pytest: str = NEWEST, python: str = "") -> Path:
        wanted = (str(self.wheel), f"pytest=={pytest}", *packages)
        return make(self.scratch / name, wanted, python or sys.executable)

    def plain(self, pytest: str = NEWEST) -> Mapping[str, Seen]:
        """What every customer's run leaves when no other plugin is installed."""
        if pytest not in self._plain:
            name = f"plain-{pytest}"
            python = self.environment(name, pytest=pytest)
            shop = self.scratch / "shop"
            self._plain[pytest] = {customer: play(shop, python, customer) for customer in CUSTOMERS}
            self.drop(name)
        return self._plain[pytest]

    def drop(self, name: str) -> None:
        shutil.rmtree(self.scratch / name, ignore_errors=True)

    def row(self, peer: Peer) -> Row:
        """Run a peer's customers and return its row of the table."""
        pytest = peer.pytest or NEWEST
        plain = self.plain(pytest)
        xdist = (XDIST,) if peer.workers else ()
        python = self.environment(
            peer.name, f"{peer.name}=={peer.version}", *peer.more, *xdist, pytest=pytest
        )
        ways = ((), WORKERS) if peer.workers else ((),)
        runs = [
            compared(plain, customer, way, self._play(python, peer, customer, way))
            for way in ways
            for customer in peer.customers
        ]
        self.drop(peer.name)
        return {
            "name": peer.name,
            "version": peer.version,
            "words": list(peer.words),
            "pytest": pytest,
            "runs": runs,
        }

    def _play(self, python: Path, peer: Peer, customer: str, way: tuple[str, ...]) -> Seen:
        found = play(self.scratch / "shop", python, customer, peer, way)
        if self.keep:
            name = "-".join((peer.name, customer, *way)).replace(" ", "")
            (self.keep / f"{name}.txt").write_text(found.text)
        return found


def compared(plain: Mapping[str, Seen], customer: str, way: tuple[str, ...], seen: Seen) -> Row:
    """One run as the table keeps it."""
    ready = plain[PASSING].sentence.partition(":")[0] + ":"
    return {
        "customer": customer,
        "workers": bool(way),
        "code": seen.code,
        "status": seen.status,
        "results": len(seen.outcomes),
        "differences": list(differences(plain[customer], seen)),
        "untrue": list(untrue(plain[customer].outcomes, seen, ready)),
    }


def complaints(peer: Peer, row: Row) -> list[str]:
    """Say what the table cannot explain, and what must never be."""
    found = []
    for run in row["runs"]:
        where = f"{peer.key}, {run['customer']}{' -n 2' if run['workers'] else ''}"
        found += [f"{where}: {sentence}" for sentence in run["untrue"]]
        expected = peer.differs.get(run["customer"], ())
        if tuple(run["differences"]) != tuple(expected):
            found.append(f"{where}: differs by {run['differences']}, expected {list(expected)}")
    return found


def plain_facts(plain: Mapping[str, Seen]) -> Row:
    """What the page says of the plain runs."""
    passing, failing = plain[PASSING], plain[FAILING]
    return {
        "python": platform.python_version(),
        "pytest": NEWEST,
        "checks": len(passing.outcomes),
        "failing": sum(outcome == "failed" for outcome in failing.outcomes.values()),
        "sentences": {customer: seen.sentence for customer, seen in plain.items()},
    }
