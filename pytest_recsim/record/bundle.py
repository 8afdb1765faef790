"""The report folder of one simulation: opened first, appended to, closed last."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.record import jsonio
from pytest_recsim.record.model import CheckResult


@dataclass(frozen=True)
class Bundle:
    """Where one simulation's record lives. ``root`` exists from the moment the run starts."""

    root: Path

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def evidence(self) -> Path:
        return self.artifacts / "evidence"

    @property
    def events(self) -> Path:
        return self.root / "events.jsonl"

    @property
    def metadata(self) -> Path:
        return self.root / "simulation_metadata.json"

    def discard(self) -> None:
        """Remove the folder of a run that has not begun, and those above it that hold nothing else."""
        shutil.rmtree(self.root, ignore_errors=True)
        for folder in (self.root.parent, self.root.parent.parent):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def append(self, result: CheckResult) -> None:
        """Add one finished check to events.jsonl and flush it, so that a killed run keeps it.

        A line that the disk has no room for is taken out again: the next one must not be glued to its half.
        """
        with self.events.open("ab", buffering=0) as stream:
            before = stream.tell()
            line = jsonio.dumps(result) + b"\n"
            try:
                while line:
                    line = line[stream.write(line) :]
            except OSError:
                with contextlib.suppress(OSError):
                    stream.truncate(before)
                raise

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Write ``artifacts/<name>``."""
        jsonio.write_json(self.artifacts / name, value)

    def results(self) -> list[CheckResult]:
        """Read events.jsonl; a last line cut short by a kill is left out, a repeated check counts last."""
        found: dict[tuple[str, str, str], CheckResult] = {}
        if not self.events.exists():
            return []
        for line in self.events.read_bytes().splitlines():
            try:
                result = msgspec.json.decode(line, type=CheckResult)
            except msgspec.DecodeError:
                continue
            found[result.key] = result
        return list(found.values())

    def read_metadata(self) -> dict[str, Any]:
        document = msgspec.json.decode(self.metadata.read_bytes())
        return document if isinstance(document, dict) else {}

    def read_artifact(self, name: str) -> dict[str, Any]:
        """Return ``artifacts/<name>`` as a dict, empty when the run did not get that far."""
        path = self.artifacts / name
        document = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
        return document if isinstance(document, dict) else {}


def open_bundle(reports: Path, simulation: str, started: datetime) -> Bundle:
    """Create ``reports/<simulation>/<UTC time>/``; a second run in the same second gets ``-2``."""
    stamp = started.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    for attempt in range(1, 1000):
        root = reports / simulation / (stamp if attempt == 1 else f"{stamp}-{attempt}")
        try:
            root.mkdir(parents=True)
        except FileExistsError:
            continue
        bundle = Bundle(root)
        bundle.evidence.mkdir(parents=True)
        bundle.events.touch()
        return bundle
    raise FileExistsError(f"{reports / simulation}: a thousand runs started in the same second")
