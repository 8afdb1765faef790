"""What passes after a closing check has reported turns it, under the same severity and waivers as before."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from pytest_recsim.plan.model import Plan
from pytest_recsim.record.asked import WaiverNote
from pytest_recsim.record.model import CheckResult
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.watch.violations import Violation, WatchSummary
from pytest_recsim.simulation.session.late_violations import late_findings
from pytest_recsim.simulation.session.ledger import Ledger, entries

TODAY = "2026-11-24"
BREACH = Violation("contract", "duplicate ids", 2, "`i1` is listed more than once", "u1", "curl x")


@pytest.fixture
def look(make_world, tmp_path):
    """Return the outcomes of both closing checks after a process has seen a breach and an unavailable item."""
    plan: Plan = make_world().plan

    def after(*waivers, severity="block", outcome="passed"):
        seen = WatchSummary(10, 200, 3, dict(Counter()), (BREACH,))
        Ledger(tmp_path).write(Tally(), seen, 0.0)
        results = {
            (plan.id, check, ""): CheckResult(
                simulation=plan.id, check=check, outcome=outcome, severity=severity
            )
            for check in ("contract", "availability")
        }
        waived = msgspec.structs.replace(plan, waivers=tuple(waivers))
        return {found.check: found for found in late_findings(waived, results, tmp_path, TODAY)}

    return after


def note(check, until=""):
    return WaiverNote(check=check, reason="known", origin="g.yml:3", until=until)


def test_a_check_that_had_passed_fails_with_what_was_seen_since(look):
    found = look()
    assert {name: one.outcome for name, one in found.items()} == {
        "contract": "failed",
        "availability": "failed",
    }
    assert found["contract"].sentence.startswith("seen after this check had reported: duplicate ids: 2 of 10")
    assert "0.015" in found["availability"].sentence


def test_a_warning_stays_a_warning(look):
    assert {one.outcome for one in look(severity="warn").values()} == {"warned"}


def test_a_waiver_that_still_counts_covers_it(look):
    found = look(note("availability"), note("contract", until="2026-11-23"))
    assert (found["availability"].outcome, found["availability"].waiver) == (
        "waived",
        "known, until further notice (g.yml:3)",
    )
    assert found["contract"].outcome == "failed", "that one has ended"


def test_what_had_not_passed_is_left_as_it_was_told(look):
    assert look(outcome="failed") == {}


def test_a_forked_process_has_a_ledger_of_its_own(tmp_path, monkeypatch):
    """As pytest-forked makes one for every test: what the others saw must not be written over."""
    ledger = Ledger(tmp_path)
    for process in (1, 2):
        monkeypatch.setattr("os.getpid", lambda process=process: process)
        ledger.write(Tally(), None, 0.0)
    assert len(entries(tmp_path)) == 2


def findings(plan, folder, *seen):
    for one in seen:
        Ledger(folder).write(Tally(), one, 0.0)
    results = {
        (plan.id, check, ""): CheckResult(simulation=plan.id, check=check, outcome="passed")
        for check in ("contract", "availability")
    }
    return list(late_findings(plan, results, folder, TODAY))


def test_a_check_turns_once_however_many_sorts_of_breach_there_are(make_world, tmp_path):
    other = Violation("contract", "score not finite", 1, "a score", "u2", "curl y")
    (found,) = findings(make_world().plan, tmp_path, WatchSummary(10, 200, 0, {}, (BREACH, other)))
    assert (found.check, found.outcome) == ("contract", "failed")
    assert "duplicate ids" in found.sentence


def test_a_breach_of_either_kind_turns_its_own_check_alone(make_world, tmp_path):
    plan = make_world().plan
    assert [one.check for one in findings(plan, tmp_path, WatchSummary(10, 200, 3, {}, ()))] == [
        "availability"
    ]


def test_a_share_that_is_just_allowed_turns_nothing(make_world, tmp_path):
    assert findings(make_world().plan, tmp_path, WatchSummary(10, 200, 0, {}, ())) == []
    (tmp_path / "guardrails.yml").write_text("defaults: {quality: {max_unavailable_share: 0.25}}\n")
    assert findings(make_world().plan, tmp_path / "none") == []
    (tmp_path / "two").mkdir()
    quarter = WatchSummary(2, 40, 10, {}, ())
    assert findings(make_world().plan, tmp_path / "two", quarter) == []


def test_what_all_processes_saw_is_held_against_the_limit_together(make_world, tmp_path):
    (tmp_path / "guardrails.yml").write_text("defaults: {quality: {max_unavailable_share: 0.25}}\n")
    plan, bad, good = make_world().plan, WatchSummary(1, 20, 10, {}, ()), WatchSummary(1, 20, 0, {}, ())
    assert findings(plan, tmp_path, bad, good) == []
    assert [one.check for one in findings(plan, tmp_path, bad)] == ["availability"]


def test_checks_that_were_not_asked_for_do_not_turn(make_world, tmp_path):
    Ledger(tmp_path).write(Tally(), WatchSummary(10, 200, 3, {}, (BREACH,)), 0.0)
    assert list(late_findings(make_world().plan, {}, tmp_path, TODAY)) == []
