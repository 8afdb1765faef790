"""What reports of tests amount to, known for as long as a late report may ask for it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_recsim.plugin.intake import LOST_WORKER, Intake
from pytest_recsim.plugin.junit import KnownTests
from pytest_recsim.plugin.outcome import ATTRIBUTE
from pytest_recsim.record.jsonio import dumps
from pytest_recsim.record.model import CheckResult

NODE = "scenarios/test_x.py::test_gini[acme]"


class Run:
    """A fleet as far as reports are taken in."""

    def __init__(self):
        self.added, self.notes = [], []

    def add(self, result, planned):
        self.added.append((result.outcome, planned()))
        return result

    def note(self, name, sentence):
        self.notes.append((name, sentence))


@pytest.fixture
def taken():
    """A run in which one check of acme has reported."""
    fleet, slimming = Run(), SimpleNamespace(note=lambda _: None, slim=lambda _: None)
    intake = Intake(fleet, lambda name: [name], slimming)
    intake.take(report("call", [result("passed")]))
    return intake, fleet


def result(outcome):
    return CheckResult(simulation="acme", check="gini", nodeid=NODE, outcome=outcome)


def report(when, attempts=()):
    one = pytest.TestReport(NODE, ("test_x.py", 1, "test_gini[acme]"), {}, "passed", None, "call")
    one.when = when
    if attempts:
        setattr(one, ATTRIBUTE, dumps(list(attempts)).decode())
    return one


def told(one):
    return dict(one.user_properties).get("recsim.outcome")


@pytest.mark.parametrize("gone", [False, True], ids=["unfinished", "finished"])
def test_a_worker_that_dies_after_a_check_has_reported_is_explained(taken, tmp_path, gone):
    intake, fleet = taken
    if gone:
        intake.let_go("acme", [NODE], tmp_path)
    intake.take(lost := report(LOST_WORKER))
    ((name, sentence),) = fleet.notes
    assert (name, told(lost)) == ("acme", "passed")
    assert sentence.startswith("a worker died right after gini had reported")


def test_a_report_of_a_finished_simulation_is_known_when_it_is_shown_again(taken, tmp_path):
    intake, fleet = taken
    intake.let_go("acme", [NODE], tmp_path)
    intake.take(report("call", [result("passed")]))
    assert fleet.added == [("passed", ["acme"])]
    assert intake.results("acme")[NODE].outcome == "passed"


def test_of_a_simulation_that_never_reported_nothing_is_known(taken, tmp_path):
    intake, _ = taken
    intake.let_go("beta", ["n"], tmp_path)
    assert intake.results("beta") == {}


def test_what_is_known_of_a_test_is_put_together_when_it_is_asked_for(taken):
    intake, _ = taken
    known = KnownTests({"acme": [NODE], "beta": ["n"]}, intake.results, {NODE: 1.5})
    assert list(known) == [NODE, "n"]
    assert (known[NODE].result.outcome, known[NODE].waited, known[NODE].simulation) == ("passed", 1.5, "acme")
    assert (len(known), known["n"].result, known["n"].waited) == (2, None, 0.0)
