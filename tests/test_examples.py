"""Property tests try the same examples in every run, unless somebody asks for others."""

from __future__ import annotations

import sys

from fuzzing import ASKED, for_all
from hypothesis import settings
from hypothesis import strategies as st


def tried() -> list[str]:
    found: list[str] = []
    for_all(100, st.text(), found.append)
    return found


def test_examples_do_not_depend_on_what_else_has_been_loaded(tmp_path, monkeypatch):
    """Hypothesis would try words that it finds in our own code: other ones with every edit and every order of tests."""
    before = tried()
    words = [f"odd-{number}" for number in range(500)]
    (tmp_path / "odd_words.py").write_text(f"WORDS = {words!r}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "odd_words", raising=False)
    import odd_words

    assert len(odd_words.WORDS) == 500
    assert (tried() == before) == (not ASKED)


def test_a_property_test_without_a_size_of_its_own_tries_the_same_too():
    assert (settings().derandomize, settings().deadline) == (not ASKED, None)
