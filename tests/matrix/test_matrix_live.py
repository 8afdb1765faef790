"""A part of the matrix against its table, and three weakened checks that it has to notice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
TRIED = (
    *("include-filter-leaks", "price-filter-rounds", "brand-filter-case-sensitive"),
    *("block-takes-others-along", "expired-rule-still-active", "pin-at-slot-2"),
    *("boost-moves-neighbours", "new-items-never-shown", "boost-update-ignored", "mmr-off"),
    *("list-of-somebody-else", "one-segment-destroyed", "new-users-get-one-category", "one-too-few"),
    *("stale-co-visitation", "unavailable-items-shown", "nondeterminism", "errors-that-pass", "nan-score"),
    *("fanout-cut", "created-after-ignored"),
)


def matrix(*words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RECS"))}
    command = [sys.executable, "-m", "tests.matrix", "--check", *words]
    return subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=1200)


def test_faults_of_every_kind_are_caught_as_the_table_says():
    ran = matrix(*TRIED)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 broken, 0 wrong" in ran.stdout


@pytest.mark.parametrize(
    ("check", "fault"),
    [("S1", "include-filter-leaks"), ("S5", "pin-at-slot-2"), ("contract", "duplicates")],
)
def test_a_weakened_check_is_noticed(check, fault):
    ran = matrix("--weaken", check, fault)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert f"WRONG {fault}: {check} does not notice it at full strength" in ran.stdout
