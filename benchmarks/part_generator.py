"""The generator beside today's, each in a process of its own; and whether the same seed still gives the same bytes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.today import here
from benchmarks.watched import quiet

EVENTS, USERS, ITEMS = 50_000, 2_000, 1_000
SPEED = Target(
    "generator-speed", "generator", f"retail with {EVENTS:,} events", 8, at_most=False, unit="events per s",
    beside="today's",
)  # fmt: skip
BYTES = Target(
    "generator-bytes", "generator", "same bytes for the same seed, or another recipe version (1: so it is)", 1,
    at_most=False, unit="", held="figure",
)  # fmt: skip
SCRIPT = """
import hashlib, json, sys, time
from pytest_recsim.sources import generator
items, users, events = map(int, sys.argv[1:])
start = time.perf_counter()
made = generator.generate("retail", 1, items=items, users=users, events=events)
seconds = time.perf_counter() - start
text = json.dumps([made[name] for name in ("items", "users", "events")], sort_keys=True, default=list)
digest = hashlib.sha256(text.encode()).hexdigest()
version = getattr(generator, "MODEL_VERSION", None) or made["meta"].get("model_version")
print(json.dumps({"seconds": seconds, "digest": digest, "version": str(version)}))
"""


@dataclass(frozen=True)
class Made:
    """One world that was made."""

    seconds: float
    digest: str
    version: str


def made(python: Path) -> Made:
    words = [str(python), "-P", "-c", SCRIPT, str(ITEMS), str(USERS), str(EVENTS)]
    done = subprocess.run(words, env=dict(quiet()), capture_output=True, text=True, check=True)
    return Made(**json.loads(done.stdout))


def measure(bench: Bench) -> Iterator[Row]:
    today = bench.today()
    pairs = [(made(here().python), made(today.python)) for _ in range(bench.repeat)]
    yield SPEED.row([EVENTS / mine.seconds for mine, _ in pairs], [EVENTS / its.seconds for _, its in pairs])
    ours, theirs = pairs[0]
    again = all(mine.digest == ours.digest for mine, _ in pairs)
    told = (
        "the same bytes"
        if ours.digest == theirs.digest
        else f"recipe {theirs.version} then, {ours.version} now"
    )
    kept = ours.digest == theirs.digest or ours.version != theirs.version
    yield BYTES.row([float(again and kept)], reason=told)


PART = Part("generator", "synthetic customers", (SPEED, BYTES), measure)
