"""Where the shape of `Shop` comes from: what customer_a's users got from the stand-in, reduced to four numbers each.

    python tests/alarms/curves_shape.py

Runs customer_a once, with an own scenario that keeps the numbers, and writes `shape_customer_a.json` beside this file.
To be repeated when customer_a's fixture or profile changes, before curves_run.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from pytest_recsim.judge.ranking import gains
from pytest_recsim.simulation.measure import lifts, rivals
from pytest_recsim.simulation.truth.slates import observed

HERE = Path(__file__).parent
SHAPE = HERE / "shape_customer_a.json"
WHAT = (
    "customer_a, profile customer_a, stand-in, relevance unseen: NDCG@10 and MRR@10 of every user's list and of the "
    "popularity baseline, in thousandths; users whose four values are 0 are only counted"
)
SCENARIO = """
import sys
sys.path.insert(0, {here!r})
from curves_shape import keep
def test_shape(sim, check):
    keep(sim, {out!r})
    check.that("kept", True, expected="kept", got="kept")
"""


def keep(sim, out):
    """Write the shape of one simulation to a file."""
    table = observed(sim.world, list(sim.lists.values()))
    relevance = table.relevance("unseen")
    both = (table.lists, rivals.rivals_of(table).popular)
    pair = [lifts.ndcg_and_mrr(gains(lists, relevance), relevance) for lists in both]
    values = np.hstack(pair)
    rows = np.rint(1000 * values[~np.isnan(values).any(axis=1)]).astype(int)
    hit = rows[rows.any(axis=1)]
    hit = hit[np.lexsort(hit.T[::-1])]
    document = {"what": WHAT, "zero_users": len(rows) - len(hit), "rows": hit.tolist()}
    text = json.dumps(document, separators=(",", ":")).replace("],[", "],\n[")
    Path(out).write_text(text + "\n", encoding="utf-8")


def measure(out: Path) -> None:
    """Run customer_a and write its shape to ``out``."""
    fixture = HERE.parents[1] / "fixtures" / "customers" / "customer_a.json"
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "scenarios").mkdir()
        text = SCENARIO.format(here=str(HERE), out=str(out))
        (Path(scratch) / "scenarios" / "test_shape.py").write_text(text, encoding="utf-8")
        options = ("--customer", "customer-a", f"--fixture-path={fixture}", "--env-profile", "customer_a")
        command = (
            sys.executable,
            "-m",
            "pytest",
            *options,
            "-q",
            "-k",
            "test_shape",
            "-p",
            "no:cacheprovider",
        )
        subprocess.run(command, cwd=scratch, check=True)


if __name__ == "__main__":
    measure(SHAPE)
