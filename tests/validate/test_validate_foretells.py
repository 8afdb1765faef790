"""What is foretold comes true: whatever is said for sure of a check, a run on the stand-in says too."""

from __future__ import annotations

import pytest
from foretold_run import held
from foretold_sets import SETS

FEW = (
    "retail-1",
    "no-tags",
    "catalogue-4",
    "very-few-users",
    "one-segment-blind",
    "short-lists",
    "nothing-available",
)


@pytest.mark.long
@pytest.mark.parametrize("name", FEW)
def test_what_is_said_for_sure_comes_true(name, tmp_path):
    found = held(SETS[name], tmp_path)
    assert found.foretold.keys() == found.outcomes.keys()
    assert found.unlike == []
    assert len(found.open) <= len(found.foretold) / 2
