"""One check, one result: no later report of a check wipes out that it has failed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_recsim.record.asked import WaiverNote
from pytest_recsim.record.model import BLOCKING, WORST_FIRST, CheckResult
from pytest_recsim.simulation.bundle.attempts import settled

TODAY = "2026-11-22"


@pytest.fixture
def stands():
    """Return what several reports, each ``outcome`` or (``outcome``, facts), amount to."""

    def after(*reports, waivers=()):
        plan, result = SimpleNamespace(waivers=waivers), None
        for report in reports:
            outcome, more = (report, {}) if isinstance(report, str) else report
            facts = {"check": "gini", "nodeid": "t.py::test[acme]", "sentence": f"it {outcome}"} | more
            now = CheckResult(simulation="acme", outcome=outcome, **facts)
            result = settled(plan, result, now, TODAY)
        return result

    return after


@pytest.mark.parametrize("outcome", WORST_FIRST)
def test_a_first_report_stands_as_it_is(stands, outcome):
    found = stands(outcome)
    assert (found.outcome, found.attempt, found.sentence) == (outcome, 1, f"it {outcome}")


@pytest.mark.parametrize("outcome", sorted(BLOCKING))
def test_a_check_that_failed_and_then_passed_is_flaky_and_says_what_the_failure_said(stands, outcome):
    found = stands((outcome, {"sentence": "got 3"}), "passed")
    assert (found.outcome, found.attempt) == ("flaky", 2)
    told = outcome.replace("_", " ")
    assert found.sentence == f"flaky: attempt 1 ended as {told}, attempt 2 passed; the failure said: got 3"


def test_a_failure_is_not_forgotten_at_the_third_attempt(stands):
    found = stands("failed", "passed", "passed")
    assert (found.outcome, found.attempt) == ("flaky", 3)
    assert "attempt 2 ended as flaky, attempt 3 passed" in found.sentence
    assert found.sentence.endswith("the failure said: it failed")


def test_an_attempt_that_was_left_out_is_not_said_to_have_passed(stands):
    found = stands("failed", "skipped")
    assert found.outcome == "flaky"
    assert found.sentence.startswith(
        "flaky: attempt 1 ended as failed, attempt 2 ended as skipped; the failure"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("passed", "failed"),
        ("failed", "error"),
        ("passed", "passed"),
        ("waived", "passed"),
        ("warned", "passed"),
    ],
)
def test_otherwise_the_last_attempt_stands(stands, first, second):
    found = stands(first, second)
    assert (found.outcome, found.attempt, found.sentence) == (second, 2, f"it {second}")


def test_a_flaky_check_that_only_warns_warns(stands):
    found = stands(("failed", {"severity": "warn"}), "passed")
    assert (found.outcome, found.severity, found.waiver) == ("warned", "warn", "")
    assert found.sentence.startswith("flaky: attempt 1 ended as failed")


@pytest.mark.parametrize(
    ("note", "outcome"),
    [
        (WaiverNote("gini", "known", "g.yml:3"), "waived"),
        (WaiverNote("gini", "known", "g.yml:3", until=TODAY), "waived"),
        (WaiverNote("gini", "known", "g.yml:3", segment="vip"), "waived"),
        (WaiverNote("gini", "known", "g.yml:3", until="2026-11-21"), "flaky"),
        (WaiverNote("gini", "known", "g.yml:3", segment="new"), "flaky"),
        (WaiverNote("S1", "known", "g.yml:3"), "flaky"),
    ],
)
@pytest.mark.parametrize("severity", ["block", "warn"])
def test_a_waiver_covers_a_flaky_check_as_it_would_a_failing_one(stands, note, outcome, severity):
    facts = {"case": "vip", "severity": severity}
    found = stands(("failed", facts), ("passed", {"case": "vip"}), waivers=(note,))
    assert found.outcome == ("warned" if outcome == "flaky" and severity == "warn" else outcome)
    assert found.waiver == (note.words if outcome == "waived" else "")


@pytest.mark.parametrize("outcomes", [("failed", "passed"), ("passed", "failed"), ("warned", "failed")])
def test_of_repetitions_the_worst_stands_and_none_of_them_is_flaky(stands, outcomes):
    tests = [(outcome, {"nodeid": f"t.py::test[acme-{n}]"}) for n, outcome in enumerate(outcomes)]
    found = stands(*tests)
    assert (found.outcome, found.attempt, found.sentence) == ("failed", 2, "it failed")
    assert found.nodeid == f"t.py::test[acme-{outcomes.index('failed')}]"
