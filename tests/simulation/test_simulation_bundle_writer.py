"""The controller's pen: a record that is whole at every moment, and never a run that ends for want of a disk."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest
from opened_runs import later, opened_run, prepared_as, seeded
from truth_answers import NOW

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.asked import WaiverNote
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.model import CheckResult
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.watch.violations import Violation, WatchSummary
from pytest_recsim.simulation.bundle.writer import Writer
from pytest_recsim.simulation.session.ledger import Ledger
from pytest_recsim.simulation.session.preparation import Prepared

S1, S2, GINI = (("acme", check, "") for check in ("S1", "S2", "gini"))


@pytest.fixture(scope="module")
def plan(shared_make_world):
    return shared_make_world().plan


@pytest.fixture
def write(plan, tmp_path):
    """Return a factory: changes of the plan -> the writer of a simulation that has just been opened."""

    def open_(*, started=NOW, spoiled="", **changes):
        changed = msgspec.structs.replace(plan, **changes)
        return Writer(opened_run(changed, tmp_path, started=started, spoiled=spoiled))

    return open_


def result(check="S1", outcome="passed", **more):
    return CheckResult(simulation="acme", check=check, outcome=outcome, **{"nodeid": f"t::{check}"} | more)


def facts(writer):
    return json.loads(writer.bundle.metadata.read_bytes())


def events(writer):
    return [json.loads(line) for line in writer.bundle.events.read_bytes().splitlines()]


def told(writer):
    return [(one["check"], one["outcome"], one["attempt"]) for one in events(writer)]


@pytest.fixture
def full(monkeypatch):
    """Return a switch: whether the disk takes nothing more."""
    state = {"full": False}

    def refusing(write):
        def call(*words, **more):
            if state["full"]:
                raise OSError(28, "No space left on device")
            return write(*words, **more)

        return call

    monkeypatch.setattr(Bundle, "append", refusing(Bundle.append))
    for place in ("writer.write_json", "writer.write_results"):
        module, _, name = f"pytest_recsim.simulation.bundle.{place}".rpartition(".")
        original = getattr(__import__(module, fromlist=[name]), name)
        monkeypatch.setattr(f"{module}.{name}", refusing(original))

    def switch(*, on):
        state["full"] = on

    return switch


def test_a_run_that_has_begun_is_on_disk_as_started_and_proves_nothing(write):
    writer = write()
    writer.start()
    assert (facts(writer)["status"], facts(writer)["verdict"]["status"]) == ("started", "incomplete")
    assert writer.stands_against
    assert writer.seconds == 0
    assert writer.trouble == ""


def test_a_run_whose_record_has_no_place_does_not_begin_and_leaves_nothing_behind(write, full):
    writer = write()
    full(on=True)
    with pytest.raises(InputError, match="No space left on device") as raised:
        writer.start()
    assert str(writer.bundle.root) in str(raised.value)
    assert not writer.bundle.root.exists()


def test_what_is_planned_is_written_down_before_it_runs_and_that_of_other_simulations_is_not(write):
    writer = write()
    writer.expect([S1, ("beta", "S1", ""), ("acme", "lift", "vip")])
    assert writer.planned == [S1, ("acme", "lift", "vip")]
    assert facts(writer)["planned_checks"] == ["S1", "lift vip"]
    assert (
        facts(writer)["verdict"]["sentence"] == "Incomplete, proves nothing: 0 of 2 planned checks reported."
    )


def test_every_result_is_on_disk_as_soon_as_it_has_come(write):
    writer = write()
    writer.expect([S1, S2])
    assert writer.add(result("S1")) == result("S1")
    assert told(writer) == [("S1", "passed", 1)]
    assert writer.results == {S1: result("S1")}
    writer.count()
    assert "1 of 2 planned checks reported" in facts(writer)["verdict"]["sentence"]
    assert facts(writer)["status"] == "started"


def test_a_run_that_goes_on_proves_nothing_although_everything_planned_has_reported(write):
    writer = write()
    writer.expect([S1])
    writer.add(result("S1"))
    writer.count()
    assert (
        facts(writer)["verdict"]["sentence"] == "Incomplete, proves nothing: 1 of 1 planned checks reported."
    )


def test_an_attempt_and_what_it_amounts_to_are_both_kept_where_they_differ(write):
    writer = write()
    writer.add(result("S1", "failed", sentence="got 3"))
    final = writer.add(result("S1"))
    assert (final.outcome, writer.results[S1]) == ("flaky", final)
    assert told(writer) == [("S1", "failed", 1), ("S1", "passed", 2), ("S1", "flaky", 2)]
    writer.add(result("S2"))
    writer.add(result("S2", "failed"))
    assert told(writer)[3:] == [("S2", "passed", 1), ("S2", "failed", 2)]
    assert [one.outcome for one in writer.bundle.results()] == ["flaky", "failed"]


def test_a_whole_green_run_may_go_and_has_all_its_files(write):
    writer = write()
    for check in ("S1", "gini"):
        writer.add(result(check))
    writer.finish([S1, GINI], [], seed_only=False)
    assert (writer.verdict.status, writer.stands_against) == ("may_go", False)
    assert (facts(writer)["status"], facts(writer)["verdict"]["status"]) == ("finished", "may_go")
    names = {path.name for path in writer.bundle.artifacts.iterdir() if path.is_file()}
    assert names == {"guardrail_verdicts.json", "scenario_summary.json", "scenarios.csv"}


def test_what_was_planned_and_never_reported_is_named_and_stands_against_the_run(write):
    writer = write()
    writer.nodeids[S2] = "t.py::test_s2[acme]"
    writer.add(result("S1"))
    writer.finish([S1, S2], [], seed_only=False)
    missing = writer.results[S2]
    assert (missing.outcome, missing.nodeid, missing.case) == ("missing", "t.py::test_s2[acme]", "")
    assert missing.sentence.startswith("planned, but it never reported")
    assert told(writer)[-1] == ("S2", "missing", 1)
    assert (facts(writer)["status"], writer.verdict.status) == ("incomplete", "incomplete")
    assert writer.stands_against


def test_a_run_that_was_cut_short_is_not_finished_although_a_failure_has_proven_enough(write):
    writer = write()
    writer.add(result("S1", "failed"))
    writer.finish([S1, S2], [], seed_only=False)
    assert (facts(writer)["status"], writer.verdict.status) == ("incomplete", "must_not_go")


def test_a_run_in_which_no_check_was_planned_or_made_is_incomplete(write):
    writer = write()
    writer.finish([], [], seed_only=False)
    assert (facts(writer)["status"], writer.verdict.status) == ("incomplete", "incomplete")


def test_a_repetition_that_never_reported_is_missing_although_another_did(write):
    writer = write()
    writer.add(result("S1", nodeid="t::S1-1-2"))
    writer.add(result("S2", nodeid="t::S2-1-2"))
    writer.add(result("S2", nodeid="t::S2-2-2"))
    writer.finish([S1, S1, S2, S2], [], seed_only=False)
    assert {key: one.outcome for key, one in writer.results.items()} == {S1: "missing", S2: "passed"}


def test_another_attempt_of_the_same_test_is_no_repetition(write):
    writer = write()
    writer.add(result("S1"))
    writer.add(result("S1"))
    writer.finish([S1, S1], [], seed_only=False)
    assert writer.results[S1].outcome == "missing"


def test_what_was_left_out_or_skipped_makes_the_run_partial(write):
    writer = write()
    writer.add(result("S1"))
    writer.add(result("S2", "skipped"))
    writer.finish([S1, S2], ["gini"], seed_only=False)
    assert (writer.verdict.status, writer.verdict.not_run) == ("partial", ("gini", "S2"))
    assert not writer.stands_against


def test_a_run_that_ends_after_seeding_is_neither_red_nor_judged(write):
    writer = write()
    assert not writer.seeded
    writer.finish([], [], seed_only=True)
    assert writer.seeded
    assert not writer.stands_against
    assert facts(writer)["status"] == "seeded"
    assert not (writer.bundle.artifacts / "scenarios.csv").exists()


def test_what_was_seen_after_a_closing_check_had_reported_turns_it(write):
    writer = write()
    writer.add(result("contract"))
    breach = Violation("contract", "duplicate ids", 2, "`i1` twice", "u1", "curl x")
    Ledger(writer.opened.sim.context.folder).write(Tally(), WatchSummary(10, 200, 0, {}, (breach,)), 0.0)
    writer.finish([("acme", "contract", "")], [], seed_only=False)
    assert writer.verdict.status == "must_not_go"
    assert told(writer) == [("contract", "passed", 1), ("contract", "failed", 1)]


def test_a_run_that_was_spoiled_may_not_go_whatever_its_checks_say(write):
    writer = write(spoiled="somebody wrote to the namespace")
    writer.add(result("S1"))
    writer.finish([S1], [], seed_only=False)
    assert writer.verdict.status == "must_not_go"
    assert "somebody wrote to the namespace" in facts(writer)["verdict"]["sentence"]
    assert writer.stands_against


def test_a_full_disk_costs_the_record_and_says_so_and_nothing_is_lost_once_there_is_room(write, full):
    writer = write()
    writer.start()
    writer.add(result("S1"))
    full(on=True)
    for outcome in ("failed", "passed"):
        writer.add(result("S2", outcome))
    assert writer.results[S2].outcome == "flaky"
    assert told(writer) == [("S1", "passed", 1)]
    writer.finish([S1, S2], [], seed_only=False)
    assert writer.verdict.status == "must_not_go"
    assert facts(writer)["status"] == "started"
    assert writer.trouble.startswith("the record is not complete. ")
    assert str(writer.bundle.root) in writer.trouble
    full(on=False)
    writer.close()
    assert writer.trouble == ""
    assert told(writer) == [("S1", "passed", 1), ("S2", "failed", 1), ("S2", "passed", 2), ("S2", "flaky", 2)]
    assert facts(writer)["status"] == "finished"
    assert (writer.bundle.artifacts / "scenarios.csv").exists()


def test_metadata_that_cannot_be_written_during_the_run_are_trouble_and_no_end(write, full):
    writer = write()
    full(on=True)
    writer.update()
    assert "No space left on device" in writer.trouble


def test_a_run_took_from_the_first_step_of_its_preparation_to_its_last_result(write):
    writer = write()
    prepared_as(writer.opened, Prepared(seeded=seeded(), timings={"seed": 2.0, "observe": 0.5}))
    ends = {"S1": (10, 4.0), "S2": (12, 1.0), "gini": (9, 8.0)}
    for check, (at, spent) in ends.items():
        writer.add(result(check, finished_at=(NOW + timedelta(seconds=at)).isoformat(), seconds=spent))
    writer.add(result("S3"))
    assert writer.seconds == 12 - 1 + 2.5


def test_a_run_without_preparation_took_as_long_as_its_checks(write):
    writer = write()
    writer.add(result(finished_at=NOW.isoformat(), seconds=0.12345))
    assert writer.seconds == 0.123


def test_what_preparation_found_is_read_as_soon_as_it_is_there(write):
    writer = write()
    assert writer.prepared is None
    prepared_as(writer.opened, Prepared(failure="gone"))
    assert writer.prepared == Prepared(failure="gone")
    writer.update()
    assert facts(writer)["preparation_failure"] == "gone"


def test_caveats_of_the_preparation_are_beside_the_verdict(write):
    writer = write()
    prepared_as(writer.opened, Prepared(seeded=seeded(leak="it may have seen the holdout")))
    writer.count()
    assert "it may have seen the holdout" in facts(writer)["verdict"]["caveats"]


def test_repeated_requests_are_known_once_they_were_written(write):
    writer = write()
    tally = Tally()
    tally.retries["503"] = 3
    Ledger(writer.opened.sim.context.folder).write(tally, None, 0.0)
    assert writer.retries == {}
    writer.update()
    assert writer.retries == facts(writer)["requests"]["retries"] == {"503": 3}


def test_a_finished_run_is_compared_with_the_one_before(write, shared_make_world):
    before = write()
    before.add(result("S1"))
    before.finish([S1], [], seed_only=False)
    killed = write(started=later(1))
    killed.start()
    now = write(started=later(2), knobs=shared_make_world("MMR_LAMBDA=0.9").plan.knobs)
    now.start()
    previous = facts(now)["previous"]
    assert previous["bundle"] == before.bundle.root.name
    assert previous["outcomes"] == {"S1": "passed"}
    assert [one["what"] for one in previous["changes"]] == ["MMR_LAMBDA"]
    assert facts(before)["previous"] is None
    assert facts(killed)["previous"]["changes"] == []


def test_waivers_that_have_ended_or_cover_nothing_are_told_for_the_day_of_the_run(write):
    ended = WaiverNote("gini", "known", "g:1", until="2026-11-21")
    holds = WaiverNote("S2", "known", "g:2", until="2026-11-22")
    writer = write(waivers=(ended, holds))
    assert writer.waiver_notes == ["waiver of gini (g:1) ended on 2026-11-21: known"]
    writer.add(result("S1"))
    writer.finish([S1], [], seed_only=False)
    assert writer.waiver_notes[1:] == ["waiver of S2 (g:2) covers no check of this customer: known"]
    writer.add(result("S2", "failed", sentence="x"))
    assert writer.add(result("S2")).outcome == "waived"


def test_what_is_forgotten_is_still_told_and_what_reports_later_counts(write):
    writer = write()
    writer.add(result("S1", "failed", sentence="broken"))
    writer.finish([S1, S2], [], seed_only=False)
    before, facts_before = dict(writer.results), facts(writer)
    writer.forget()
    assert writer.forgotten
    assert (writer.results, writer.planned, writer.seconds) == (before, [S1, S2], 0.0)
    writer.close()
    assert {**facts(writer), "written_at": ""} == {**facts_before, "written_at": ""}
    assert (writer.add(result("S1")).outcome, writer.forgotten) == ("flaky", False)
    assert writer.results[S1].outcome == "flaky"


def test_what_the_disk_did_not_take_is_not_forgotten(write, full):
    writer = write()
    full(on=True)
    writer.add(result("S1"))
    writer.forget()
    assert (writer.forgotten, set(writer.results)) == (False, {S1})
