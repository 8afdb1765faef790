"""The customers on other versions of Python and pytest, without any other plugin."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping

from peers_model import FAILING, PASSING
from peers_play import Seen, play
from peers_run import WORKERS, XDIST, Bench, Row, compared

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PYTESTS = ("8.4.2", "9.2.0")
RUNS: tuple[tuple[str, tuple[str, ...]], ...] = ((PASSING, ()), (FAILING, ()), (PASSING, WORKERS))


def versions(bench: Bench) -> Iterator[Row]:
    """Return a row for every pair; without runs where that Python is not on this machine."""
    plain = bench.plain()
    for wanted in PYTHONS:
        python = interpreter(wanted)
        for pytest in PYTESTS:
            full, runs = (
                (wanted, []) if python is None else (python[1], _runs(bench, plain, python[0], pytest))
            )
            print(f"Python {full}, pytest {pytest}: {len(runs)} runs", flush=True)
            yield {"python": full, "pytest": pytest, "runs": runs}


def interpreter(wanted: str) -> tuple[str, str] | None:
    """Return path and full version of an interpreter on the path; None without one that starts."""
    found = shutil.which(f"python{wanted}")
    if found is None:
        return None
    ask = [found, "-c", "import platform, sys; print(sys.executable); print(platform.python_version())"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    path, version = done.stdout.split()
    return path, version


def _runs(bench: Bench, plain: Mapping[str, Seen], python: str, pytest: str) -> list[Row]:
    inside = bench.environment("versions", XDIST, pytest=pytest, python=python)
    shop = bench.scratch / "shop"
    runs = [compared(plain, customer, way, play(shop, inside, customer, way=way)) for customer, way in RUNS]
    bench.drop("versions")
    return runs


def odd(rows: list[Row]) -> list[str]:
    """Say where a version differs; no difference is expected of any."""
    return [
        f"Python {row['python']}, pytest {row['pytest']}, {run['customer']}: {[*run['differences'], *run['untrue']]}"
        for row in rows
        for run in row["runs"]
        if run["differences"] or run["untrue"]
    ]
