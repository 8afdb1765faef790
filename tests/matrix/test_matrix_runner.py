"""What comes of a run whose fault fails itself."""

from __future__ import annotations

import os

import pytest
from matrix_broken import BrokenFaultError
from matrix_runner import Bench, Run, one


@pytest.fixture
def after(tmp_path, monkeypatch):
    """What comes of a run that does nothing but leave a file."""

    def result_after(name: str, text: str) -> object:
        def fork(_: Bench, run: Run, place) -> int:
            place.joinpath(name).write_text(text)
            return os.posix_spawn("/bin/true", ["true"], {})

        monkeypatch.setattr(Bench, "_fork", fork)
        (result,) = Bench(tmp_path).all([one(Run("pin-ignored", 0.3))])
        return result

    return result_after


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("broken.txt", "TypeError: no such ranking", "TypeError: no such ranking"),
        ("out.txt", "no port is free", "its run left no bundle, exit code 0: no port is free"),
    ],
)
def test_a_fault_that_fails_itself_is_named_and_is_neither_caught_nor_missed(
    after, name, text, reason, capsys
):
    result = after(name, text)
    assert isinstance(result, BrokenFaultError)
    assert str(result) == f"pin-ignored at strength 0.3 says nothing about the suite: {reason}"
    assert capsys.readouterr().out == f"{result}\n"
