"""What comes of a run whose fault fails itself."""

from __future__ import annotations

import os

import pytest
from matrix_broken import BrokenFaultError
from matrix_runner import Bench, Run, one


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A bench whose runs do nothing but leave the note of a fault's own error."""

    def fork(_: Bench, run: Run, place) -> int:
        place.joinpath("broken.txt").write_text(f"TypeError: no such ranking ({run.fault})")
        return os.posix_spawn("/bin/true", ["true"], {})

    monkeypatch.setattr(Bench, "_fork", fork)
    return Bench(tmp_path)


def test_a_fault_that_fails_itself_is_named_and_is_neither_caught_nor_missed(bench):
    heard: list[str] = []
    (result,) = bench.all([one(Run("pin-ignored", 0.3))], heard.append)
    assert isinstance(result, BrokenFaultError)
    said = "pin-ignored itself is broken at strength 0.3: TypeError: no such ranking (pin-ignored)"
    assert heard == [str(result)] == [said]
