"""Warnings are errors in our own tests, and only there."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]


def test_a_warning_fails_our_own_tests() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


@pytest.mark.long
def test_a_warning_of_another_plugin_does_not_end_a_customers_run_in_a_clone(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text(
        "import warnings\ndef pytest_sessionstart():\n    warnings.warn('old ways', DeprecationWarning)\n"
    )
    words = ["--customer", "customer-a", "--collect-only", "-q", "-p", "noisy", "-k", "S1"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=HERE,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
