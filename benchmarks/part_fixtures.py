"""Reading a million events from JSON lines and from Parquet: memory as events grow, and time beside polars' own reading."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.parts import Bench, Part
from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.today import ROOT
from benchmarks.watched import quiet
from benchmarks.worlds import world
from pytest_recsim.sources.writer import Form, write_bytes

EVENTS, FEWER, USERS, ITEMS = 1_000_000, 100_000, 20_000, 5_000
TIME = Target(
    "fixtures-time", "fixtures", f"{EVENTS:,} events from Parquet", 1.5, at_most=True, unit="s",
    beside="polars' own reading",
)  # fmt: skip
MEMORY = {
    form: Target(
        f"fixtures-memory-{form}", "fixtures", f"most memory for {EVENTS:,} events, {form}", 1.1, at_most=True,
        unit="MB", beside=f"for {FEWER:,}",
    )
    for form in ("jsonl", "parquet")
}  # fmt: skip
OURS = """
import polars
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.columns import columns
def reading(folder):
    columns(load_fixture(folder))
"""
POLARS = """
import polars
def reading(folder):
    for file in sorted(folder.glob("*.parquet")):
        frames.append(polars.read_parquet(file))
frames = []
"""
SCRIPT = """
import json, sys, time
from pathlib import Path
{reading}
start = time.perf_counter()
reading(Path(sys.argv[1]))
seconds = time.perf_counter() - start
sys.path.append(sys.argv[2])
from benchmarks.watched import highest
print(json.dumps([seconds, highest()]))
"""


def read(reading: str, folder: Path) -> tuple[float, float]:
    """Seconds without imports, and the most memory in MB, of a process of its own."""
    words = [sys.executable, "-P", "-c", SCRIPT.format(reading=reading), str(folder), str(ROOT)]
    done = subprocess.run(words, env=dict(quiet()), capture_output=True, text=True, check=True)
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def made(folder: Path, events: int, form: Form) -> Path:
    path = folder / f"{form}-{events}"
    write_bytes(msgspec.json.encode(world(ITEMS, USERS, events)), path, form=form)
    return path


def measure(bench: Bench) -> Iterator[Row]:
    if importlib.util.find_spec("polars") is None:
        raise NotMeasured("polars is not installed")
    forms: tuple[Form, ...] = ("jsonl", "parquet")
    for form in forms:
        big, small = made(bench.scratch, EVENTS, form), made(bench.scratch, FEWER, form)
        yield MEMORY[form].row([read(OURS, big)[1]], [read(OURS, small)[1]])
    pairs = [(read(OURS, big)[0], read(POLARS, big)[0]) for _ in range(bench.repeat)]
    yield TIME.row([mine for mine, _ in pairs], [its for _, its in pairs])


PART = Part("fixtures", "data sets from files", (*MEMORY.values(), TIME), measure)
