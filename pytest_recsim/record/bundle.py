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
from pytest_recsim.record.comparison import NAME as COMPARISON
from pytest_recsim.record.comparison import Comparison
from pytest_recsim.record.model import CheckResult, Key
from pytest_recsim.record.people import NAME as PEOPLE
from pytest_recsim.record.people import People
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.record.reading import Unreadable, decoded, read_bounded, read_record

QUALITY = "quality_metrics.json"


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
        """Remove the folder of a run that has not begun, and those above it that hold nothing else; no other folder."""
        if not self.events.is_file():
            return
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

    def write(self, name: str, value: jsonio.Writable) -> None:
        """Write ``artifacts/<name>``."""
        jsonio.write_json(self.artifacts / name, value)

    def files(self, but: str) -> list[str]:
        """Paths of everything in the folder, from there, without hidden files and the page that lists them."""
        found = (path for path in sorted(self.root.rglob("*")) if path.is_file())
        return [
            path.relative_to(self.root).as_posix()
            for path in found
            if path.name != but and not path.name.startswith(".")
        ]

    def results(self) -> list[CheckResult]:
        """Read events.jsonl; a last line cut short by a kill is left out, a repeated check counts last."""
        return self.told()[0]

    def told(self) -> tuple[list[CheckResult], list[int]]:
        """Return the results, and the numbers of the lines that are none; a last one without its end does not count."""
        found: dict[Key, CheckResult] = {}
        odd: list[int] = []
        data = read_bounded(self.events) if self.events.exists() else b""
        lines = data.split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                result: CheckResult = decoded(line, CheckResult)
            except Unreadable:
                if line.strip() and number < len(lines):
                    odd.append(number)
                continue
            found[result.key] = result
        return list(found.values()), odd

    def read_metadata(self) -> dict[str, Any]:
        document = read_record(self.metadata)
        return document if isinstance(document, dict) else {}

    def read_quality(self) -> QualityMetrics | None:
        """Return ``artifacts/quality_metrics.json``, None when the run did not get that far."""
        path = self.artifacts / QUALITY
        found: QualityMetrics | None = read_record(path, QualityMetrics) if path.exists() else None
        return found

    def read_people(self) -> People | None:
        """Return ``artifacts/people.json``; None where nobody asked for people, or it cannot be read."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            found: People = read_record(self.artifacts / PEOPLE, People)
            return found
        return None

    def read_comparison(self) -> Comparison | None:
        """Return ``artifacts/comparison.json``, None where nothing was compared."""
        path = self.artifacts / COMPARISON
        found: Comparison | None = read_record(path, Comparison) if path.exists() else None
        return found

    def read_artifact(self, name: str) -> dict[str, Any]:
        """Return ``artifacts/<name>`` as a dict, empty when the run did not get that far."""
        path = self.artifacts / name
        document = read_record(path) if path.exists() else {}
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
