"""All simulations of one run: opened when due, written down as they report, closed once, whatever goes wrong."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from pytest_recsim.apply.undone import Undone
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import Variant
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.record.model import CheckResult
from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.safety.preflight import ServiceFacts
from pytest_recsim.simulation.controller import fleet as room
from pytest_recsim.simulation.controller import keeping_up, pages
from pytest_recsim.simulation.controller.fleet import Fleet

REAL = {"base_url": "http://service.example", "base_url_source": "--base-url"}
GINI, RECALL = ("acme", "gini", ""), ("acme", "recall", "vip")


class Shared:
    """Stands for `Services`: what is done to running services, in order."""

    def __init__(self, *_):
        self.steps, self.strange, self.touched, self.undone, self.error = [], [], False, Undone(), None

    def hold(self, _):
        self.steps.append("hold")

    def change(self, opened, _):
        self.steps.append(("change", [one.plan.id for one in opened]))
        if self.error is not None:
            raise self.error

    def turn_to(self, one, run_id):
        self.steps.append(("turn", one.plan.id, run_id))

    def undo(self):
        self.steps.append("undo")
        return self.undone

    def leave(self, one):
        self.steps.append(("leave", one.plan.id))

    def release(self):
        self.steps.append("release")


class StandIn:
    def __init__(self):
        self.stopped = 0

    def stop(self):
        self.stopped += 1


@pytest.fixture
def world(monkeypatch):
    """What a fleet reaches outside: openings by id, simulations that cannot be opened, what the last look finds."""
    seen = SimpleNamespace(opened=[], fails={}, look=dict, left={})

    def open_service(one):
        seen.opened.append(one.plan.id)
        if one.plan.id in seen.fails:
            raise seen.fails[one.plan.id]
        one.facts = ServiceFacts("v", "m", "c", "ok", (), Capabilities())
        one.stand_in = StandIn() if one.plan.stand_in else None
        one.sim.context = replace(one.sim.context, url="http://127.0.0.1:4711")

    monkeypatch.setattr(room, "Services", Shared)
    monkeypatch.setattr(room, "open_service", open_service)
    monkeypatch.setattr(room, "last_look", lambda one: seen.look().get(one.plan.id, ""))
    monkeypatch.setattr(room, "leave_clean", lambda one: seen.left.get(one.plan.id, []))
    return seen


@pytest.fixture
def fleet(world, plan_of, tmp_path):
    """Return a factory: ids (``real-`` ones are running services) -> their fleet, and what it complained of."""
    (scratch := tmp_path / "scratch").mkdir()

    def make(*names):
        plans = [replace(plan_of(**(REAL if name.startswith("real") else {})), id=name) for name in names]
        told = []
        made = Fleet(Resolved(plans), tmp_path / "reports", scratch, told.append)
        made.told = told
        return made

    return make


@pytest.fixture
def begun(fleet):
    """A started fleet of the stand-in simulation acme."""
    made = fleet("acme")
    made.start(print)
    return made


def result(key, outcome="passed", **facts):
    return CheckResult(simulation=key[0], check=key[1], case=key[2], outcome=outcome, **facts)


def metadata(fleet, name="acme"):
    return json.loads(fleet.writers[name].bundle.metadata.read_text())


def page(fleet, name="acme"):
    return (fleet.writers[name].bundle.root / "README.md").read_text()


def test_before_the_first_check_running_services_and_one_stand_in_are_open_and_every_record_has_a_place(
    fleet, world
):
    made = fleet("a", "real-b", "c", "real-d")
    made.start(print)
    assert world.opened == ["a", "real-b", "real-d"]
    assert [metadata(made, name)["status"] for name in made.writers] == ["started"] * 4
    assert all(page(made, name) for name in ("a", "real-b", "c", "real-d"))


def test_the_one_stand_in_is_the_first_one_wherever_it_stands(fleet, world):
    fleet("real-b", "a", "c").start(print)
    assert world.opened == ["real-b", "a"]


def test_services_are_held_before_anything_is_asked_and_changed_when_everything_else_is_known(fleet, world):
    made = fleet("a", "real-b", "c")
    made.services.hold = lambda _: made.services.steps.append(("hold", list(world.opened)))
    made.start(print)
    assert made.services.steps == [("hold", []), ("change", ["a", "real-b"])]


def test_simulations_of_one_run_share_its_id_its_clock_and_its_token(fleet):
    contexts = fleet("a", "b").contexts()
    assert [context.plan.id for context in contexts] == ["a", "b"]
    assert len({(context.run_id, context.now, context.token.text) for context in contexts}) == 1
    assert contexts[0].now.microsecond == 0


def test_what_stands_against_one_simulation_leaves_no_record_of_any(fleet, world, tmp_path):
    world.fails["real-b"] = InputError(Problem("b", "not ours."))
    made = fleet("a", "real-b")
    with pytest.raises(InputError, match="not ours"):
        made.start(print)
    assert not (tmp_path / "reports").exists()
    assert made.writers == {}


def test_a_change_that_could_not_be_made_and_touched_nothing_leaves_nothing(fleet, tmp_path):
    made = fleet("real-b")
    made.services.error = InputError(Problem("env file", "cannot be read."))
    with pytest.raises(InputError):
        made.start(print)
    assert not (tmp_path / "reports").exists()


def test_a_change_that_broke_off_half_way_stands_in_every_record(fleet):
    made = fleet("real-a", "real-b")
    made.services.error, made.services.touched = ServiceError("it went away"), True
    with pytest.raises(ServiceError):
        made.start(print)
    assert made.wrote
    for name in ("real-a", "real-b"):
        assert "it went away" in metadata(made, name)["notes"]
        assert "it went away" in page(made, name)


def test_strange_notes_of_services_are_told_at_the_start(fleet):
    made = fleet("real-a")
    made.services.strange = ["somebody else's note lies there."]
    made.start(print)
    assert made.told == ["somebody else's note lies there."]


def test_a_simulation_is_opened_when_it_is_due_and_only_once_whoever_asks(fleet, world):
    made = fleet("a", "b")
    made.start(print)
    workers = [threading.Thread(target=made.due, args=("b",)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert made.due("a").url == made.due("b").url == "http://127.0.0.1:4711"
    assert world.opened == ["a", "b"]


def test_a_simulation_that_could_not_be_opened_may_be_tried_again(fleet, world):
    made = fleet("a", "b")
    made.start(print)
    world.fails["b"] = ServiceError("busy")
    with pytest.raises(ServiceError):
        made.due("b")
    world.fails.clear()
    assert made.due("b").url


def test_a_stand_in_that_a_worker_asks_for_is_changed_as_its_apply_mode_says_before_anybody_hears_of_it(
    fleet, world
):
    made = fleet("a", "b")
    made.start(print)
    made.due("b")
    made.due("b")
    assert made.services.steps[2:] == [("turn", "b", made.run_id)]


def test_simulations_that_share_a_service_take_turns_under_the_runs_id(begun):
    begun.turn_to("acme")
    assert begun.services.steps[-1] == ("turn", "acme", begun.run_id)


def test_the_first_report_brings_what_else_was_planned_into_the_record_of_a_run_that_may_be_killed(begun):
    other = ("beta", "gini", "")
    begun.add(result(GINI), lambda: [GINI, RECALL, other])
    begun.add(result(RECALL), lambda: pytest.fail("what is planned is asked once"))
    kept = metadata(begun)
    assert kept["planned_checks"] == ["gini", "recall vip"]
    assert [one.key for one in begun.writers["acme"].bundle.results()] == [GINI, RECALL]
    assert kept["status"] == "started"


def test_the_result_that_stands_is_told_and_that_may_be_another_than_the_reported_one(begun):
    assert begun.add(result(GINI, "failed"), lambda: [GINI]).outcome == "failed"
    assert begun.add(result(GINI, "passed"), lambda: [GINI]).outcome == "flaky"


def test_the_page_is_kept_up_to_date_but_costs_only_a_part_of_the_time(begun, monkeypatch):
    clock = [100.0]
    rendered = []
    monkeypatch.setattr(keeping_up, "monotonic", lambda: clock[0])

    def slow(_):
        rendered.append(clock[0])
        clock[0] += 2.0

    monkeypatch.setattr(pages, "render_bundle", slow)
    for now in (100.0, 103.0, 201.9, 202.0, 202.1):
        clock[0] = max(clock[0], now)
        begun.add(result(GINI), lambda: [GINI])
    assert rendered == [100.0, 202.0], "a page that takes 2 s is made again after 100 s"


def test_a_simulation_is_complete_when_everything_planned_of_it_has_reported(fleet):
    made = fleet("acme", "beta", "gamma")
    made.start(print)
    keys = [GINI, RECALL, ("beta", "gini", ""), ("gamma", "gini", "")]
    made.add(result(GINI), lambda: keys)
    made.add(result(("beta", "gini", "")), lambda: keys)
    planned = {"acme": [GINI, RECALL], "beta": keys[2:3], "gamma": keys[3:]}
    assert made.complete(planned) == ["beta"]
    made.add(result(RECALL), lambda: keys)
    assert made.complete(planned) == ["acme", "beta"]
    made.finish("acme", keys, ())
    assert made.complete(planned) == ["beta"], "gamma has reported nothing"


def test_a_finished_simulation_that_is_forgotten_can_still_be_written_and_reported_of(begun):
    begun.add(result(GINI), lambda: [GINI, RECALL])
    begun.add(result(RECALL), list)
    begun.finish("acme", [GINI, RECALL], ())
    before = metadata(begun)
    begun.forget("acme")
    assert begun.opened["acme"].stand_in is None
    assert begun.services.steps[-1] == ("leave", "acme")
    begun.note("acme", "late words")
    after = metadata(begun)
    assert (after["verdict"], after["planned_checks"]) == (before["verdict"], before["planned_checks"])
    assert after["notes"] == [*before["notes"], "late words"]
    again = begun.add(result(GINI, nodeid="test_x.py::again"), list)
    assert (again.attempt, set(begun.writers["acme"].results)) == (2, {GINI, RECALL})


def test_a_check_that_never_reports_is_named_by_its_test(begun):
    begun.know("acme", {RECALL: "test_x.py::test_recall"})
    begun.add(result(GINI), lambda: [GINI, RECALL])
    begun.finish("acme", [GINI, RECALL], ())
    missing = begun.writers["acme"].results[RECALL]
    assert (missing.outcome, missing.nodeid) == ("missing", "test_x.py::test_recall")
    assert metadata(begun)["status"] == "incomplete"


def test_a_finished_simulation_has_its_verdict_on_the_page_and_its_stand_in_ended(begun):
    stand_in = begun.opened["acme"].stand_in
    begun.add(result(GINI), lambda: [GINI])
    begun.finish("acme", [GINI], ())
    assert (begun.finished, begun.alarms, stand_in.stopped) == ({"acme"}, [], 1)
    assert metadata(begun)["verdict"]["status"] == "may_go"
    assert "Ready to go live" in page(begun)


def test_what_was_left_out_makes_the_verdict_a_partial_one_and_seeding_alone_is_no_verdict(begun):
    begun.add(result(GINI), lambda: [GINI])
    begun.judge("acme", [GINI], ("the scenarios",))
    assert metadata(begun)["verdict"]["status"] == "partial"
    assert begun.finished == set()
    begun.finish("acme", [GINI], (), seed_only=True)
    assert metadata(begun)["status"] == "seeded"


def test_a_namespace_that_others_changed_by_the_end_is_an_alarm_and_no_go(begun, world):
    begun.add(result(GINI), lambda: [GINI])
    world.look = lambda: {"acme": "the namespace changed while it was measured."}
    begun.finish("acme", [GINI], ())
    assert begun.alarms == begun.told == ["acme: the namespace changed while it was measured."]
    assert metadata(begun)["verdict"]["status"] == "must_not_go"
    assert "the namespace changed" in page(begun)


def test_what_was_known_before_the_end_is_not_told_twice_and_not_forgotten(begun, world):
    begun.add(result(GINI), lambda: [GINI])
    world.look = lambda: {"acme": "others write here."}
    begun.judge("acme", [GINI], ())
    world.look = dict
    begun.finish("acme", [GINI], ())
    assert begun.alarms == []
    assert begun.opened["acme"].spoiled == "others write here."


def test_what_could_not_be_cleaned_up_is_an_alarm_and_a_note(begun, world):
    world.left["acme"] = ["acme: could not clean up: it is gone."]
    begun.add(result(GINI), lambda: [GINI])
    begun.finish("acme", [GINI], ())
    assert begun.alarms == world.left["acme"]
    assert world.left["acme"][0] in metadata(begun)["notes"]


def test_variants_of_a_sweep_leave_their_namespace_clean_once_when_the_last_of_them_has_ended(
    fleet, monkeypatch
):
    """The probe item, the marker and all rules of ours are there for every variant."""
    made, cleaned = fleet("real-a", "real-b", "real-c"), []
    monkeypatch.setattr(room, "leave_clean", lambda one: cleaned.append(one.plan.id) or [])
    for number, name in enumerate(("real-a", "real-b"), 1):
        one = made.opened[name].sim
        variant = Variant("real-a", number, 2, {"MMR_LAMBDA": "0"})
        one.context = replace(one.context, plan=replace(one.plan, variant=variant))
    made.start(print)
    for name in ("real-b", "real-c", "real-a"):
        made.finish(name, [], [])
    assert cleaned == ["real-c", "real-a"]


def test_variants_of_a_sweep_are_in_no_history(begun, tmp_path):
    one = begun.opened["acme"].sim
    one.context = replace(one.context, plan=replace(one.plan, variant=Variant("acme", 1, 2, {})))
    begun.add(result(GINI), lambda: [GINI])
    begun.finish("acme", [GINI], [])
    assert not list((tmp_path / "reports").rglob("history.jsonl"))


def test_a_record_that_could_not_be_written_is_an_alarm(begun, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    begun.add(result(GINI), lambda: [GINI])
    monkeypatch.setattr("pytest_recsim.simulation.bundle.writer.write_json", full)
    begun.finish("acme", [GINI], ())
    (sentence,) = begun.alarms
    assert "the record is not complete" in sentence


@pytest.fixture
def running(fleet):
    """Two simulations on a running service, of which one has finished."""
    made = fleet("real-a", "real-b")
    made.start(print)
    made.add(result(("real-a", "gini", "")), lambda: [("real-a", "gini", "")])
    made.finish("real-a", [("real-a", "gini", "")], ())
    return made


def test_what_could_not_be_given_back_is_an_alarm_in_every_record_and_tried_once(running):
    running.services.undone = Undone(notes=("BRAND_CAP was set back.",), failed=("BLEND_ALPHA stayed.",))
    (left,) = running.restore()
    assert left.startswith("BLEND_ALPHA stayed.")
    assert (running.alarms, running.restored) == ([left], True)
    assert running.told[-2:] == ["BRAND_CAP was set back.", left]
    for name in ("real-a", "real-b"):
        assert metadata(running, name)["notes"][-2:] == ["BRAND_CAP was set back.", left]
    assert running.restore() == []
    assert running.services.steps.count("undo") == 1


def test_where_giving_back_needed_requests_they_are_counted_in_the_records(running):
    def undo():
        tally = Tally()
        tally.requests["POST /v1/admin/x"] += 3
        running.opened["real-b"].tallies.append(tally)
        return Undone()

    running.services.undo = undo
    before = metadata(running, "real-b")["requests"]["total"]
    assert running.restore() == []
    assert metadata(running, "real-b")["requests"]["total"] == before + 3


def test_where_nothing_had_to_be_given_back_no_record_is_written_again(running):
    written = running.writers["real-a"].bundle.metadata
    written.unlink()
    assert running.restore() == []
    assert not written.exists()


def test_a_giving_back_that_broke_off_may_be_tried_again(running):
    def broken():
        raise KeyboardInterrupt

    undo, running.services.undo = running.services.undo, broken
    with pytest.raises(KeyboardInterrupt):
        running.restore()
    assert not running.restored
    running.services.undo = undo
    running.restore()
    assert running.restored


@pytest.mark.parametrize(
    ("name", "request_", "wrote"),
    [
        ("real-a", "POST /v1/items:upsert", True),
        ("real-a", "GET /v1/items", False),
        ("acme", "POST /v1/x", False),
    ],
)
def test_a_run_wrote_when_anything_may_have_changed_on_a_running_service(fleet, name, request_, wrote):
    made = fleet(name)
    assert not made.wrote
    tally = Tally()
    tally.requests[request_] += 1
    made.opened[name].tallies.append(tally)
    assert made.wrote is wrote
    made.services.touched = True
    assert made.wrote, "an env file is not changed by requests"


def test_a_note_is_told_at_once_and_reaches_a_record_that_was_closed(running):
    running.note("real-a", "a worker died.")
    running.note("real-b", "it was slow.")
    assert running.told[-2:] == ["real-a: a worker died.", "real-b: it was slow."]
    assert "a worker died." in metadata(running, "real-a")["notes"]
    assert "it was slow." not in metadata(running, "real-b")["notes"], "written with the next report"
    assert running.opened["real-b"].notes == ["it was slow."]


def test_at_the_end_everything_that_still_runs_is_ended_and_other_runs_are_let_in(fleet):
    made = fleet("a", "b")
    made.start(print)
    made.due("b")
    made.stop()
    assert [one.stand_in.stopped for one in made.opened.values()] == [1, 1]
    assert made.services.steps[-1] == "release"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
def test_a_page_that_cannot_be_written_costs_neither_record_nor_clean_up_and_is_told_once(
    begun, monkeypatch, error, words
):
    def broken(_):
        raise error

    monkeypatch.setattr(pages, "render_bundle", broken)
    begun.add(result(GINI), lambda: [GINI])
    begun.finish("acme", [GINI], ())
    complaint = f"README.md could not be written: {words}"
    assert begun.told == [complaint]
    assert metadata(begun)["notes"].count(complaint) == 1
    assert metadata(begun)["verdict"]["status"] == "may_go"
    assert begun.finished == {"acme"}


def test_bundles_lie_below_the_reports_folder(begun, tmp_path):
    assert Path(begun.opened["acme"].sim.context.bundle_dir).parent == tmp_path / "reports" / "acme"


def lines(tmp_path):
    path = tmp_path / "reports" / "acme" / "history.jsonl"
    return path.read_text().splitlines() if path.exists() else []


def test_a_run_is_in_its_customers_history_once_when_it_has_ended_however_often_pages_are_drawn(
    begun, tmp_path
):
    begun.add(result(GINI), lambda: [GINI])
    begun.judge("acme", [GINI], [])
    assert lines(tmp_path) == []
    begun.services.undone = Undone(notes=("BRAND_CAP was set back.",))
    begun.finish("acme", [GINI], [])
    begun.note("acme", "a late note.")
    begun.restore()
    (line,) = lines(tmp_path)
    assert json.loads(line)["run_id"] == begun.run_id
    assert json.loads(line)["verdict"] == "may_go"


def test_a_run_that_was_only_seeded_is_not_in_the_history(begun, tmp_path):
    begun.finish("acme", [], [], seed_only=True)
    assert lines(tmp_path) == []


def test_a_history_that_cannot_be_written_is_a_complaint_and_costs_nothing_else(begun, tmp_path):
    (tmp_path / "reports" / "acme" / "history.jsonl").mkdir()
    begun.add(result(GINI), lambda: [GINI])
    begun.finish("acme", [GINI], [])
    assert begun.told == ["history.jsonl could not be written: Is a directory"]
    assert metadata(begun)["notes"][-1] == begun.told[0]
    assert begun.alarms == []
    assert begun.writers["acme"].verdict.status == "may_go"
