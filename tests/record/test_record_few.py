"""Names in a sentence: the first few, and how many more."""

from __future__ import annotations

import pytest

from pytest_recsim.record.few import first_few


@pytest.mark.parametrize(
    ("things", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        (["a", "b", "c"], "a, b and 1 more"),
        ([1, 2, 3, 4], "1, 2 and 2 more"),
    ],
)
def test_the_first_few_are_named_and_the_others_counted(things, said):
    assert first_few(things, 2) == said


def test_what_stands_between_them_may_be_chosen():
    assert first_few(["a", "b", "c"], 2, "; ") == "a; b and 1 more"
