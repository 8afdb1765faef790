"""What the plugin costs a project that has it installed and does not use it."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.today import here
from benchmarks.watched import LEFT_OUT, quiet

STARTS = 3
VERSION = Target(
    "start-version", "shell", "`pytest --version` with the plugin installed, processor time", 30, at_most=True, unit="ms",
    held="difference", beside="without it",
)  # fmt: skip
LOADED = Target(
    "start-plugins", "shell", "`pytest --version --version`, which loads every plugin, processor time", 30, at_most=True,
    unit="ms", held="difference", beside="without it",
)  # fmt: skip
WORDS = {VERSION: ("--version",), LOADED: ("--version", "--version")}


def start_ms(folder: Path, *words: str) -> float:
    """The least processor time of several starts, which wait for nothing: a busy machine only makes it more."""
    times = []
    for _ in range(STARTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [str(here().python), "-m", "pytest", *LEFT_OUT, *words]
        subprocess.run(command, cwd=folder, env=dict(quiet()), capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    return min(times)


def measure(bench: Bench) -> Iterator[Row]:
    for target, words in WORDS.items():
        pairs = [
            (start_ms(bench.scratch, *words), start_ms(bench.scratch, *words, "-p", "no:recsim"))
            for _ in range(bench.repeat)
        ]
        yield target.row([mine for mine, _ in pairs], [without for _, without in pairs])


PART = Part("start", "pytest with the plugin only installed", (VERSION, LOADED), measure)
