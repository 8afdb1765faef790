"""Commands that are run and watched: wall time, processor time, and the memory of all their processes."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rows import NotMeasured

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY_S = 0.25
DEVELOPERS = ("anyio", "hypothesispytest", "randomly", "schemathesis")
LEFT_OUT = tuple(word for name in DEVELOPERS for word in ("-p", f"no:{name}"))
"""Plugins that only this project's own tests need."""


@dataclass(frozen=True)
class Watched:
    """One finished command.

    Attributes:
        seconds: wall time.
        own_mb: highest resident memory of its first process.
        all_mb: of it and all that it started, together.
        cpu_s: processor seconds of all.
    """

    seconds: float
    own_mb: float
    all_mb: float
    cpu_s: float


def watch(
    words: Sequence[str], folder: Path, *, accept: tuple[int, ...] = (0, 1), most_s: float = 900
) -> Watched:
    """Run the command to its end.

    Raises:
        NotMeasured: it ended otherwise, or not within ``most_s`` seconds.
    """
    output, began = folder / "output.txt", time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with output.open("wb") as file:
        process = subprocess.Popen(words, cwd=folder, env=quiet(), stdout=file, stderr=subprocess.STDOUT)
        memory = _Memory(process.pid)
        memory.start()
        try:
            code = process.wait(most_s)
        except subprocess.TimeoutExpired:
            _end(process)
            raise NotMeasured(f"did not end within {most_s:g} s") from None
        finally:
            seconds = time.perf_counter() - began
            memory.over.set()
            memory.join()
    if code not in accept:
        said = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise NotMeasured(f"a run ended with {code}: {said[-1][:200] if said else ''}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Watched(seconds, memory.own, memory.all, cpu)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()  # what comes next shall not be measured beside it
        process.wait()


class _Memory(threading.Thread):
    """Looks at /proc until told that the command is over."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self.own, self.all, self.over = pid, 0.0, 0.0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(EVERY_S):
            self.own = max(self.own, resident(self._pid))
            self.all = max(self.all, sum(map(resident, family(self._pid))))


def parents() -> dict[int, int]:
    """Every process and who started it."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    known, found = parents(), [pid]
    for one in found:
        found += [child for child, parent in known.items() if parent == one]
    return found


def resident(pid: int) -> float:
    """Megabytes in memory; 0 for a process that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
    except OSError:
        return 0.0


def highest() -> float:
    """Megabytes that this process had in memory at most.

    That is no ``ru_maxrss``: Linux hands that on over fork and exec, so that a child of a large process never has less than it.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def quiet() -> Mapping[str, str]:
    """The environment without anybody's options for pytest, a service, or Python's own cache of compiled modules."""
    left_out = ("PYTEST", "RECS", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
