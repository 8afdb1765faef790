"""`python -m tests.matrix`: try every fault, write docs/fault-matrix.md and .json; `--check` compares with them instead.

`--full` tries the faults at full strength only and needs no table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import matrix_world
from matrix_broken import BrokenFaultError
from matrix_catalogue import FAULTS
from matrix_hunt import again, complaint, hunt
from matrix_runner import Bench, Job, Run, one
from matrix_table import load, save
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
    parser.add_argument(
        "--weaken", choices=WEAKER, default="", help="weaken a check first, which must be noticed"
    )
    return parser.parse_args()


def main() -> int:
    """Return 0 when all is as it should be, 1 when a check does not do its part, 2 when a fault itself is broken."""
    asked, began = options(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="recsim-matrix-") as scratch:
        bench = Bench(Path(scratch))
        (healthy,) = bench.all([one(Run(weaken=asked.weaken))])
        if isinstance(healthy, BrokenFaultError):
            sys.exit(str(healthy))
        if healthy.red:
            told = "\n".join(f"{name}: {healthy.sentences[name]}" for name in healthy.red)
            sys.exit(f"without any fault these are red:\n{told}")
        results = bench.all(jobs(asked))
    broken = [result for result in results if isinstance(result, BrokenFaultError)]
    if broken:
        wrong = []  # nothing can be said before the faults are mended, and nothing is written
    elif asked.full or asked.check:
        wrong = [sentence for found in results for sentence in found]
    else:
        wrong = written(results)
    for sentence in [*(f"BROKEN {fault}" for fault in broken), *(f"WRONG {sentence}" for sentence in wrong)]:
        print(sentence)
    took, used = time.monotonic() - began, bench.cpu_seconds
    print(f"{len(broken)} broken, {len(wrong)} wrong, {took:.0f} s, {used:.0f} s of processor time")
    return 2 if broken else 1 if wrong else 0


def jobs(asked: argparse.Namespace) -> list[Job]:
    """What is to be tried, fault by fault."""
    chosen = [fault for fault in FAULTS if not asked.faults or fault.name in asked.faults]
    if asked.full:
        return [again(fault, {"weakest": fault.full}, asked.weaken) for fault in chosen]
    if asked.check:
        rows = {row["fault"]: row for row in load()["faults"]}
        return [again(fault, rows[fault.name], asked.weaken) for fault in chosen]
    return [hunt(fault) for fault in chosen]


def written(rows: list[dict[str, Any]]) -> list[str]:
    """Write the table, keeping the rows of faults that were not tried; return what is wrong with it."""
    found = {row["fault"]: row for row in rows}
    kept = {row["fault"]: row for row in load()["faults"]} if len(rows) < len(FAULTS) else {}
    table = [(kept | found)[fault.name] for fault in FAULTS]
    save(table, matrix_world.FACTS)
    return list(filter(None, map(complaint, table)))


if __name__ == "__main__":
    sys.exit(main())
