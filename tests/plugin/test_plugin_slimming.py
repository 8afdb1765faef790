"""What pytest keeps of the reports of a finished customer: smaller, and the same to everybody who shows it."""

from __future__ import annotations

import json

import pytest

from pytest_recsim.plugin.outcome import ATTRIBUTE
from pytest_recsim.plugin.slimming import Slimming

NODE = "scenarios/test_x.py::test_x[acme]"


def report(when):
    """A report as it arrives from a worker: nothing in it is shared with another."""
    told = {
        "nodeid": NODE,
        "location": ["scenarios/test_x.py", 3, "test_x[acme]"],
        "keywords": {"test_x[acme]": 1, "scenarios": 1},
        "outcome": "failed",
        "longrepr": "gini is 0.9, at most 0.5",
        "when": when,
        "user_properties": [["recsim.check", "gini"], ["recsim.outcome", "failed"]],
        "sections": [["Captured stdout call", "words"]],
        "duration": 0.25,
        ATTRIBUTE: '[{"simulation": "acme"}]',
    }
    one = pytest.TestReport(**json.loads(json.dumps(told)))
    one.user_properties = [tuple(pair) for pair in one.user_properties]
    return one


@pytest.fixture
def slimmed():
    def make(**how):
        reports = [report(when) for when in ("setup", "call", "teardown")]
        slimming = Slimming(**how)
        for one in reports:
            slimming.note(one)
        slimming.slim([NODE, "scenarios/test_x.py::test_never[acme]"])
        return reports

    return make


def test_everything_that_is_shown_at_the_end_stays_as_it_was(slimmed):
    for one in slimmed(payload=True):
        before = vars(report(one.when))
        del before[ATTRIBUTE]
        assert vars(one) == before


def test_words_that_several_reports_of_a_test_have_are_kept_once(slimmed):
    first, second, third = slimmed(payload=True)
    assert first.location is second.location is third.location
    assert {id(word) for word in first.keywords} == {id(word) for word in third.keywords}
    assert first.user_properties[0][1] is third.user_properties[0][1]


def test_what_another_plugin_reads_at_the_end_stays(slimmed):
    assert [getattr(one, ATTRIBUTE) for one in slimmed(payload=False)] == ['[{"simulation": "acme"}]'] * 3
