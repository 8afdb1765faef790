"""Every fault of the catalogue works on the stand-in of today, so that a rewrite of the stand-in shows soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from matrix_catalogue import FAULTS
from waiting import LIMIT_S

pytestmark = pytest.mark.long  # tries every fault at once, in a quarter of a minute
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What is wrong with each fault; in a process of its own, because faults cannot be switched off again."""
    path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "matrix_probe"]
    env = {**kept, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=5 * LIMIT_S, check=True)
    return json.loads(ran.stdout)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_what_the_stand_in_answers_and_never_fails_itself(fault, told):
    assert told[fault.name] == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("does nothing", "no answer differs from a healthy one"),
        ("fails when switched on", "AttributeError: module"),
        ("fails when asked", "IndexError: list index out of range (matrix_probe.py:"),
        ("asks what is refused", "RuntimeError: the stand-in refused what the fault asks"),
    ],
)
def test_a_fault_that_is_no_use_is_told_with_the_reason(name, said, told):
    assert told[name].startswith(said)
