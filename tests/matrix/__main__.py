"""`python -m tests.matrix`: try every fault, write docs/fault-matrix.md and .json; `--check` compares with them instead."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import matrix_world
from matrix_catalogue import FAULTS, by_name
from matrix_hunt import again, complaint, hunt
from matrix_runner import Bench, Run, one
from matrix_table import load, save
from matrix_weaken import WEAKER


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("faults", nargs="*", help="these instead of all; the other rows stay")
    parser.add_argument("--check", action="store_true", help="compare with the table, write nothing")
    parser.add_argument(
        "--weaken", choices=WEAKER, default="", help="weaken a check first, which must be noticed"
    )
    return parser.parse_args()


def main() -> int:
    """Return 0 when every fault is caught by its check and nothing differs from the table (``--check``)."""
    asked, began = options(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="recsim-matrix-") as scratch:
        bench = Bench(Path(scratch))
        (healthy,) = bench.all([one(Run(weaken=asked.weaken))])
        if healthy.red:
            told = "\n".join(f"{name}: {healthy.sentences[name]}" for name in healthy.red)
            sys.exit(f"without any fault these are red:\n{told}")
        if asked.check:
            rows = {row["fault"]: row for row in load()["faults"]}
            names = asked.faults or list(rows)
            lists = bench.all([again(by_name(name), rows[name], asked.weaken) for name in names])
            wrong = [sentence for found in lists for sentence in found]
        else:
            chosen = [fault for fault in FAULTS if not asked.faults or fault.name in asked.faults]
            found = {row["fault"]: row for row in bench.all([hunt(fault) for fault in chosen])}
            before = {row["fault"]: row for row in load()["faults"]} if asked.faults else {}
            rows = [(before | found)[fault.name] for fault in FAULTS]
            save(rows, matrix_world.FACTS)
            wrong = list(filter(None, map(complaint, rows)))
    for sentence in wrong:
        print(f"WRONG {sentence}")
    print(f"{len(wrong)} wrong, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
