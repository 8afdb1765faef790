"""`python -m tests.matrix`: try every fault, write docs/fault-matrix.md and .json; `--check` compares with them instead.

`--full` tries the faults at full strength only and needs no table. `--served` tries them on a service that is there already,
with all quirks, and writes docs/fault-matrix-served.md and .json.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import matrix_served
import matrix_served_table
import matrix_table
import matrix_world
from matrix_broken import BrokenFaultError
from matrix_catalogue import FAULTS
from matrix_hunt import again, complaint, hunt
from matrix_runner import Bench, Job, Run, Seen, one
from matrix_served_table import differences, row_of
from matrix_weaken import WEAKER


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument(
        "faults",
        nargs="*",
        choices=[[], *(fault.name for fault in FAULTS)],
        metavar="fault",
        help="these instead of all; the other rows stay",
    )
    parser.add_argument("--check", action="store_true", help="compare with the table, write nothing")
    parser.add_argument("--full", action="store_true", help="at full strength only, against the catalogue")
    parser.add_argument("--served", action="store_true", help="on a served stand-in with all quirks")
    parser.add_argument(
        "--weaken", choices=WEAKER, default="", help="weaken a check first, which must be noticed"
    )
    return parser.parse_args()


def main() -> int:
    """Return 0 when all is as it should be, 1 when a check does not do its part, 2 when a fault itself is broken."""
    asked, began = options(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="recsim-matrix-") as scratch:
        bench = bench_for(Path(scratch), served=asked.served)
        times = matrix_served.HEALTHY if asked.served else 1
        for seen in bench.all([one(Run(weaken=asked.weaken, served=asked.served)) for _ in range(times)]):
            must_be_green(seen)
        results = bench.all(jobs(asked))
    broken = [result for result in results if isinstance(result, BrokenFaultError)]
    if broken:
        wrong = []  # nothing can be said before the faults are mended, and nothing is written
    elif asked.full or asked.check:
        wrong = [sentence for found in results for sentence in found]
    else:
        wrong = written(results, SERVED if asked.served else EMBEDDED)
    for sentence in [*(f"BROKEN {fault}" for fault in broken), *(f"WRONG {sentence}" for sentence in wrong)]:
        print(sentence)
    took, used = time.monotonic() - began, bench.cpu_seconds
    print(f"{len(broken)} broken, {len(wrong)} wrong, {took:.0f} s, {used:.0f} s of processor time")
    return 2 if broken else 1 if wrong else 0


def bench_for(scratch: Path, *, served: bool) -> Bench:
    if not served:
        return Bench(scratch)
    return Bench(scratch, optional=matrix_served.OPTIONAL, at_once=matrix_served.AT_ONCE)


def must_be_green(healthy: Seen | BrokenFaultError) -> None:
    """End here if a service without a fault is not what it should be."""
    if isinstance(healthy, BrokenFaultError):
        sys.exit(str(healthy))
    if healthy.red:
        told = "\n".join(f"{name}: {healthy.sentences[name]}" for name in healthy.red)
        sys.exit(f"without any fault these are red:\n{told}")


def jobs(asked: argparse.Namespace) -> list[Job]:
    """What is to be tried, fault by fault."""
    chosen = [fault for fault in FAULTS if not asked.faults or fault.name in asked.faults]
    if asked.served and asked.check:
        rows = {row["fault"]: row for row in matrix_served_table.load()["faults"]}
        return [differences(fault, rows[fault.name]) for fault in chosen]
    if asked.served:
        return [row_of(fault) for fault in chosen]
    if asked.full:
        return [again(fault, {"weakest": fault.full}, asked.weaken) for fault in chosen]
    if asked.check:
        rows = {row["fault"]: row for row in matrix_table.load()["faults"]}
        return [again(fault, rows[fault.name], asked.weaken) for fault in chosen]
    return [hunt(fault) for fault in chosen]


class Table(NamedTuple):
    """Where rows are kept, and what can be wrong with one."""

    load: Callable[[], dict[str, Any]]
    save: Callable[[list[dict[str, Any]], dict[str, int]], None]
    complaint: Callable[[dict[str, Any]], str]


EMBEDDED = Table(matrix_table.load, matrix_table.save, complaint)
SERVED = Table(matrix_served_table.load, matrix_served_table.save, matrix_served_table.complaint)


def written(rows: list[dict[str, Any]], table: Table) -> list[str]:
    """Write a table, keeping the rows of faults that were not tried; return what is wrong with it."""
    found = {row["fault"]: row for row in rows}
    kept = {row["fault"]: row for row in table.load()["faults"]} if len(rows) < len(FAULTS) else {}
    everything = [(kept | found)[fault.name] for fault in FAULTS]
    table.save(everything, matrix_world.FACTS)
    return list(filter(None, map(table.complaint, everything)))


if __name__ == "__main__":
    sys.exit(main())
