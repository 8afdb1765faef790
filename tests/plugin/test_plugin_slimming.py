"""What pytest keeps of the reports of a finished customer: smaller, and the same to everybody who shows it."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from pytest_recsim.plugin import shelf
from pytest_recsim.plugin.outcome import ATTRIBUTE
from pytest_recsim.plugin.slimming import Slimming

NODE = "scenarios/test_x.py::test_x[acme]"


def report(when, **more):
    """A report as it arrives from a worker: nothing in it is shared with another."""
    told = {
        "nodeid": NODE,
        "location": ["scenarios/test_x.py", 3, "test_x[acme]"],
        "keywords": {"test_x[acme]": 1, "scenarios": 1},
        "outcome": "failed" if when == "call" else "passed",
        "longrepr": "gini is 0.9, at most 0.5",
        "when": when,
        "user_properties": [["recsim.check", "gini"], ["recsim.outcome", "failed"]],
        "sections": [["Captured stdout call", "words"]],
        "duration": 0.1 + 0.2,
        ATTRIBUTE: '[{"simulation": "acme"}]',
    }
    one = pytest.TestReport(**json.loads(json.dumps(told | more)))
    one.user_properties = [tuple(pair) for pair in one.user_properties]
    return one


class Terminal(pytest.TerminalReporter):
    def __init__(self, reports):
        self.stats = {
            "": [one for one in reports if one.passed],
            "failed": [one for one in reports if one.failed],
        }


@pytest.fixture
def slimmed(tmp_path):
    """Return a factory: reports -> what the terminal has of them once their customer is finished; options of pytest."""

    def make(*reports, style="progress", **option):
        terminal = Terminal(reports)
        config = SimpleNamespace(
            option=SimpleNamespace(**option),
            getini=lambda _: style,
            pluginmanager=SimpleNamespace(get_plugin=lambda _: terminal),
        )
        slimming = Slimming(config, tmp_path)
        for one in reports:
            slimming.note(one)
        slimming.slim([NODE, "scenarios/test_x.py::test_never[acme]"])
        return terminal.stats

    return make


def phases(**more):
    return [report(when, **more) for when in ("setup", "call", "teardown")]


def test_everything_that_is_shown_at_the_end_stays_as_it_was(slimmed):
    other = object()
    reports = phases(node_like=None)
    reports[1].whose = other
    slimmed(*reports)
    for one in reports:
        before = vars(report(one.when, node_like=None))
        del before[ATTRIBUTE]
        assert {name: getattr(one, name) for name in before} == before
        assert (repr(one), one.longreprtext) == (repr(report(one.when)), "gini is 0.9, at most 0.5")
        assert isinstance(one, pytest.TestReport)
    assert reports[1].whose is other


def test_what_a_report_says_is_on_disk_and_not_in_memory(slimmed):
    one = report("call")
    slimmed(one)
    assert not {"longrepr", "keywords", "user_properties", "sections", "location"} & set(vars(one))


def test_what_a_report_never_had_it_has_not_now(slimmed):
    first, second = report("call", wasxfail="known"), report("call")
    slimmed(first, second)
    assert (first.wasxfail, hasattr(second, "wasxfail"), hasattr(first, "_pdbshown")) == (
        "known",
        False,
        False,
    )


def test_what_somebody_sets_later_counts(slimmed):
    one = report("call")
    slimmed(one)
    one.longrepr = "other words"
    assert one.longreprtext == "other words"


def test_the_name_of_a_test_is_kept_once(slimmed):
    first, second, third = phases()
    slimmed(first, second, third)
    assert first.nodeid == second.nodeid == third.nodeid == NODE
    assert getattr(first, "_id", None) is getattr(second, "_id", None) is getattr(third, "_id", None)


def test_what_another_plugin_reads_at_the_end_stays(slimmed):
    reports = phases()
    slimmed(*reports, htmlpath="page.html")
    assert [getattr(one, ATTRIBUTE) for one in reports] == ['[{"simulation": "acme"}]'] * 3


def test_a_traceback_is_shown_as_before(slimmed):
    def broken():
        raise ValueError("too few users")

    one, before = report("call"), report("call")
    with pytest.raises(ValueError, match="too few users") as caught:
        broken()
    one.longrepr = before.longrepr = caught.getrepr()
    slimmed(one)
    assert "longrepr" not in vars(one)
    assert one.longreprtext == before.longreprtext


def test_what_cannot_be_put_away_as_it_is_stays_where_it_is(slimmed):
    class Words(str):
        __slots__ = ()

    one = report("call")
    one.longrepr = Words("mine")
    slimmed(one)
    assert type(vars(one)["longrepr"]) is Words


def test_a_disk_that_takes_nothing_more_leaves_reports_as_they_are(slimmed, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shelf.os, "pwrite", full)
    one = report("call")
    slimmed(one)
    assert vars(one)["longrepr"] == "gini is 0.9, at most 0.5"


SILENT = {"sections": [], "longrepr": None}


def test_the_terminal_forgets_a_set_up_that_passed_without_a_word(slimmed):
    first, second, third = phases(**SILENT)
    assert slimmed(first, second, third) == {"": [], "failed": [second]}


def test_the_terminal_keeps_what_had_something_to_say(slimmed):
    first, _, third = reports = phases()
    assert slimmed(*reports)[""] == [first, third]


@pytest.mark.parametrize("asked", [{"durations": 5}, {"style": "times"}])
def test_the_terminal_keeps_all_reports_where_it_tells_durations(slimmed, asked):
    first, _, third = reports = phases(**SILENT)
    assert slimmed(*reports, **asked)[""] == [first, third]
