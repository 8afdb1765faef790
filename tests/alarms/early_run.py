"""Is a verdict of --recsim-stop-early wrong more often, and what does it save? Counts both on many customers.

    python tests/alarms/early_run.py [--worlds 200] [--out docs]

Writes `early.json` and the table of `stop-early.md`. 200 worlds take about five minutes of processor time.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from early_count import Counted, count_world
from early_page import fill, summary

from pytest_recsim.judge.verdict import Rule
from pytest_recsim.record.jsonio import write_json

ROOT = Path(__file__).parents[2]
RULES: dict[Rule, int] = {"point": 60_000, "confident": 10_000, "harmful": 10_000}
"""Users of a world at most; the other rules draw the users again, which takes its time."""


def rows(counted: Sequence[Counted], rule: Rule) -> list[dict[str, Any]]:
    """A row for the clear worlds, and one for the others."""
    return [
        {"rule": rule, **summary([one for one in counted if one.clear is clear], clear=clear)}
        for clear in (True, False)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    asked = parser.parse_args()
    found: list[dict[str, Any]] = []
    with ProcessPoolExecutor(asked.jobs) as pool:
        for rule, most in RULES.items():
            counted = list(pool.map(partial(count_world, rule=rule, most=most), range(asked.worlds)))
            found += rows(counted, rule)
    facts = {"worlds": asked.worlds, "rows": found}
    write_json(asked.out / "early.json", facts)
    page = asked.out / "stop-early.md"
    page.write_text(fill(page.read_text(encoding="utf-8"), facts), encoding="utf-8")


if __name__ == "__main__":
    main()
